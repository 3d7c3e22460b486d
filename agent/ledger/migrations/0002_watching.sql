-- What of the station was not watched, and which cameras were reported as not seen by their deadlines.

CREATE TABLE unwatched (
    seq     INTEGER PRIMARY KEY,
    source  TEXT NOT NULL,          -- empty: the whole station
    bay     TEXT NOT NULL,          -- empty: the whole source
    reason  TEXT NOT NULL,
    since   TEXT NOT NULL,
    until   TEXT,                   -- NULL: still
    CHECK (bay = '' OR source <> '')
) STRICT;

CREATE UNIQUE INDEX unwatched_open ON unwatched (source, bay, reason) WHERE until IS NULL;
CREATE INDEX unwatched_until ON unwatched (until) WHERE until IS NOT NULL;

CREATE TABLE not_seen (
    shift_id     TEXT NOT NULL,
    deadline_at  TEXT NOT NULL,
    reported_at  TEXT NOT NULL,
    PRIMARY KEY (shift_id, deadline_at)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER not_seen_never_goes BEFORE DELETE ON not_seen
BEGIN SELECT RAISE(ABORT, 'what was reported stays reported'); END;

CREATE INDEX dock_sessions_ended ON dock_sessions (undocked_at) WHERE undocked_at IS NOT NULL;
