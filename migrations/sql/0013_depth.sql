-- What a statement can reach, whatever it says: rows within a scope for the role that loads
-- histories, and for users of SQL what was granted to their login. The roles are there before this
-- step; what each may do to which table is in `service/store/rights.py`.

-- After which step the rights were given last.
ALTER TABLE schema_support ADD COLUMN rights integer NOT NULL DEFAULT 0;

-- A history: the events of the organisation that the transaction is confined to, and those that
-- name it; in one that is not confined, none. Views, because COPY, by which the writer appends,
-- refuses a table that has row-level security. The setting is read once a statement.
CREATE VIEW history_events AS
SELECT events.organisation AS history_of, position, id, events.organisation, version, type,
       type_version, effective, recorded_at, recorded_by, about, body, target, disclosed, policy,
       hash
FROM events
WHERE events.organisation = (SELECT current_setting('capmap.organisation', true))
UNION ALL
SELECT mentions.organisation, position, id, events.organisation, version, type,
       type_version, effective, recorded_at, recorded_by, about, body, target, disclosed, policy,
       hash
FROM mentions JOIN events USING (position)
WHERE mentions.organisation = (SELECT current_setting('capmap.organisation', true));

ALTER TABLE packs ENABLE ROW LEVEL SECURITY;
CREATE POLICY serving ON packs TO capmap_serve USING (true) WITH CHECK (true);
CREATE POLICY confined ON packs FOR SELECT TO capmap_read
    USING (organisation = (SELECT current_setting('capmap.organisation', true)));

-- Whom a login that reads SQL directly may see, and whether its counts are exact.
CREATE TABLE bi_grants (
    login        text NOT NULL,
    organisation text NOT NULL,      -- a code; of a board: with the trusts that it hosts; or all
    disclosure   text NOT NULL CHECK (disclosure IN ('people-v1', 'exact')),
    granted_at   timestamptz NOT NULL,
    PRIMARY KEY (login, organisation)
);
ALTER TABLE bi_grants ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON bi_grants FOR SELECT TO capmap_bi USING (login = current_user);

-- Pictures hold exact counts, so a login needs a grant that says exact. The host is today's.
ALTER TABLE current_pictures ENABLE ROW LEVEL SECURITY;
CREATE POLICY serving ON current_pictures TO capmap_serve USING (true) WITH CHECK (true);
CREATE POLICY granted ON current_pictures FOR SELECT TO capmap_bi USING (EXISTS (
    SELECT FROM bi_grants AS given
    WHERE given.login = current_user AND given.disclosure = 'exact'
      AND given.organisation IN ('all', current_pictures.organisation, current_pictures.host)
));
-- Else they would be read with the rights of whoever migrated, whom no policy binds.
ALTER VIEW current_rows SET (security_invoker = true);
ALTER VIEW current_levels SET (security_invoker = true);
ALTER VIEW current_measures SET (security_invoker = true);

-- Whom the login that asks may see. Read with the rights of whoever migrated, so it is the only
-- condition of the views below.
CREATE VIEW bi_reach WITH (security_barrier) AS
SELECT covered.organisation, bool_or(given.disclosure = 'exact') AS exact
FROM bi_grants AS given CROSS JOIN LATERAL (
    SELECT given.organisation WHERE given.organisation <> 'all'
    UNION
    SELECT hosted.organisation FROM current_pictures AS hosted
    WHERE given.organisation IN ('all', hosted.host) AND hosted.fold = (
        SELECT fold FROM behind WHERE worker = 'rows' AND position > 0
        ORDER BY progressed_at DESC, fold DESC LIMIT 1
    )
) AS covered
WHERE given.login = current_user
GROUP BY covered.organisation;

-- What organisations are, without any figure: for every grant.
CREATE VIEW bi_organisations WITH (security_barrier) AS
SELECT DISTINCT organisation, row.kind, row.name, row.trust_type, row.system_kind, row.host,
       row.status, row.on_date, row.position
FROM bi_reach JOIN current_pictures AS row USING (organisation)
WHERE row.fold = (
    SELECT fold FROM behind WHERE worker = 'rows' AND position > 0
    ORDER BY progressed_at DESC, fold DESC LIMIT 1
);

-- Events of organisations' own streams as each grant discloses them. Never: salts and hashes, ids
-- (a row's id follows from its exact counts), who recorded, self-assessments, which are shared by
-- events of their own.
CREATE VIEW bi_events WITH (security_barrier) AS
SELECT event.position, event.organisation, event.type, event.type_version, event.effective,
       said.body ->> 'precision' AS precision, event.recorded_at,
       said.body ->> 'assurance' AS assurance,
       CASE jsonb_typeof(said.data) WHEN 'object' THEN said.data - 'event' ELSE said.data END AS data,
       (said.target ->> 'position')::bigint AS target_position, said.target ->> 'type' AS target_type,
       CASE WHEN reach.exact THEN 'exact' ELSE event.policy END AS disclosure
FROM bi_reach AS reach JOIN events AS event USING (organisation)
CROSS JOIN LATERAL (
    SELECT body.body, convert_from(event.target, 'UTF8')::jsonb AS target,
           CASE WHEN reach.exact OR event.disclosed IS NULL THEN body.body -> 'data'
                ELSE convert_from(event.disclosed, 'UTF8')::jsonb END AS data
    FROM (SELECT convert_from(event.body, 'UTF8')::jsonb AS body) AS body
) AS said
WHERE event.type NOT IN ('MaturityAssessed', 'MaturityShared')
  AND coalesce(said.target ->> 'type', '') NOT IN ('MaturityAssessed', 'MaturityShared');
