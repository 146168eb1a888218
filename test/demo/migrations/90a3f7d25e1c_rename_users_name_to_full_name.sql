-- revision: 90a3f7d25e1c
-- down_revision: 27c9b64ef1d8
-- message: Rename users.name to full_name

-- migrate:up
ALTER TABLE users RENAME COLUMN name TO full_name;

-- migrate:down
ALTER TABLE users RENAME COLUMN full_name TO name;
