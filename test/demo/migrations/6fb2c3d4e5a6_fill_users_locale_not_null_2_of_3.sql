-- revision: 6fb2c3d4e5a6
-- down_revision: 5ea1f2b3c4d5
-- message: Fill users.locale (NOT NULL 2 of 3)

-- migrate:up
UPDATE users SET locale = 'en' WHERE locale IS NULL;

-- migrate:down
-- the values may stay: the column is nullable below

-- migrate:verify
SELECT count(*) = 0 FROM users WHERE locale IS NULL;
