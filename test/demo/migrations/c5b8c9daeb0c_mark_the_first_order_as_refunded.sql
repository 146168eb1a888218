-- revision: c5b8c9daeb0c
-- down_revision: b4a7b8c9dafb
-- message: Mark the first order as refunded

-- migrate:up
UPDATE orders SET status = 'refunded' WHERE id = (SELECT min(id) FROM orders);

-- migrate:down
UPDATE orders SET status = 'paid' WHERE status = 'refunded';
