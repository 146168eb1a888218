-- revision: c4e8102b9f67
-- down_revision: 90a3f7d25e1c
-- message: Add users.locale

-- migrate:up
-- NOT NULL in three steps, first: nullable, and asked of new rows alone.
ALTER TABLE users ADD COLUMN locale text;
ALTER TABLE users ALTER COLUMN locale SET DEFAULT 'en';
ALTER TABLE users ADD CONSTRAINT users_locale_check CHECK (locale IS NOT NULL) NOT VALID;

-- migrate:down
ALTER TABLE users DROP CONSTRAINT users_locale_check;
ALTER TABLE users DROP COLUMN locale;
