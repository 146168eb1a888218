-- revision: b07c2d9483e5
-- down_revision: 68b5e1f4a92d
-- message: Derive orders.status from the dates

-- migrate:up
UPDATE orders
   SET status = CASE
           WHEN shipped_at IS NOT NULL THEN order_status 'shipped'
           WHEN paid_at IS NOT NULL THEN 'paid'
           ELSE 'placed'
       END;

-- migrate:down
UPDATE orders SET status = DEFAULT;

-- migrate:verify
SELECT count(*) = 0 FROM orders WHERE (status = 'shipped') <> (shipped_at IS NOT NULL);
