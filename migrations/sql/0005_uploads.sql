-- Uploads: what was handed over in one go, what is left of it to record, and what became of it.
-- Nothing of the log changes; code of the first step still runs beside it.

CREATE TABLE uploads (
    id          uuid   PRIMARY KEY,
    number      bigint NOT NULL GENERATED ALWAYS AS IDENTITY,  -- the order in which they came
    kind        text   NOT NULL,      -- file; lines; retraction: takes back what `of` recorded
    of          uuid,                 -- of a retraction: the upload that it takes back
    state       text   NOT NULL,      -- recording, recorded, partly_recorded, refused
    form        text   NOT NULL,      -- whole: all rows or none; apart: each row by itself
    received_at timestamptz NOT NULL,
    received_by text   NOT NULL,
    name        text   NOT NULL,      -- the file's, as its sender called it
    size        bigint NOT NULL,      -- in bytes
    digest      bytea  NOT NULL,      -- SHA-256 of the file
    asked       bytea  NOT NULL,      -- MessagePack: the parameters it was sent with
    notes       bytea  NOT NULL,      -- MessagePack: what was understood of its form
    rows        integer NOT NULL,
    wrong       integer NOT NULL,     -- rows that had faults when the file was checked
    chunks      integer NOT NULL,
    finished_at timestamptz           -- NULL: rows are left to record
);
CREATE UNIQUE INDEX uploads_number ON uploads (number);
CREATE INDEX uploads_recording ON uploads (number) WHERE state = 'recording';
-- What an upload recorded is taken back once; to bring it back, the retraction is taken back.
CREATE UNIQUE INDEX uploads_of ON uploads (of) WHERE of IS NOT NULL;

-- The rows in their order: where each stands in the file, and what is wrong with it. Kept.
CREATE TABLE upload_chunks (
    upload uuid    NOT NULL,
    chunk  integer NOT NULL,          -- 0, 1, 2 …
    rows   integer NOT NULL,
    wrong  integer NOT NULL,
    places bytea   NOT NULL,          -- MessagePack, zlib
    PRIMARY KEY (upload, chunk)
);

-- The events of the rows without faults, until they are recorded.
CREATE TABLE upload_staged (
    upload  uuid    NOT NULL,
    chunk   integer NOT NULL,
    ids     uuid[]  NOT NULL,
    bodies  bytea   NOT NULL,         -- MessagePack, zlib: canonical bytes of each
    PRIMARY KEY (upload, chunk)
);

-- What the log made of a chunk, in the transaction that recorded its events. Kept. Without a
-- reference to `uploads`: a receipt must never make the writer's transaction fail.
CREATE TABLE upload_outcomes (
    upload    uuid     NOT NULL,
    chunk     integer  NOT NULL,
    recorded  integer  NOT NULL,
    known     integer  NOT NULL,
    refused   integer  NOT NULL,
    positions bigint[] NOT NULL,      -- negative: was in the log already; 0: refused
    refusals  bytea    NOT NULL,      -- MessagePack: the problems of those refused
    PRIMARY KEY (upload, chunk)
);

-- A file that had faults, in pieces, so that it can be given back with a column of messages.
CREATE TABLE upload_files (
    upload  uuid    NOT NULL,
    piece   integer NOT NULL,
    body    bytea   NOT NULL,         -- zlib
    kept_at timestamptz NOT NULL,
    PRIMARY KEY (upload, piece)
);
CREATE INDEX upload_files_kept_at ON upload_files (kept_at);

-- Idempotency-Key of uploads, for a day.
CREATE TABLE upload_keys (
    caller  text  NOT NULL,
    key     text  NOT NULL,
    digest  bytea NOT NULL,           -- SHA-256 of the file and the parameters
    upload  uuid  NOT NULL,
    used_at timestamptz NOT NULL,
    PRIMARY KEY (caller, key)
);
CREATE INDEX upload_keys_used_at ON upload_keys (used_at);

-- All of it is compressed already.
ALTER TABLE upload_chunks ALTER COLUMN places SET STORAGE EXTERNAL;
ALTER TABLE upload_staged ALTER COLUMN bodies SET STORAGE EXTERNAL;
ALTER TABLE upload_files ALTER COLUMN body SET STORAGE EXTERNAL;
