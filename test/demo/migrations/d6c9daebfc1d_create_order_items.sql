-- revision: d6c9daebfc1d
-- down_revision: c5b8c9daeb0c
-- message: Create order items

-- migrate:up
CREATE TABLE order_items (
    order_id   bigint NOT NULL,
    product_id bigint NOT NULL,
    quantity   integer NOT NULL CONSTRAINT order_items_quantity_check CHECK (quantity > 0),
    CONSTRAINT order_items_pkey PRIMARY KEY (order_id, product_id),
    CONSTRAINT order_items_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT order_items_product_id_fkey FOREIGN KEY (product_id) REFERENCES products (id)
);
CREATE INDEX order_items_product_id_idx ON order_items (product_id);

-- migrate:down
DROP TABLE order_items;
