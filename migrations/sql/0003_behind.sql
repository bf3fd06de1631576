-- What runs behind the log: packs of sealed histories, and how far each worker has come.
-- All of it can be made again from the log; code of the first step still runs beside it.

-- The few events that say what an organisation is and where it belongs: kept at hand whole.
CREATE INDEX events_belonging ON events (position) WHERE type IN (
    'TrustRegistered', 'TrustMerged', 'TrustClosed', 'TrustJoinedSystem', 'TrustLeftSystem',
    'SystemEstablished', 'SystemClosed', 'SystemJoinedSystem', 'SystemLeftSystem'
);

CREATE TABLE packs (
    organisation   text    NOT NULL,
    disclosure     text    NOT NULL,  -- whose counts it holds: exact, or a policy's
    fold           text    NOT NULL,  -- the fold version that made it, and the only one to read it
    number         integer NOT NULL,  -- 0, 1, 2 … along the history
    first_position bigint  NOT NULL,
    last_position  bigint  NOT NULL,
    body           bytea   NOT NULL,
    PRIMARY KEY (organisation, disclosure, fold, number)
);
-- Packs are read whole and at once: compressing them costs more than it saves.
ALTER TABLE packs ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE TABLE behind (
    worker        text   NOT NULL,    -- sealer, rows …
    fold          text   NOT NULL,
    position      bigint NOT NULL,    -- all of the log up to here has been taken in
    progressed_at timestamptz NOT NULL,
    error         text,               -- the last failure, if nothing has gone well since
    failed_at     timestamptz,
    PRIMARY KEY (worker, fold)
);
