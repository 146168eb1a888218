-- revision: 1f6a95d8037b
-- down_revision: c4e8102b9f67
-- message: Fill users.locale

-- migrate:up
-- NOT NULL in three steps, first: the rows that were there before.
UPDATE users
   SET locale = CASE substring(email FROM '[^.]+$')
                    WHEN 'de' THEN 'de'
                    WHEN 'fr' THEN 'fr'
                    ELSE 'en'
                END
 WHERE locale IS NULL;

-- migrate:down
UPDATE users SET locale = NULL;

-- migrate:verify
SELECT count(*) = 0 FROM users WHERE locale IS NULL;
