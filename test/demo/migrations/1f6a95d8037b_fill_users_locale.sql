-- revision: 1f6a95d8037b
-- down_revision: c4e8102b9f67
-- message: Fill users.locale

-- migrate:up
-- NOT NULL in three steps, second: the rows that were there before.
UPDATE users
   SET locale = CASE substring(email FROM '[^.]+$')
                    WHEN 'de' THEN 'de'
                    WHEN 'fr' THEN 'fr'
                    ELSE 'en'
                END
 WHERE locale IS NULL;

-- migrate:down
ALTER TABLE users DROP CONSTRAINT users_locale_check;
UPDATE users SET locale = NULL;
ALTER TABLE users ADD CONSTRAINT users_locale_check CHECK (locale IS NOT NULL) NOT VALID;

-- migrate:verify
SELECT count(*) = 0 FROM users WHERE locale IS NULL;
