-- revision: 4b1d7e92c0a6
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
    ('Ada Lovelace', 'ada@analytical.example.uk'),
    ('Blaise Pascal', 'blaise@pascaline.example.fr'),
    ('Edgar Codd', 'edgar@relations.example.com'),
    ('Grace Hopper', 'grace@compilers.example.com'),
    ('Konrad Zuse', 'konrad@z3.example.de'),
    ('Sophie Wilson', 'sophie@acorn.example.uk');

-- migrate:down
DROP TABLE users;
