-- revision: f391e6b05d7a
-- down_revision: 5ad9f8417c20
-- depends_on: 90a3f7d25e1c
-- message: Show who owes what

-- migrate:up
-- full_name is a column that the shop's own branch made
CREATE VIEW open_invoices AS
SELECT i.id AS invoice_id, u.full_name, i.total
  FROM invoices i
  JOIN orders o ON o.id = i.order_id
  JOIN users u ON u.id = o.user_id
 WHERE o.paid_at IS NULL;

-- migrate:down
DROP VIEW open_invoices;
