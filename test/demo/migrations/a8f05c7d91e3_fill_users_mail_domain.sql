-- revision: a8f05c7d91e3
-- down_revision: 9d4e61c2b8f0
-- message: Fill users.mail_domain

-- migrate:up
ALTER TABLE users ADD COLUMN mail_domain text;
CALL migrate.backfill('users', $$mail_domain = substring(email FROM '@(.*)$')$$);

-- migrate:down
ALTER TABLE users DROP COLUMN mail_domain;

-- migrate:verify
SELECT count(*) = 0 FROM users WHERE email NOT LIKE '%@' || mail_domain;
