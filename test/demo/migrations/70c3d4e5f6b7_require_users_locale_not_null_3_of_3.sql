-- revision: 70c3d4e5f6b7
-- down_revision: 6fb2c3d4e5a6
-- message: Require users.locale (NOT NULL 3 of 3)

-- migrate:up
-- the CHECK is validated without blocking writes, and spares SET NOT NULL the scan
ALTER TABLE users ADD CONSTRAINT users_locale_not_null CHECK (locale IS NOT NULL) NOT VALID;
ALTER TABLE users VALIDATE CONSTRAINT users_locale_not_null;
ALTER TABLE users ALTER COLUMN locale SET NOT NULL;
ALTER TABLE users DROP CONSTRAINT users_locale_not_null;

-- migrate:down
ALTER TABLE users ALTER COLUMN locale DROP NOT NULL;
