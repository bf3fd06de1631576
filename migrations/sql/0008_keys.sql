-- Keys: by which callers of the API are known. A key itself is shown once and never kept.

CREATE TABLE keys (
    id           uuid        PRIMARY KEY,
    name         text        NOT NULL,         -- whose it is, as the operator calls them
    hash         bytea       NOT NULL UNIQUE,  -- SHA-256 of its 32 random bytes
    grants       jsonb       NOT NULL,         -- [{"role": …, "organisations": [codes] or "all"}]
    made_at      timestamptz NOT NULL,
    made_by      text        NOT NULL,         -- a caller, as in recorded_by
    expires_at   timestamptz,                  -- from then on it opens nothing; NULL: never
    revoked_at   timestamptz,
    last_used_at timestamptz                   -- to the minute
);

-- Who handed files over reads their own only.
CREATE INDEX uploads_received_by ON uploads (received_by, number);
