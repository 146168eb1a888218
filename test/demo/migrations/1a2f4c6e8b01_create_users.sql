-- revision: 1a2f4c6e8b01
-- down_revision:
-- message: Create users

-- migrate:up
CREATE TABLE users (
    id         bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT users_pkey PRIMARY KEY,
    name       text NOT NULL,
    email      text NOT NULL CONSTRAINT users_email_key UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO users (name, email) VALUES
    ('Ada Lovelace', 'ada@example.com'),
    ('Edgar Codd', 'edgar@example.com'),
    ('Grace Hopper', 'grace@example.com');

-- migrate:down
DROP TABLE users;
