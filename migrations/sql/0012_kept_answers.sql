-- Answers that are given again to whoever sends a request again, with the key that it came with.

CREATE TABLE kept_answers (
    caller   text        NOT NULL,
    key      text        NOT NULL,    -- the Idempotency-Key
    digest   bytea       NOT NULL,    -- SHA-256 of what was asked
    begun_at timestamptz NOT NULL,
    body     bytea,                   -- NULL while it is under way; never holds a secret
    PRIMARY KEY (caller, key)
);
CREATE INDEX kept_answers_begun_at ON kept_answers (begun_at);
