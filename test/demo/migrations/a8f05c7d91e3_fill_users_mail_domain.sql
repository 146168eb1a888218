-- revision: a8f05c7d91e3
-- down_revision: 9d4e61c2b8f0
-- message: Fill users.mail_domain

-- migrate:up
ALTER TABLE users ADD COLUMN mail_domain text;
ALTER TABLE users ADD CONSTRAINT users_mail_domain_check CHECK (mail_domain IS NOT NULL) NOT VALID;
CALL migrate.backfill('users', $$mail_domain = substring(email FROM '@(.*)$')$$);
ALTER TABLE users VALIDATE CONSTRAINT users_mail_domain_check;
ALTER TABLE users ALTER COLUMN mail_domain SET NOT NULL;
ALTER TABLE users DROP CONSTRAINT users_mail_domain_check;

-- migrate:down
ALTER TABLE users DROP COLUMN mail_domain;

-- migrate:verify
SELECT count(*) = 0 FROM users WHERE email NOT LIKE '%@' || mail_domain;
