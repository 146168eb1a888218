-- revision: c4e8102b9f67
-- down_revision: 90a3f7d25e1c
-- message: Add users.locale

-- migrate:up
-- Nullable at first; NOT NULL takes three steps, each a migration.
ALTER TABLE users ADD COLUMN locale text;
ALTER TABLE users ALTER COLUMN locale SET DEFAULT 'en';

-- migrate:down
ALTER TABLE users DROP COLUMN locale;
