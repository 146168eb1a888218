-- revision: 27c9b64ef1d8
-- down_revision: e85f03a6d914
-- message: Add user preferences table

-- migrate:up
CREATE TABLE user_preferences (
    id         bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT user_preferences_pkey PRIMARY KEY,
    user_id    bigint NOT NULL,
    theme      text NOT NULL DEFAULT 'light',
    newsletter boolean NOT NULL DEFAULT false,
    CONSTRAINT fk_user_preferences_user_id_users FOREIGN KEY (user_id)
        REFERENCES users (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX ix_user_preferences_user_id ON user_preferences (user_id);
INSERT INTO user_preferences (user_id) SELECT id FROM users;

-- migrate:down
DROP INDEX ix_user_preferences_user_id;
DROP TABLE user_preferences;
