-- revision: e7daebfc0d2e
-- down_revision: c5b8c9daeb0c
-- message: Create product reviews

-- migrate:up
CREATE TABLE product_reviews (
    product_id bigint NOT NULL,
    user_id    bigint NOT NULL,
    stars      smallint NOT NULL CONSTRAINT product_reviews_stars_check CHECK (stars BETWEEN 1 AND 5),
    CONSTRAINT product_reviews_pkey PRIMARY KEY (product_id, user_id),
    CONSTRAINT product_reviews_product_id_fkey FOREIGN KEY (product_id) REFERENCES products (id),
    CONSTRAINT product_reviews_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id)
);

-- migrate:down
DROP TABLE product_reviews;
