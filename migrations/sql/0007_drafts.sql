-- Drafts of quarterly returns: no events, and never read as such; what is recorded is in the log.

CREATE TABLE return_drafts (
    organisation   text        NOT NULL,
    financial_year text        NOT NULL,
    quarter        smallint    NOT NULL,
    version        integer     NOT NULL,  -- 1, 2, 3 … with each change
    answers        bytea       NOT NULL,  -- JSON: each question's answer, by whom, when, at which version
    signed_by      text,                  -- a person's opaque reference, where one was given
    signed_caller  text,                  -- who signed it off, as in recorded_by
    signed_at      timestamptz,
    made_version   integer,               -- the version that a return was last made from
    made_by        text,
    made_at        timestamptz,
    PRIMARY KEY (organisation, financial_year, quarter)
);
