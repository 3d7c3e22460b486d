"""Which custody event each change leaves behind: one each, but for three steps of an upload that leave none."""

from __future__ import annotations

from datetime import UTC, datetime

from agent.rules import changes as c
from agent.rules.footage import Asset, Instant
from protocol import events as e
from protocol.messages import ClockReading, LedgerHead
from protocol.sidecar import encode_path

WITHOUT_EVENT = (c.UploadOpened, c.UploadAdvanced, c.UploadDiscarded)
"""State only: where an upload stands is of use to this station alone."""


def event_of(change: c.Change, before: Asset | None = None, after: Asset | None = None) -> e.Event | None:
    """The event of a change; None for one that changes state only.

    `before` and `after` are the asset around an AssetChange.

    Raises:
        TypeError: no event is known for this change.
    """
    if isinstance(change, WITHOUT_EVENT):
        return None
    event = _event_of_station(change) or _event_of_watch(change) or _event_of_unlock(change)
    event = event or _event_of_session(change)
    if event is None and after is not None:
        event = _event_of_copy(change) or _event_of_upload(change, after) or _event_of_end(change, before, after)
    if event is None:
        raise TypeError(f"{type(change).__name__} has no custody event")
    return event


def clock_reading(at: Instant) -> ClockReading:
    return ClockReading(
        wall=at.wall.astimezone(UTC),
        monotonic_ns=at.monotonic_ns,
        boot_id=at.boot_id,
        offset_ms=at.offset_ms,
        uncertainty_ms=at.uncertainty_ms,
    )


def shown(path: bytes) -> str:
    """A path for people. The truth is `path_b64`."""
    return path.decode("utf-8", "replace")


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)


def _event_of_station(change: c.Change) -> e.Event | None:
    at = clock_reading(change.at)
    match change:
        case c.LedgerOpened():
            return e.LedgerOpened(at=at, reason=change.reason)
        case c.LedgerSucceeds():
            head = LedgerHead(ledger_uuid=change.ledger_uuid, number=change.number, hash=change.hash)
            return e.LedgerSucceeds(at=at, predecessor=head, reason=change.reason)
        case c.CentralWentBack():
            return e.CentralWentBack(
                at=at, acknowledged=change.acknowledged, held=change.held, store_epoch=change.store_epoch
            )
        case c.WatchStarted():
            return e.WatchStarted(at=at, reason=change.reason, sources=list(change.sources), blind=list(change.blind))
        case c.WatchStopped():
            return e.WatchStopped(at=at, reason=change.reason, until=_utc(change.until), sources=list(change.sources))
        case c.BayTrouble() | c.CardTroubled():
            return e.BayTrouble(
                at=at, bay=change.bay, reason=change.reason, detail=change.detail, session=change.session
            )
        case c.DeviceRefused():
            return e.DeviceRefused(at=at, bay=change.bay, reason=change.reason, facts=dict(change.facts))
    return None


def _event_of_watch(change: c.Change) -> e.Event | None:
    at = clock_reading(change.at)
    match change:
        case c.BayUnwatched():
            return e.BayUnwatched(
                at=at,
                source=change.source,
                bay=change.bay,
                reason=change.reason,
                since=change.since.astimezone(UTC),
                detail=change.detail,
            )
        case c.BayWatched():
            return e.BayWatched(at=at, source=change.source, bay=change.bay, reason=change.reason)
        case c.CameraNotSeen():
            return e.CameraNotSeen(
                at=at,
                shift_id=change.shift_id,
                camera=change.camera,
                ends_at=change.ends_at.astimezone(UTC),
                deadline_at=change.deadline_at.astimezone(UTC),
                policy_revision=change.policy_revision,
                roster_at=_utc(change.roster_at),
                watched_from=_utc(change.watched_from),
                watched_until=_utc(change.watched_until),
                unwatched=[
                    e.UnwatchedSpan(
                        since=one.since.astimezone(UTC),
                        until=_utc(one.until),
                        source=one.source,
                        bay=one.bay,
                        reason=one.reason,
                    )
                    for one in change.unwatched
                ],
                last_seen_at=_utc(change.last_seen_at),
                last_bay=change.last_bay,
            )
    return None


def _event_of_unlock(change: c.Change) -> e.Event | None:
    at = clock_reading(change.at)
    match change:
        case c.CameraUnlocked():
            return e.CameraUnlocked(
                at=at,
                session=change.session,
                camera=change.camera,
                serial=change.serial,
                model_code=change.model_code,
                officer_id=change.officer_id,
                unit_id=change.unit_id,
                clock_offset_s=change.clock_offset_s,
                clock_uncertainty_s=change.clock_uncertainty_s,
                sets_clock=change.sets_clock,
            )
        case c.CameraClockSet():
            return e.CameraClockSet(
                at=at,
                session=change.session,
                camera=change.camera,
                offset_before_s=change.offset_before_s,
                offset_after_s=change.offset_after_s,
            )
    return None


def _event_of_session(change: c.Change) -> e.Event | None:
    at = clock_reading(change.at)
    match change:
        case c.CameraDocked():
            return _camera_docked(change)
        case c.CameraUndocked():
            return e.CameraUndocked(
                at=at,
                session=change.session,
                camera=change.camera,
                last_present_at=_utc(change.last_present_at),
                absent_at=_utc(change.absent_at),
                files_not_copied=change.files_not_copied,
            )
        case c.UnknownCamera():
            return e.UnknownCamera(at=at, session=change.session, camera=change.camera, facts=dict(change.facts))
        case c.IdentityClash():
            return e.IdentityClash(
                at=at, session=change.session, camera=change.camera, other_session=change.other_session
            )
        case c.CardListed():
            return e.CardListed(
                at=at,
                session=change.session,
                files=change.files,
                bytes=change.total_bytes,
                refused=change.refused,
                listing_sha256=change.listing_sha256,
                complete=change.complete,
                card_size_bytes=change.card_size_bytes,
                card_free_bytes=change.card_free_bytes,
            )
        case c.FileRefused():
            path, b64 = shown(change.path), encode_path(change.path)
            return e.FileRefused(at=at, session=change.session, path=path, path_b64=b64, reason=change.reason)
        case c.CameraDrained():
            return e.CameraDrained(at=at, session=change.session, camera=change.camera, drained_at=at.wall)
    return None


def _camera_docked(change: c.CameraDocked) -> e.Event:
    return e.CameraDocked(
        at=clock_reading(change.at),
        session=change.session,
        camera=change.camera,
        identity_source=change.identity_source,
        identity_unique=change.identity_unique,
        bay=change.bay,
        bay_label=change.bay_label,
        source=change.source,
        proves_dock=change.proves_dock,
        absent_until=_utc(change.absent_until),
        seen_at=_utc(change.seen_at),
        profile=change.profile,
        facts=dict(change.facts),
        clock_offset_s=change.clock_offset_s,
    )


def _event_of_copy(change: c.Change) -> e.Event | None:
    at = clock_reading(change.at)
    match change:
        case c.AssetFound():
            return e.AssetFound(
                at=at,
                asset_id=change.asset_id,
                session=change.session,
                camera=change.camera,
                path=shown(change.path),
                path_b64=encode_path(change.path),
                size=change.size,
                mtime_ns=change.mtime_ns,
                kind=str(change.kind),
                flagged=change.flagged,
                salvage=change.salvage,
            )
        case c.AssetSeenAgain():
            return e.AssetSeenAgain(at=at, asset_id=change.asset_id, session=change.session, sha256=change.sha256)
        case c.AssetStaged() | c.AssetRecovered():
            return _asset_staged(change)
        case c.CopyReleased():
            return e.CopyReleased(at=at, asset_id=change.asset_id, reason=change.reason)
        case c.CopyLost():
            return e.CopyLost(at=at, asset_id=change.asset_id, reason=change.reason)
    return None


def _asset_staged(change: c.AssetStaged | c.AssetRecovered) -> e.Event:
    event = e.AssetStaged(
        at=clock_reading(change.at),
        asset_id=change.asset_id,
        sha256=change.sha256,
        size=change.size,
        staged_at=change.at.wall.astimezone(UTC),
        recorded_at=_utc(change.recorded_at),
        recorded_source=change.recorded_source,
        recorded_until=_utc(change.recorded_until),
        salvage=change.salvage,
    )
    if isinstance(change, c.AssetRecovered):
        event.recovered = True
        event.staged_at = change.staged_at.astimezone(UTC)
        event.camera, event.path, event.path_b64 = change.camera, shown(change.path), encode_path(change.path)
    return event


def _event_of_upload(change: c.Change, after: Asset) -> e.Event | None:
    at = clock_reading(change.at)
    match change:
        case c.UploadIntended():
            return e.UploadIntended(at=at, asset_id=change.asset_id, attempt=change.attempt)
        case c.AssetUploaded():
            return e.AssetUploaded(at=at, asset_id=change.asset_id, uploaded_at=at.wall)
        case c.UploadMismatched():
            return e.UploadMismatched(
                at=at,
                asset_id=change.asset_id,
                central_sha256=change.central_sha256,
                attempt=after.upload_attempt,
            )
        case c.AssetVerified():
            return e.AssetVerified(
                at=at,
                asset_id=change.asset_id,
                receipt_id=change.receipt.receipt_id,
                verified_at=change.receipt.stored_at.astimezone(UTC),
                store_epoch=change.receipt.store_epoch,
            )
        case c.ReceiptRefused():
            return e.ReceiptRefused(at=at, asset_id=change.asset_id, reason=change.reason)
        case c.ReceiptVoided():
            return e.ReceiptVoided(at=at, asset_id=change.asset_id, store_epoch=change.store_epoch)
    return None


def _event_of_end(change: c.Change, before: Asset | None, after: Asset) -> e.Event | None:
    at = clock_reading(change.at)
    match change:
        case c.EraseStarted() if after.receipt:
            return e.EraseStarted(
                at=at,
                asset_id=change.asset_id,
                session=change.session,
                receipt_id=after.receipt.receipt_id,
            )
        case c.AssetErased() if after.receipt:
            return e.AssetErased(
                at=at,
                asset_id=change.asset_id,
                session=change.session,
                erased_at=_utc(after.erased_at) or at.wall,
                receipt_id=after.receipt.receipt_id,
            )
        case c.EraseRefused():
            return e.EraseRefused(at=at, asset_id=change.asset_id, session=change.session, reason=change.reason)
        case c.AssetKept():
            return e.AssetKept(at=at, asset_id=change.asset_id, reason=change.reason)
        case c.AssetGone() if before:
            return e.AssetGone(at=at, asset_id=change.asset_id, session=change.session, was=str(before.state))
        case c.AssetQuarantined():
            return e.AssetQuarantined(at=at, asset_id=change.asset_id, reason=change.reason, detail=change.detail)
        case c.AssetReturned():
            return e.AssetReturned(at=at, asset_id=change.asset_id)
        case c.AssetLost():
            return e.AssetLost(at=at, asset_id=change.asset_id, store_epoch=change.store_epoch)
    return None
