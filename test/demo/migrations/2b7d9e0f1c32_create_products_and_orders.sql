-- revision: 2b7d9e0f1c32
-- down_revision: 1a2f4c6e8b01
-- message: Create products and orders

-- migrate:up
CREATE TABLE products (
    id    bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT products_pkey PRIMARY KEY,
    title text NOT NULL,
    price numeric(10, 2) NOT NULL CONSTRAINT products_price_check CHECK (price >= 0)
);
CREATE TABLE orders (
    id        bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT orders_pkey PRIMARY KEY,
    user_id   bigint NOT NULL,
    placed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id)
);
CREATE INDEX orders_user_id_idx ON orders (user_id);
INSERT INTO products (title, price) VALUES
    ('Pencil', 0.80), ('Notebook', 12.50), ('Typewriter', 240.00);
INSERT INTO orders (user_id) SELECT id FROM users;

-- migrate:down
DROP TABLE orders;
DROP TABLE products;
