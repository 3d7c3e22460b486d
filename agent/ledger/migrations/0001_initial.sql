-- The station's memory. Instants are RFC 3339 text in UTC with six decimals, so that text order is time order.
-- Constraints here are the second lock behind agent/rules/custody.py: what they forbid cannot be written by anyone.

CREATE TABLE ledger (
    id            INTEGER PRIMARY KEY CHECK (id = 1),
    uuid          TEXT NOT NULL CHECK (length(uuid) = 36),
    station       TEXT NOT NULL,
    created_at    TEXT NOT NULL,
    reason        TEXT NOT NULL CHECK (reason IN ('new', 'rebuilt')),
    head_number   INTEGER NOT NULL,
    head_hash     BLOB NOT NULL CHECK (length(head_hash) = 32)
) STRICT;

CREATE TABLE notes (
    name   TEXT PRIMARY KEY,
    value  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE dock_sessions (
    seq              INTEGER PRIMARY KEY,
    session          TEXT NOT NULL UNIQUE CHECK (length(session) = 36),
    key              TEXT NOT NULL,
    source           TEXT NOT NULL,
    bay              TEXT NOT NULL,
    bay_label        TEXT NOT NULL,
    camera           TEXT NOT NULL CHECK (camera <> ''),
    identity_source  TEXT NOT NULL,
    identity_unique  INTEGER NOT NULL CHECK (identity_unique IN (0, 1)),
    profile          TEXT NOT NULL,
    proves_dock      INTEGER NOT NULL CHECK (proves_dock IN (0, 1)),
    seen_at          TEXT NOT NULL,
    absent_until     TEXT,
    undocked_at      TEXT,
    last_present_at  TEXT,
    drained_at       TEXT,
    io_error         INTEGER NOT NULL CHECK (io_error IN (0, 1)),
    CHECK ((undocked_at IS NULL) = (last_present_at IS NULL))
) STRICT;

CREATE INDEX dock_sessions_open ON dock_sessions (seq) WHERE undocked_at IS NULL;
CREATE INDEX dock_sessions_camera ON dock_sessions (camera);

CREATE TABLE listings (
    sha256   TEXT PRIMARY KEY CHECK (length(sha256) = 64),
    size     INTEGER NOT NULL,
    content  BLOB NOT NULL          -- zlib
) STRICT;

-- Every receipt ever accepted, also those that were voided later: an erase of the past keeps its reason.
CREATE TABLE receipts (
    receipt_id   TEXT PRIMARY KEY CHECK (length(receipt_id) = 36),
    asset_id     TEXT NOT NULL,
    station      TEXT NOT NULL,
    sha256       TEXT NOT NULL,
    size         INTEGER NOT NULL CHECK (size >= 0),
    stored_at    TEXT NOT NULL,
    store_epoch  INTEGER NOT NULL,
    hold         INTEGER NOT NULL CHECK (hold IN (0, 1)),
    key_id       TEXT NOT NULL,
    content      BLOB NOT NULL CHECK (length(content) > 0),   -- the exact bytes that were signed
    signature    BLOB NOT NULL CHECK (length(signature) > 0),
    UNIQUE (asset_id, receipt_id, sha256, size)
) STRICT;

CREATE TABLE assets (
    seq               INTEGER PRIMARY KEY,
    asset_id          TEXT NOT NULL UNIQUE CHECK (length(asset_id) = 36),
    camera            TEXT NOT NULL CHECK (camera <> ''),
    session           TEXT REFERENCES dock_sessions (session),
    bay               TEXT NOT NULL,
    path              BLOB NOT NULL CHECK (length(path) > 0),
    size              INTEGER NOT NULL CHECK (size >= 0),
    mtime_ns          INTEGER NOT NULL,
    kind              TEXT NOT NULL CHECK (kind IN ('video', 'sidecar', 'marker', 'other')),
    state             TEXT NOT NULL CHECK (state IN
                          ('FOUND', 'STAGED', 'UPLOADED', 'VERIFIED', 'ERASED', 'KEPT', 'GONE', 'QUARANTINED')),
    found_at          TEXT NOT NULL,
    flagged           INTEGER NOT NULL CHECK (flagged IN (0, 1)),
    salvage           INTEGER NOT NULL CHECK (salvage IN (0, 1)),
    on_card           INTEGER NOT NULL CHECK (on_card IN (0, 1)),
    spooled           INTEGER NOT NULL CHECK (spooled IN (0, 1)),
    sha256            TEXT CHECK (sha256 IS NULL OR (length(sha256) = 64 AND sha256 NOT GLOB '*[^0-9a-f]*')),
    recorded_at       TEXT,
    recorded_source   TEXT NOT NULL,
    docked_at         TEXT,
    staged_at         TEXT,
    uploaded_at       TEXT,
    verified_at       TEXT,
    erase_started_at  TEXT,
    erased_at         TEXT,
    upload_attempt    INTEGER NOT NULL CHECK (upload_attempt >= 0),
    upload_url        TEXT,
    upload_offset     INTEGER NOT NULL CHECK (upload_offset BETWEEN 0 AND size),
    mismatches        INTEGER NOT NULL CHECK (mismatches >= 0),
    receipt_id        TEXT,
    reason            TEXT NOT NULL,
    returns_to        TEXT CHECK (returns_to IS NULL OR returns_to IN ('FOUND', 'STAGED')),
    -- A receipt stands only for exactly this asset's bytes.
    FOREIGN KEY (asset_id, receipt_id, sha256, size) REFERENCES receipts (asset_id, receipt_id, sha256, size),
    CHECK (receipt_id IS NULL OR (sha256 IS NOT NULL AND verified_at IS NOT NULL)),
    CHECK (receipt_id IS NULL OR state IN ('VERIFIED', 'ERASED', 'KEPT', 'GONE')),
    CHECK (receipt_id IS NOT NULL OR state NOT IN ('VERIFIED', 'ERASED', 'KEPT')),
    CHECK (state NOT IN ('STAGED', 'UPLOADED') OR (spooled = 1 AND staged_at IS NOT NULL)),
    CHECK (state <> 'UPLOADED' OR uploaded_at IS NOT NULL),
    CHECK (state <> 'FOUND' OR spooled = 0),
    CHECK (state <> 'ERASED' OR (on_card = 0 AND erased_at IS NOT NULL)),
    CHECK (state <> 'GONE' OR on_card = 0),
    CHECK (spooled = 0 OR sha256 IS NOT NULL),
    CHECK ((state = 'QUARANTINED') = (returns_to IS NOT NULL)),
    CHECK (state <> 'QUARANTINED' OR reason <> '')
) STRICT;

-- Each ends in the rowid (seq), so that "oldest first" needs no sort however many assets there are.
CREATE INDEX assets_state ON assets (state);
CREATE INDEX assets_path ON assets (camera, path);
CREATE INDEX assets_session ON assets (session);
CREATE INDEX assets_on_card ON assets (camera) WHERE on_card = 1;
CREATE INDEX assets_releasable ON assets (verified_at) WHERE spooled = 1 AND receipt_id IS NOT NULL;

CREATE TABLE custody_events (
    number         INTEGER PRIMARY KEY CHECK (number >= 1),
    previous_hash  BLOB NOT NULL CHECK (length(previous_hash) = 32),
    hash           BLOB NOT NULL CHECK (length(hash) = 32),
    body           BLOB NOT NULL,
    asset_id       TEXT              -- copied out of the body, for the index only
) STRICT;

CREATE INDEX custody_events_asset ON custody_events (asset_id) WHERE asset_id IS NOT NULL;

CREATE TRIGGER custody_events_in_order BEFORE INSERT ON custody_events
WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM custody_events)
BEGIN SELECT RAISE(ABORT, 'custody events are numbered without gaps'); END;

CREATE TRIGGER custody_events_never_change BEFORE UPDATE ON custody_events
BEGIN SELECT RAISE(ABORT, 'custody events are never changed'); END;

CREATE TRIGGER custody_events_never_go BEFORE DELETE ON custody_events
BEGIN SELECT RAISE(ABORT, 'custody events are never deleted'); END;

CREATE TRIGGER receipts_never_change BEFORE UPDATE ON receipts
BEGIN SELECT RAISE(ABORT, 'receipts are never changed'); END;

CREATE TRIGGER receipts_never_go BEFORE DELETE ON receipts
BEGIN SELECT RAISE(ABORT, 'receipts are never deleted'); END;

CREATE TRIGGER assets_never_go BEFORE DELETE ON assets
BEGIN SELECT RAISE(ABORT, 'assets are never deleted'); END;
