-- revision: b4a7b8c9dafb
-- down_revision: a3f6a7b8c9ea
-- message: Orders can be refunded

-- migrate:up
ALTER TYPE order_status ADD VALUE 'refunded';

-- migrate:down
-- a value cannot be taken out of an enum; nothing uses it below
