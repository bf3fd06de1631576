-- Reads of another organisation's data, counted by the hour; kept for CAPMAP_TRACE_DAYS.
CREATE TABLE reads (
    organisation text        NOT NULL,  -- whose data was read
    hour         timestamptz NOT NULL,  -- the beginning of the hour
    caller       text        NOT NULL,  -- as in recorded_by
    kind         text        NOT NULL,  -- what was read: domain/reads.py
    roles        text        NOT NULL,  -- by which of the caller's roles: lead:QXU
    hours        smallint    NOT NULL,  -- 1; 24 where what could not be written for long was merged
    times        bigint      NOT NULL,
    PRIMARY KEY (organisation, hour, caller, kind, roles, hours)
);
-- They come in the order of time: of each stretch of the table the first and last hour is enough.
CREATE INDEX reads_hour ON reads USING brin (hour) WITH (pages_per_range = 16);

-- What was done to the service itself; like the log, never changed and never removed.
CREATE TABLE acts (
    number        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at            timestamptz NOT NULL,
    by            text        NOT NULL,  -- a caller, as in recorded_by
    act           text        NOT NULL,  -- what was done: domain/acts.py
    object        text        NOT NULL,  -- to what: an id or a code
    detail        text        NOT NULL,
    organisations text[]      NOT NULL   -- whom it concerns; {all}: everybody
);

CREATE TABLE act_concerns (
    organisation text   NOT NULL,        -- a code, or all
    number       bigint NOT NULL REFERENCES acts (number),
    PRIMARY KEY (organisation, number)
);

CREATE FUNCTION refuse_change_of_acts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'acts are append-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE TRIGGER acts_unchanged BEFORE UPDATE OR DELETE ON acts
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_acts();
CREATE TRIGGER acts_kept BEFORE TRUNCATE ON acts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_acts();
CREATE TRIGGER act_concerns_unchanged BEFORE UPDATE OR DELETE ON act_concerns
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_acts();
CREATE TRIGGER act_concerns_kept BEFORE TRUNCATE ON act_concerns
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_acts();
ALTER TABLE acts ENABLE ALWAYS TRIGGER acts_unchanged;
ALTER TABLE acts ENABLE ALWAYS TRIGGER acts_kept;
ALTER TABLE act_concerns ENABLE ALWAYS TRIGGER act_concerns_unchanged;
ALTER TABLE act_concerns ENABLE ALWAYS TRIGGER act_concerns_kept;
