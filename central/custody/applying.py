"""What each kind of event says about assets, docks and bays. Works in any order relative to uploads."""

# ruff: noqa: ARG001 - every event is given the same three things
from __future__ import annotations

from datetime import UTC, datetime
from functools import singledispatch
from uuid import UUID

import structlog

from central.custody.assets import ForeignAsset, asset_of, save_asset
from central.custody.models import Asset, DockSession
from central.custody.not_seen import end_reports
from central.custody.station_clocks import clock_of, set_begin, set_end
from central.custody.touching import touch
from central.custody.watch_models import Touched
from central.fleet.models import Bay, Ledger
from protocol import events

log = structlog.get_logger()

COPIED = frozenset({"STAGED", "UPLOADED", "QUARANTINED"})
"""States in which a file that vanished from its card stays what it was."""


class Unapplicable(Exception):
    """The event reads well but contradicts what central knows. It is parked."""


def in_utc(instant: datetime) -> datetime:
    """The instant in UTC.

    Raises:
        Unapplicable: it names no offset, so nobody can tell when it was.
    """
    if instant.tzinfo is None:
        raise Unapplicable(f"the instant {instant.isoformat()} has no UTC offset")
    return instant.astimezone(UTC)


def perhaps(instant: datetime | None) -> datetime | None:
    return None if instant is None else in_utc(instant)


def _size(count: int | None) -> int | None:
    """A number of bytes as a row can hold it; a card that claims more has none that is known."""
    return count if count is not None and 0 <= count < 2**63 else None


@singledispatch
def apply(event: object, ledger: Ledger, now: datetime) -> None:
    """Bring the rows up to what the event says. Most events are history only and change no row.

    Raises:
        Unapplicable: the event names another station's asset or dock, or an instant without offset.
    """
    asset_id = getattr(event, "asset_id", None)
    if asset_id is not None and Asset.objects.filter(pk=asset_id).exclude(station_id=ledger.station_id).exists():
        raise Unapplicable(f"asset {asset_id} belongs to another station")


def _asset(ledger: Ledger, asset_id: UUID, now: datetime) -> Asset:
    try:
        return asset_of(ledger.station_id, asset_id, now)
    except ForeignAsset:
        raise Unapplicable(f"asset {asset_id} belongs to another station") from None


def _dock(ledger: Ledger, session: UUID, camera: str) -> DockSession:
    dock, _ = DockSession.objects.get_or_create(
        session=session, defaults={"station_id": ledger.station_id, "camera": camera, "ledger": ledger}
    )
    if dock.station_id != ledger.station_id:
        raise Unapplicable(f"dock session {session} belongs to another station")
    return dock


@apply.register
def _(event: events.LedgerSucceeds, ledger: Ledger, now: datetime) -> None:
    ledger.predecessor, ledger.succession = event.predecessor.ledger_uuid, event.reason[:16]


@apply.register
def _(event: events.CentralWentBack, ledger: Ledger, now: datetime) -> None:
    ledger.set_back_from = max(event.acknowledged, ledger.set_back_from or 0)
    ledger.set_back_at, ledger.set_back_epoch = in_utc(event.at.wall), event.store_epoch
    log.error(
        "central_went_back",
        station=ledger.station_id,
        acknowledged=event.acknowledged,
        held=event.held,
        hint="was central restored from a copy? run: dock-central epoch raise",
    )


@apply.register
def _(event: events.CameraDocked, ledger: Ledger, now: datetime) -> None:
    dock = _dock(ledger, event.session, event.camera)
    if dock.docked_at is not None or dock.camera != event.camera:
        # Told otherwise before, perhaps of another camera: whoever docked here is judged anew, from the beginning.
        touch(Touched.STATION, ledger.station_id, now)
    dock.camera, dock.bay, dock.bay_label = event.camera, event.bay, event.bay_label
    dock.source, dock.profile, dock.proves_dock = event.source, event.profile, event.proves_dock
    dock.identity_source, dock.identity_unique = event.identity_source, event.identity_unique
    dock.absent_until = perhaps(event.absent_until)
    dock.docked_at = in_utc(event.seen_at or event.at.wall)
    dock.clock_offset_s = event.clock_offset_s
    dock.ledger = dock.ledger or ledger
    set_begin(dock, clock_of(ledger.station_id, event.at))
    dock.news_serial = touch(Touched.CAMERA, dock.camera, now)
    dock.save()
    end_reports(dock)


@apply.register
def _(event: events.CameraUndocked, ledger: Ledger, now: datetime) -> None:
    dock = _dock(ledger, event.session, event.camera)
    dock.last_present_at = perhaps(event.last_present_at)
    dock.undocked_at = in_utc(event.absent_at or event.at.wall)
    dock.files_not_copied = event.files_not_copied
    set_end(dock, clock_of(ledger.station_id, event.at))
    dock.news_serial = touch(Touched.CAMERA, dock.camera, now)
    dock.save()


@apply.register
def _(event: events.CameraDrained, ledger: Ledger, now: datetime) -> None:
    dock = _dock(ledger, event.session, event.camera)
    dock.drained_at = in_utc(event.drained_at)
    dock.news_serial = touch(Touched.CAMERA, dock.camera, now)
    dock.save()


@apply.register
def _(event: events.CardListed, ledger: Ledger, now: datetime) -> None:
    dock = DockSession.objects.filter(session=event.session, station_id=ledger.station_id).first()
    if dock is not None:
        dock.files, dock.bytes = event.files, event.bytes
        dock.card_size_bytes, dock.card_free_bytes = _size(event.card_size_bytes), _size(event.card_free_bytes)
        dock.save()


@apply.register
def _(event: events.BayTrouble, ledger: Ledger, now: datetime) -> None:
    Bay.objects.update_or_create(
        station_id=ledger.station_id,
        bay=event.bay,
        defaults={"trouble": f"{event.reason} {event.detail}".strip(), "trouble_at": in_utc(event.at.wall)},
    )


@apply.register
def _(event: events.AssetFound, ledger: Ledger, now: datetime) -> None:
    asset = _asset(ledger, event.asset_id, now)
    asset.camera, asset.source_path, asset.path_b64 = event.camera, event.path, event.path_b64
    asset.session, asset.kind, asset.mtime_ns = event.session, event.kind, event.mtime_ns
    asset.flagged, asset.salvage = event.flagged, event.salvage
    asset.found_at = in_utc(event.at.wall)
    if asset.size is None:
        asset.size = event.size
    save_asset(asset)


@apply.register
def _(event: events.AssetStaged, ledger: Ledger, now: datetime) -> None:
    asset = _asset(ledger, event.asset_id, now)
    asset.camera = event.camera or asset.camera
    asset.source_path = event.path or asset.source_path
    asset.path_b64 = event.path_b64 or asset.path_b64
    asset.staged_at, asset.staged_source = in_utc(event.staged_at), "station"
    asset.recorded_at, asset.recorded_source = perhaps(event.recorded_at), event.recorded_source
    asset.recorded_until = perhaps(event.recorded_until)
    asset.salvage = asset.salvage or event.salvage
    if asset.object_id is None:
        asset.sha256, asset.size = event.sha256, event.size
    save_asset(asset)


@apply.register
def _(event: events.AssetUploaded, ledger: Ledger, now: datetime) -> None:
    asset = _asset(ledger, event.asset_id, now)
    if asset.uploaded_at is None:
        asset.uploaded_at, asset.uploaded_source = in_utc(event.uploaded_at), "station"
    save_asset(asset)


@apply.register
def _(event: events.AssetVerified, ledger: Ledger, now: datetime) -> None:
    asset = _asset(ledger, event.asset_id, now)
    if asset.verified_at is None:
        asset.verified_at, asset.verified_source = in_utc(event.verified_at), "station"
    save_asset(asset)


@apply.register
def _(event: events.AssetLost, ledger: Ledger, now: datetime) -> None:
    asset = _asset(ledger, event.asset_id, now)
    asset.lost_at = in_utc(event.at.wall)
    save_asset(asset)
    log.error("asset_lost", station=ledger.station_id, asset=str(event.asset_id), camera=asset.camera)


@apply.register
def _(event: events.AssetErased, ledger: Ledger, now: datetime) -> None:
    asset = _asset(ledger, event.asset_id, now)
    asset.erased_at, asset.erased_source = in_utc(event.erased_at), "station"
    save_asset(asset)


@apply.register
def _(event: events.AssetKept, ledger: Ledger, now: datetime) -> None:
    asset = _asset(ledger, event.asset_id, now)
    asset.kept_reason = event.reason or "kept"
    save_asset(asset)


@apply.register
def _(event: events.AssetGone, ledger: Ledger, now: datetime) -> None:
    if event.was in COPIED:
        return  # the card lost it, the spool did not: it goes on to its receipt
    asset = _asset(ledger, event.asset_id, now)
    asset.gone_at = in_utc(event.at.wall)
    save_asset(asset)


@apply.register
def _(event: events.AssetSeenAgain, ledger: Ledger, now: datetime) -> None:
    """The same bytes are on a card again, whatever was said of that card before."""
    asset = _asset(ledger, event.asset_id, now)
    asset.erased_at, asset.erased_source = None, ""
    asset.gone_at, asset.kept_reason = None, ""
    save_asset(asset)


@apply.register
def _(event: events.AssetQuarantined, ledger: Ledger, now: datetime) -> None:
    asset = _asset(ledger, event.asset_id, now)
    asset.quarantined_reason = f"{event.reason} {event.detail}".strip() or "quarantined"
    save_asset(asset)


@apply.register
def _(event: events.AssetReturned, ledger: Ledger, now: datetime) -> None:
    asset = _asset(ledger, event.asset_id, now)
    asset.quarantined_reason = ""
    save_asset(asset)
