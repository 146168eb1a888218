-- revision: 9cf1b2c3d4e5
-- down_revision: 8be0a1b2c3d4
-- depends_on: 4d90b1c2a3e4
-- message: Show who owes what

-- migrate:up
-- needs the renamed column of the other branch, hence depends_on
CREATE VIEW open_invoices AS
SELECT u.full_name, i.id AS invoice_id, i.total
  FROM invoices i
  JOIN orders o ON o.id = i.order_id
  JOIN users u ON u.id = o.user_id;

-- migrate:down
DROP VIEW open_invoices;
