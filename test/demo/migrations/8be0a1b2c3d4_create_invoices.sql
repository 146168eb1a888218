-- revision: 8be0a1b2c3d4
-- down_revision: 2b7d9e0f1c32
-- branch_labels: billing
-- message: Create invoices

-- migrate:up
CREATE TABLE invoices (
    id       bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT invoices_pkey PRIMARY KEY,
    order_id bigint NOT NULL,
    total    numeric(12, 2) NOT NULL,
    CONSTRAINT invoices_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE INDEX invoices_order_id_idx ON invoices (order_id);

-- migrate:down
DROP TABLE invoices;
