-- revision: c4e8102b9f67
-- down_revision: 90a3f7d25e1c
-- message: Add users.locale

-- migrate:up
-- NOT NULL in three steps, first: nullable, so that no row has to be touched.
-- The default comes after, so that it holds for new rows alone.
ALTER TABLE users ADD COLUMN locale text;
ALTER TABLE users ALTER COLUMN locale SET DEFAULT 'en';

-- migrate:down
ALTER TABLE users DROP COLUMN locale;
