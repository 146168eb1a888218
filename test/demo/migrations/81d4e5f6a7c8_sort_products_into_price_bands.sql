-- revision: 81d4e5f6a7c8
-- down_revision: 70c3d4e5f6b7
-- message: Sort products into price bands

-- migrate:up
ALTER TABLE products ADD COLUMN price_band text;
UPDATE products
   SET price_band = CASE
           WHEN price < 5 THEN 'low'
           WHEN price < 100 THEN 'middle'
           ELSE 'high'
       END;

-- migrate:down
ALTER TABLE products DROP COLUMN price_band;

-- migrate:verify
SELECT bool_and(price_band IS NOT NULL) FROM products;
