-- Sessions of browsers: what a cookie stands for. The cookie itself is never kept. A row goes when
-- somebody signs out; what has ended is taken away as others sign in. No foreign key: keys is written
-- anew when a name in it is erased.

CREATE TABLE sessions (
    hash      bytea       PRIMARY KEY,           -- SHA-256 of the cookie's 32 random bytes
    caller    text        NOT NULL,              -- as in recorded_by
    key       uuid,                              -- of a session begun with a key: it ends with it
    grants    jsonb,                             -- of one begun at an issuer, as keys.grants
    begun_at  timestamptz NOT NULL,
    seen_at   timestamptz NOT NULL,              -- to the minute
    ends_at   timestamptz NOT NULL,              -- whatever happens
    CHECK ((key IS NULL) <> (grants IS NULL))
);

CREATE INDEX sessions_ends_at ON sessions (ends_at);
