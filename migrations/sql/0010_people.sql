-- Names of people: never in the log, never in a picture, and gone when they are erased
-- (DESIGN.md, invariant 16).

CREATE TABLE people (
    person      text        PRIMARY KEY,  -- the log's opaque reference
    name        text        NOT NULL,     -- as a body has published it
    publisher   text        NOT NULL,     -- that body
    reference   text,                     -- where it stands: a document, an address, or both
    url         text,
    since       date,                     -- the first day on which it stood there, if known
    recorded_at timestamptz NOT NULL,
    recorded_by text        NOT NULL,     -- a caller, as in the log
    CHECK (reference IS NOT NULL OR url IS NOT NULL)
);

-- Statistics are samples of the values themselves, and would keep a name that was erased.
ALTER TABLE people ALTER COLUMN name SET STATISTICS 0, ALTER COLUMN publisher SET STATISTICS 0,
    ALTER COLUMN reference SET STATISTICS 0, ALTER COLUMN url SET STATISTICS 0;
ALTER TABLE keys ALTER COLUMN name SET STATISTICS 0;

-- What was erased, and what was allowed again: of one subject the last act counts. It holds no name.
CREATE TABLE erasures (
    subject text        NOT NULL,  -- a person's reference, or a key's: key-<uuid>
    at      timestamptz NOT NULL,
    act     text        NOT NULL CHECK (act IN ('erased', 'lifted')),
    caller  text        NOT NULL,  -- who did it, as in recorded_by
    reason  text,                  -- a code; of an erasure
    PRIMARY KEY (subject, at, act)
);
