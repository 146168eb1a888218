-- revision: a61b5f3dc978
-- down_revision: 7e24c8a1f0d3
-- message: Let orders be refunded

-- migrate:up
ALTER TYPE order_status ADD VALUE 'refunded';

-- migrate:down
-- A value cannot be taken out of an enum, so the type is made anew.
ALTER TYPE order_status RENAME TO order_status_with_refunds;
CREATE TYPE order_status AS ENUM ('placed', 'paid', 'shipped');
ALTER TABLE orders
    ALTER COLUMN status DROP DEFAULT,
    ALTER COLUMN status TYPE order_status USING status::text::order_status,
    ALTER COLUMN status SET DEFAULT 'placed';
DROP TYPE order_status_with_refunds;
