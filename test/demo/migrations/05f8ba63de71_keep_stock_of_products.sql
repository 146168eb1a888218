-- revision: 05f8ba63de71
-- down_revision: 3d0e97f6b2a4
-- message: Keep stock of products

-- migrate:up
ALTER TABLE products
    ADD COLUMN stock integer NOT NULL DEFAULT 0
        CONSTRAINT products_stock_check CHECK (stock >= 0);
UPDATE products
   SET stock = CASE WHEN price < 5 THEN 500 WHEN price < 100 THEN 40 ELSE 3 END;

-- migrate:down
ALTER TABLE products DROP COLUMN stock;
