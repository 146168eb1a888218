-- revision: 3c84a5d6e7f9
-- down_revision: 2b7d9e0f1c32
-- message: Add user preferences table

-- migrate:up
CREATE TABLE user_preferences (
    user_id    bigint NOT NULL,
    key        text NOT NULL,
    value      jsonb NOT NULL,
    CONSTRAINT user_preferences_pkey PRIMARY KEY (user_id, key),
    CONSTRAINT user_preferences_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX user_preferences_key_idx ON user_preferences (key);

-- migrate:down
DROP TABLE user_preferences;
