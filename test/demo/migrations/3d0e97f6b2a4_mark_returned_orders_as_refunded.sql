-- revision: 3d0e97f6b2a4
-- down_revision: a61b5f3dc978
-- message: Mark returned orders as refunded

-- migrate:up
UPDATE orders SET status = 'refunded' WHERE returned_at IS NOT NULL;

-- migrate:down
UPDATE orders SET status = 'shipped' WHERE status = 'refunded';
