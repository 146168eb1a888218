-- revision: a3f6a7b8c9ea
-- down_revision: 92e5f6a7b8d9, 9cf1b2c3d4e5
-- message: Merge billing

-- migrate:up

-- migrate:down
