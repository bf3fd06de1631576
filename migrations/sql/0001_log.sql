-- The log: append-only events, who each mentions, the head of the chain, the log's secret.
-- Events are never updated, deleted or truncated (DESIGN.md, invariant 5).

CREATE TABLE schema_support (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    oldest_code integer NOT NULL
);
INSERT INTO schema_support (oldest_code) VALUES (1);

CREATE TABLE log_head (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    log         uuid NOT NULL,
    position    bigint NOT NULL,
    hash        bytea NOT NULL,
    recorded_at timestamptz NOT NULL
);
INSERT INTO log_head (log, position, hash, recorded_at)
VALUES (gen_random_uuid(), 0, decode(repeat('00', 32), 'hex'), '-infinity');

-- Keys the rounding of people's figures: whoever reads it can undo the rounding.
CREATE TABLE log_secret (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    secret   bytea NOT NULL
);
INSERT INTO log_secret (secret)
VALUES (decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));

CREATE TABLE events (
    position     bigint PRIMARY KEY,
    id           uuid NOT NULL,
    organisation text NOT NULL,
    version      integer NOT NULL,
    type         text NOT NULL,
    type_version smallint NOT NULL,
    effective    date NOT NULL,
    recorded_at  timestamptz NOT NULL,
    recorded_by  text NOT NULL,
    about        uuid,               -- the event that this one corrects, retracts, confirms …
    body         bytea NOT NULL,     -- canonical JSON of what was submitted
    target       bytea,              -- canonical JSON of what the service adds about `about`
    disclosed    bytea,              -- payload as rounded readers get it; NULL: as in body
    policy       text NOT NULL,      -- the disclosure policy that made `disclosed`
    salt         bytea NOT NULL,
    hash         bytea NOT NULL
);
CREATE UNIQUE INDEX events_id ON events (id);
CREATE INDEX events_organisation_position ON events (organisation, position);
CREATE INDEX events_about ON events (about) WHERE about IS NOT NULL;
-- The few events that say which organisations there are: lists of organisations read only these.
CREATE INDEX events_register ON events (position) WHERE type IN (
    'TrustRegistered', 'TrustChanged', 'TrustMerged', 'TrustClosed', 'SystemEstablished',
    'SystemRenamed', 'SystemClosed', 'SystemSucceeded', 'EventCorrected', 'EventRetracted'
);

CREATE TABLE mentions (
    organisation text NOT NULL,
    position     bigint NOT NULL REFERENCES events (position),
    PRIMARY KEY (organisation, position)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation',
              HINT = 'Record a correction or a retraction instead.';
END
$$;

CREATE TRIGGER events_unchanged BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER events_kept BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER mentions_unchanged BEFORE UPDATE OR DELETE ON mentions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER mentions_kept BEFORE TRUNCATE ON mentions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE events ENABLE ALWAYS TRIGGER events_unchanged;
ALTER TABLE events ENABLE ALWAYS TRIGGER events_kept;
ALTER TABLE mentions ENABLE ALWAYS TRIGGER mentions_unchanged;
ALTER TABLE mentions ENABLE ALWAYS TRIGGER mentions_kept;
