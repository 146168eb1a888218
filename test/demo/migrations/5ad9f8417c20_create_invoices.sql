-- revision: 5ad9f8417c20
-- down_revision:
-- branch_labels: billing
-- depends_on: e85f03a6d914
-- message: Create invoices

-- migrate:up
CREATE TABLE invoices (
    id       bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT invoices_pkey PRIMARY KEY,
    order_id bigint NOT NULL CONSTRAINT invoices_order_id_key UNIQUE,
    total    numeric(12, 2) NOT NULL CONSTRAINT invoices_total_check CHECK (total >= 0),
    CONSTRAINT invoices_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id)
);
INSERT INTO invoices (order_id, total)
SELECT order_id, sum(quantity * price) FROM order_items GROUP BY order_id ORDER BY order_id;

-- migrate:down
DROP TABLE invoices;
