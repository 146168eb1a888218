-- revision: 7e24c8a1f0d3
-- down_revision: b07c2d9483e5, f391e6b05d7a
-- message: Merge billing into the shop

-- migrate:up

-- migrate:down
