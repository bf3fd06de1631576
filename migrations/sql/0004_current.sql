-- Current pictures as rows, for lists and for users of SQL; what the audit found; marks of progress.
-- All of it can be made again from the log; code of the first step still runs beside it.

CREATE TABLE current_pictures (
    organisation  text   NOT NULL,
    fold          text   NOT NULL,    -- the fold version that made the row
    model         text   NOT NULL,    -- name and version: readiness-v1
    on_date       date   NOT NULL,    -- the day that the picture is of
    position      bigint NOT NULL,    -- what was known: the log up to here
    last_position bigint NOT NULL,    -- where the histories that it rests on end
    kind          text   NOT NULL,    -- trust, system; unregistered: neither; parked: see fault
    name          text,
    trust_type    text,               -- of a trust
    system_kind   text,               -- of a system
    host          text,               -- the board that hosts a trust
    status        text   NOT NULL,    -- not_yet, open, closed, unregistered, parked
    rests_on      text[] NOT NULL,    -- whose whole histories it is made of: trusts absorbed
    placed_by     text[] NOT NULL,    -- of whom it reads only what they are and where they belong
    summary       json   NOT NULL,    -- as GET /organisations/{code} answers
    picture       json,               -- of a trust as the API answers it; of a system its own part
    fault         text,               -- why the picture could not be made; NULL: it was
    PRIMARY KEY (organisation, fold, model)
);
-- To find the rows that rest on a history that grew.
CREATE INDEX current_pictures_rests_on ON current_pictures USING gin (rests_on)
    WITH (fastupdate = off);
CREATE INDEX current_pictures_placed_by ON current_pictures USING gin (placed_by)
    WITH (fastupdate = off);

-- The hash of the chain at a worker's position: a position that was changed by hand, or a log that
-- is another one, does not have it.
ALTER TABLE behind ADD COLUMN mark bytea;

CREATE TABLE mismatches (
    what         text    NOT NULL,    -- pack, row
    organisation text    NOT NULL,
    number       integer NOT NULL,    -- of a pack; 0 for a row
    fold         text    NOT NULL,
    position     bigint  NOT NULL,    -- the log up to here says otherwise
    reason       text    NOT NULL,
    found_at     timestamptz NOT NULL,
    PRIMARY KEY (what, organisation, number, fold)
);

-- The rows of the fold version that was worked on last: of two releases side by side, one.
CREATE VIEW current_rows AS
SELECT * FROM current_pictures
WHERE fold = (
    SELECT fold FROM behind WHERE worker = 'rows' AND position > 0
    ORDER BY progressed_at DESC, fold DESC LIMIT 1
);

-- One line an organisation and dimension. level NULL is "unknown", which is not 0.
CREATE VIEW current_levels AS
SELECT trust.organisation, trust.name, trust.trust_type, trust.host, trust.status,
       answer.key AS dimension,
       (answer.value->>'level')::integer AS level,
       (answer.value->>'settled')::boolean AS settled,
       (answer.value->>'near_cut')::boolean AS near_cut,
       answer.value->>'reason' AS reason,
       answer.value->'evidence_age'->>'state' AS freshness,
       (answer.value->'evidence_age'->>'date')::date AS evidence_date,
       (answer.value->'evidence_age'->>'stale_from')::date AS stale_from,
       trust.model, trust.fold, trust.on_date, trust.position
FROM current_rows AS trust
CROSS JOIN LATERAL json_each(trust.picture->'levels') AS answer
WHERE trust.kind = 'trust' AND trust.picture IS NOT NULL;

-- One line an organisation and figure of a section; lists inside sections are in `picture`.
CREATE VIEW current_measures AS
SELECT whole.organisation, whole.name, whole.kind, whole.host, whole.status,
       section.key AS dimension, figure.key AS measure,
       figure.value->>'value' AS value, figure.value->>'unit' AS unit,
       figure.value->>'status' AS certainty,
       coalesce((figure.value->>'about')::boolean, false) AS about,
       coalesce(json_array_length(figure.value->'disputed'), 0) > 0 AS disputed,
       (figure.value->'events'->>'count')::integer AS events,
       whole.model, whole.fold, whole.on_date, whole.position
FROM current_rows AS whole
CROSS JOIN LATERAL json_each(whole.picture) AS section
CROSS JOIN LATERAL json_each(
    CASE json_typeof(section.value) WHEN 'object' THEN section.value ELSE '{}' END
) AS figure
WHERE whole.picture IS NOT NULL AND json_typeof(figure.value) = 'object'
  AND figure.value->'unit' IS NOT NULL AND figure.value->'status' IS NOT NULL;
