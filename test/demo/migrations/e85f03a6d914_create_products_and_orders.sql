-- revision: e85f03a6d914
-- down_revision: 4b1d7e92c0a6
-- message: Create products and orders

-- migrate:up
CREATE TABLE products (
    id    bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT products_pkey PRIMARY KEY,
    sku   text NOT NULL CONSTRAINT products_sku_key UNIQUE,
    title text NOT NULL,
    price numeric(10, 2) NOT NULL CONSTRAINT products_price_check CHECK (price >= 0)
);
CREATE TABLE orders (
    id          bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT orders_pkey PRIMARY KEY,
    user_id     bigint NOT NULL,
    placed_at   timestamptz NOT NULL DEFAULT now(),
    paid_at     timestamptz,
    shipped_at  timestamptz,
    returned_at timestamptz,
    CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id)
);
CREATE INDEX orders_user_id_idx ON orders (user_id);
CREATE TABLE order_items (
    order_id   bigint NOT NULL,
    product_id bigint NOT NULL,
    quantity   integer NOT NULL CONSTRAINT order_items_quantity_check CHECK (quantity > 0),
    price      numeric(10, 2) NOT NULL,
    CONSTRAINT order_items_pkey PRIMARY KEY (order_id, product_id),
    CONSTRAINT order_items_order_id_fkey FOREIGN KEY (order_id)
        REFERENCES orders (id) ON DELETE CASCADE,
    CONSTRAINT order_items_product_id_fkey FOREIGN KEY (product_id) REFERENCES products (id)
);
CREATE INDEX order_items_product_id_idx ON order_items (product_id);

INSERT INTO products (sku, title, price) VALUES
    ('PEN-01', 'Pencil', 0.80),
    ('NTB-07', 'Notebook', 12.50),
    ('SLR-02', 'Slide rule', 39.00),
    ('TYP-11', 'Typewriter', 240.00);
INSERT INTO orders (user_id, placed_at, paid_at, shipped_at, returned_at)
SELECT id, day, day + interval '1 hour',
       CASE WHEN id <= 4 THEN day + interval '1 day' END,
       CASE WHEN id = 2 THEN day + interval '9 days' END
  FROM users, (VALUES (timestamptz '2026-03-01 10:00+00')) AS first_of_march (day);
INSERT INTO orders (user_id, placed_at)
SELECT id, timestamptz '2026-04-15 17:30+00' FROM users WHERE id > 3;
INSERT INTO order_items (order_id, product_id, quantity, price)
SELECT o.id, p.id, 1 + o.id % 3, p.price
  FROM orders o JOIN products p ON (o.id + p.id) % 2 = 0;

-- migrate:down
DROP TABLE order_items;
DROP TABLE orders;
DROP TABLE products;
