-- Trials: events that their owner tries on, laid over the log and never part of it.

CREATE TABLE trials (
    owner   text NOT NULL,            -- the caller, as in recorded_by
    name    text NOT NULL,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (owner, name)
);

CREATE TABLE trial_events (
    owner  text    NOT NULL,
    name   text    NOT NULL,
    number integer NOT NULL,          -- 1, 2, 3 … in the order in which they came
    id     uuid    NOT NULL,
    body   bytea   NOT NULL,          -- canonical bytes, as they would be recorded
    PRIMARY KEY (owner, name, number),
    UNIQUE (owner, name, id),
    FOREIGN KEY (owner, name) REFERENCES trials ON DELETE CASCADE
);
