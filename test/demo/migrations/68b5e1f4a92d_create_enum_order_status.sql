-- revision: 68b5e1f4a92d
-- down_revision: d2370cbe648a
-- message: Create enum order_status

-- migrate:up
CREATE TYPE order_status AS ENUM ('placed', 'paid', 'shipped');
ALTER TABLE orders ADD COLUMN status order_status NOT NULL DEFAULT 'placed';

-- migrate:down
ALTER TABLE orders DROP COLUMN status;
DROP TYPE order_status;
