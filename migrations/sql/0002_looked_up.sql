-- What appending and verifying look up: who is named at a position, and the few links between
-- organisations. Building the first holds appends back for as long as it reads `mentions` once.
-- Indexes alone: code of the first step still runs, so schema_support stays as it is.

CREATE INDEX mentions_position ON mentions (position);
-- Mergers and memberships of systems: some hundred events in all England.
CREATE INDEX events_links ON events (position) WHERE type IN (
    'TrustMerged', 'SystemJoinedSystem', 'SystemLeftSystem'
);
