-- revision: 5ea1f2b3c4d5
-- down_revision: 4d90b1c2a3e4
-- message: Add users.locale, nullable (NOT NULL 1 of 3)

-- migrate:up
ALTER TABLE users ADD COLUMN locale text;
-- new rows have it from now on
ALTER TABLE users ALTER COLUMN locale SET DEFAULT 'en';

-- migrate:down
ALTER TABLE users DROP COLUMN locale;
