-- revision: 92e5f6a7b8d9
-- down_revision: 81d4e5f6a7c8
-- message: Give orders a status

-- migrate:up
CREATE TYPE order_status AS ENUM ('placed', 'paid', 'shipped');
ALTER TABLE orders ADD COLUMN status order_status NOT NULL DEFAULT 'placed';

-- migrate:down
ALTER TABLE orders DROP COLUMN status;
DROP TYPE order_status;
