-- revision: 4d90b1c2a3e4
-- down_revision: 3c84a5d6e7f9
-- message: Rename users.name to full_name

-- migrate:up
ALTER TABLE users RENAME COLUMN name TO full_name;

-- migrate:down
ALTER TABLE users RENAME COLUMN full_name TO name;
