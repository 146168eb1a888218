-- revision: e6b93a0f72c5
-- down_revision: 1f6a95d8037b
-- message: Ask new users for their locale

-- migrate:up
-- NOT NULL in three steps, second: no more rows without it.
ALTER TABLE users ADD CONSTRAINT users_locale_check CHECK (locale IS NOT NULL) NOT VALID;

-- migrate:down
ALTER TABLE users DROP CONSTRAINT users_locale_check;
