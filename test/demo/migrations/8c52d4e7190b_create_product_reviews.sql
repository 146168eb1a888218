-- revision: 8c52d4e7190b
-- down_revision: 3d0e97f6b2a4
-- message: Create product reviews

-- migrate:up
CREATE TABLE product_reviews (
    product_id bigint NOT NULL,
    user_id    bigint NOT NULL,
    stars      smallint NOT NULL CONSTRAINT product_reviews_stars_check CHECK (stars BETWEEN 1 AND 5),
    comment    text,
    CONSTRAINT product_reviews_pkey PRIMARY KEY (product_id, user_id),
    CONSTRAINT product_reviews_product_id_fkey FOREIGN KEY (product_id)
        REFERENCES products (id) ON DELETE CASCADE,
    CONSTRAINT product_reviews_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX product_reviews_user_id_idx ON product_reviews (user_id);

-- migrate:down
DROP TABLE product_reviews;
