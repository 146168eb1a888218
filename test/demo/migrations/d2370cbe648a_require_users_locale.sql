-- revision: d2370cbe648a
-- down_revision: e6b93a0f72c5
-- message: Require users.locale

-- migrate:up
-- NOT NULL in three steps, third: the scan lets others write, and SET NOT NULL
-- believes the constraint and needs none under its lock.
ALTER TABLE users VALIDATE CONSTRAINT users_locale_check;
ALTER TABLE users ALTER COLUMN locale SET NOT NULL;
ALTER TABLE users DROP CONSTRAINT users_locale_check;

-- migrate:down
ALTER TABLE users ALTER COLUMN locale DROP NOT NULL;
ALTER TABLE users ADD CONSTRAINT users_locale_check CHECK (locale IS NOT NULL) NOT VALID;
