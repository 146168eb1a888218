-- revision: d2370cbe648a
-- down_revision: 1f6a95d8037b
-- message: Require users.locale

-- migrate:up
-- NOT NULL in three steps, third: the constraint is proved while others write,
-- and then SET NOT NULL believes it and needs no scan under its lock.
ALTER TABLE users ADD CONSTRAINT users_locale_check CHECK (locale IS NOT NULL) NOT VALID;
ALTER TABLE users VALIDATE CONSTRAINT users_locale_check;
ALTER TABLE users ALTER COLUMN locale SET NOT NULL;
ALTER TABLE users DROP CONSTRAINT users_locale_check;

-- migrate:down
ALTER TABLE users ALTER COLUMN locale DROP NOT NULL;
