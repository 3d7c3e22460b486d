-- Every statement of the ledger, each with its name and its purpose. Read by queries.py.

-- name: create_ledger
-- The one row that says which ledger this is.
INSERT INTO ledger (id, uuid, station, created_at, reason, head_number, head_hash)
VALUES (1, :uuid, :station, :created_at, :reason, 0, zeroblob(32))

-- name: ledger
-- Which ledger this is and where its chain ends.
SELECT uuid, station, created_at, reason, head_number, head_hash FROM ledger WHERE id = 1

-- name: move_head
-- Remember the chain's end, so that a cut-off tail is noticed.
UPDATE ledger SET head_number = :number, head_hash = :hash WHERE id = 1

-- name: head
-- The last event.
SELECT number, previous_hash, hash, body FROM custody_events ORDER BY number DESC LIMIT 1

-- name: append_event
-- One event at its place. Triggers refuse a gap.
INSERT INTO custody_events (number, previous_hash, hash, body, asset_id)
VALUES (:number, :previous_hash, :hash, :body, :asset_id)

-- name: events_after
-- What the outbox sends next.
SELECT number, previous_hash, hash, body FROM custody_events WHERE number > :number ORDER BY number LIMIT :limit

-- name: events_with_subject
-- The same, with the asset each event is filed under: what `verify` walks through.
SELECT number, previous_hash, hash, body, asset_id FROM custody_events
WHERE number > :number AND number <= :last ORDER BY number LIMIT :limit

-- name: events_of_asset
-- The history of one asset, oldest first.
SELECT number, previous_hash, hash, body FROM custody_events WHERE asset_id = :asset_id ORDER BY number

-- name: recent_events
-- The last events, newest first.
SELECT number, previous_hash, hash, body FROM custody_events ORDER BY number DESC LIMIT :limit

-- name: note
-- One small remembered value.
SELECT value FROM notes WHERE name = :name

-- name: remember
-- Keep one small value.
INSERT INTO notes (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value

-- name: keep_listing
-- A card's full listing, once per content.
INSERT INTO listings (sha256, size, content) VALUES (:sha256, :size, :content) ON CONFLICT (sha256) DO NOTHING

-- name: listing
-- A card's full listing by its digest.
SELECT content FROM listings WHERE sha256 = :sha256

-- name: open_session
-- A camera was docked.
INSERT INTO dock_sessions (session, key, source, bay, bay_label, camera, identity_source, identity_unique, profile,
                           proves_dock, seen_at, absent_until, io_error)
VALUES (:session, :key, :source, :bay, :bay_label, :camera, :identity_source, :identity_unique, :profile,
        :proves_dock, :seen_at, :absent_until, 0)

-- name: close_session
-- A camera was undocked. Only an open session can be closed.
UPDATE dock_sessions SET undocked_at = :undocked_at, last_present_at = :last_present_at
WHERE session = :session AND undocked_at IS NULL

-- name: drain_session
-- The last file of this dock is durable in the spool.
UPDATE dock_sessions SET drained_at = :drained_at WHERE session = :session

-- name: trouble_session
-- An I/O error or a dirty file system: this card is not written to in this session.
UPDATE dock_sessions SET io_error = 1 WHERE session = :session

-- name: doubt_identity
-- Another docked camera claims the same identity: neither card is written to.
UPDATE dock_sessions SET identity_unique = 0 WHERE session = :session

-- name: session
-- One dock session.
SELECT * FROM dock_sessions WHERE session = :session

-- name: open_sessions
-- Dock sessions without an undock, oldest first.
SELECT * FROM dock_sessions WHERE undocked_at IS NULL ORDER BY seq

-- name: known_camera
-- Whether this camera was ever docked here.
SELECT EXISTS (SELECT 1 FROM dock_sessions WHERE camera = :camera)

-- name: keep_receipt
-- A receipt, verbatim.
INSERT INTO receipts (receipt_id, asset_id, station, sha256, size, stored_at, store_epoch, hold, key_id, content,
                      signature)
VALUES (:receipt_id, :asset_id, :station, :sha256, :size, :stored_at, :store_epoch, :hold, :key_id, :content,
        :signature)

-- name: receipt
-- One receipt by its identity.
SELECT * FROM receipts WHERE receipt_id = :receipt_id

-- name: receipts_of_asset
-- Every receipt an asset ever had.
SELECT * FROM receipts WHERE asset_id = :asset_id

-- name: insert_asset
-- An asset comes to life.
INSERT INTO assets (asset_id, camera, session, bay, path, size, mtime_ns, kind, state, found_at, flagged, salvage,
                    on_card, spooled, sha256, recorded_at, recorded_source, docked_at, staged_at, uploaded_at,
                    verified_at, erase_started_at, erased_at, upload_attempt, upload_url, upload_offset, mismatches,
                    receipt_id, reason, returns_to)
VALUES (:asset_id, :camera, :session, :bay, :path, :size, :mtime_ns, :kind, :state, :found_at, :flagged, :salvage,
        :on_card, :spooled, :sha256, :recorded_at, :recorded_source, :docked_at, :staged_at, :uploaded_at,
        :verified_at, :erase_started_at, :erased_at, :upload_attempt, :upload_url, :upload_offset, :mismatches,
        :receipt_id, :reason, :returns_to)

-- name: update_asset
-- An asset after a change. Its identity, camera, path and kind never change.
UPDATE assets SET session = :session, bay = :bay, size = :size, mtime_ns = :mtime_ns, state = :state,
    flagged = :flagged, salvage = :salvage, on_card = :on_card, spooled = :spooled, sha256 = :sha256,
    recorded_at = :recorded_at, recorded_source = :recorded_source, docked_at = :docked_at, staged_at = :staged_at,
    uploaded_at = :uploaded_at, verified_at = :verified_at, erase_started_at = :erase_started_at,
    erased_at = :erased_at, upload_attempt = :upload_attempt, upload_url = :upload_url,
    upload_offset = :upload_offset, mismatches = :mismatches, receipt_id = :receipt_id, reason = :reason,
    returns_to = :returns_to
WHERE asset_id = :asset_id

-- name: asset
-- One asset.
SELECT * FROM assets WHERE asset_id = :asset_id

-- name: assets_at
-- Every asset this camera ever had under this path, newest first.
SELECT * FROM assets WHERE camera = :camera AND path = :path ORDER BY seq DESC

-- name: assets_of
-- Assets last seen in this session that are on its card or were staged.
SELECT * FROM assets WHERE session = :session AND (on_card = 1 OR staged_at IS NOT NULL) ORDER BY seq

-- name: assets_on_card
-- Assets of this camera that were on its card when it was last listed.
SELECT * FROM assets WHERE camera = :camera AND on_card = 1 ORDER BY seq

-- name: assets_in
-- Assets in one state, oldest first.
SELECT * FROM assets WHERE state = :state ORDER BY seq LIMIT :limit

-- name: releasable
-- Receipted assets whose spool copy is still there, oldest receipt first.
SELECT * FROM assets
WHERE spooled = 1 AND receipt_id IS NOT NULL AND verified_at < :verified_before ORDER BY verified_at LIMIT :limit

-- name: unbacked
-- Receipted by an older epoch, and neither in the spool nor on a card: only central has, or had, the bytes.
SELECT a.* FROM assets a JOIN receipts r ON r.receipt_id = a.receipt_id
WHERE a.spooled = 0 AND a.on_card = 0 AND r.store_epoch < :store_epoch ORDER BY a.seq LIMIT :limit OFFSET :skip

-- name: assets_after
-- All assets in slices, in the order in which they came: what `verify` walks through.
SELECT * FROM assets WHERE seq > :seq ORDER BY seq LIMIT :limit

-- name: count_by_state
-- How many assets are in each state, as they were counted when they moved.
SELECT state, assets FROM asset_counts

-- name: recount
-- States whose count is not the number of their rows: what `verify` looks for.
SELECT state, sum(assets) FROM (
    SELECT state, assets FROM asset_counts UNION ALL SELECT state, -count(*) FROM assets GROUP BY state
) GROUP BY state HAVING sum(assets) <> 0

-- name: queue
-- What still waits for a receipt: files, bytes, since when.
SELECT count(*), coalesce(sum(size), 0), min(found_at) FROM assets WHERE state IN ('FOUND', 'STAGED', 'UPLOADED')

-- name: recent_cards
-- What the last docks that brought anything brought, in bytes, newest first: how large a card is here.
SELECT d.bay, sum(a.size) FROM dock_sessions AS d JOIN assets AS a ON a.session = d.session
WHERE d.seq > (SELECT max(seq) FROM dock_sessions) - :docks GROUP BY d.seq HAVING sum(a.size) > 0 ORDER BY d.seq DESC

-- name: staged_since
-- How much came into the spool since an instant, among the newest assets: bytes, and the oldest instant they reach to.
SELECT coalesce(sum(CASE WHEN staged_at > :instant THEN size END), 0), min(found_at), count(*)
FROM (SELECT size, staged_at, found_at FROM assets ORDER BY seq DESC LIMIT :limit)

-- name: newest_assets
-- The assets that came last, newest first.
SELECT * FROM assets ORDER BY seq DESC LIMIT :limit

-- name: recent_docks
-- The last docks, newest first.
SELECT * FROM dock_sessions ORDER BY seq DESC LIMIT :limit

-- name: releasable_bytes
-- Bytes of copies that the spool may give up under pressure.
SELECT coalesce(sum(size), 0) FROM assets WHERE spooled = 1 AND receipt_id IS NOT NULL

-- name: begin_unwatched
-- From here on a part of the station is not watched. Said twice it stays as it was said first.
INSERT INTO unwatched (source, bay, reason, since) VALUES (:source, :bay, :reason, :since)
ON CONFLICT (source, bay, reason) WHERE until IS NULL DO NOTHING

-- name: end_unwatched_station
-- The agent listens to every source again; what its bays hold is another matter.
UPDATE unwatched SET until = max(since, :until) WHERE until IS NULL AND bay = ''

-- name: end_unwatched_source
-- One source is listened to again.
UPDATE unwatched SET until = max(since, :until) WHERE until IS NULL AND bay = '' AND source = :source

-- name: end_unwatched_bay
-- One reason why a bay was not watched is over.
UPDATE unwatched SET until = max(since, :until)
WHERE until IS NULL AND source = :source AND bay = :bay AND reason = :reason

-- name: unwatched_since
-- Gaps in watching that had not ended by an instant, oldest first.
SELECT source, bay, reason, since, until FROM unwatched WHERE until IS NULL OR until > :instant ORDER BY since, seq

-- name: report_not_seen
-- A camera is reported once for each shift and deadline.
INSERT INTO not_seen (shift_id, deadline_at, reported_at) VALUES (:shift_id, :deadline_at, :reported_at)

-- name: told_not_seen
-- Every shift and deadline that was reported.
SELECT shift_id, deadline_at FROM not_seen

-- name: sessions_since
-- Dock sessions that had not ended by an instant, oldest first.
SELECT * FROM dock_sessions WHERE undocked_at IS NULL OR undocked_at > :instant ORDER BY seq
