"""Reads everything that central knows of one asset into the record's values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from central.custody.clips import recorded_until
from central.custody.epochs import store_epoch
from central.custody.models import Asset, DockSession, FootageView, Receipt
from central.custody.receipts import valid_receipt
from central.custody.wearing import shift_of
from central.fleet.models import Heartbeat
from central.papers.chain import Told, events_of
from central.papers.listing import card_of
from central.papers.models import Paper
from central.papers.moments import CENTRAL, STATION, StationClock, both, told

FORMAT = "bwc-dock custody record 1"


@dataclass(frozen=True)
class Wish:
    """Somebody wants a custody record of an asset."""

    by: str
    roles: frozenset[str]
    reason: str
    request_number: str = ""
    peer: str = ""


@dataclass(frozen=True)
class Desk:
    """Where a record is written."""

    zone: ZoneInfo
    key_id: str
    early_tolerance: timedelta


def read_record(asset: Asset, wish: Wish, desk: Desk, paper_id: UUID, now: datetime) -> dict[str, Any]:
    """All of the record but what it cannot show. What a receipt must name stands nowhere at its top: a station that
    was given these bytes as a receipt finds none."""
    dock = DockSession.objects.filter(session=asset.session, station=asset.station_id).first()
    events = list(events_of(asset, dock))
    zone = desk.zone
    return {
        "format": FORMAT,
        "paper": _paper(paper_id, wish, zone, now),
        "issuer": _issuer(asset, desk),
        "asset": _asset(asset, zone),
        "camera": _camera(asset, dock),
        "dock": _dock(asset, dock, zone),
        "instants": list(_instants(asset, dock, zone)),
        "assignment": _assignment(asset, desk),
        "card": card_of(asset, dock, events, zone),
        "custody_events": [_event(one, zone) for one in events if one.is_this_assets_or_its_docks],
        "uploads": [_upload(one, zone) for one in asset.uploads.order_by("created_at", "pk")],
        "receipts": [_receipt(one, asset, zone) for one in asset.receipts.order_by("issued_at", "pk")],
        "views": [_view(one, zone) for one in FootageView.objects.filter(asset=asset).order_by("number")],
        "papers": [_earlier(one, zone) for one in Paper.objects.filter(asset=asset).order_by("number")],
    }


def _paper(paper_id: UUID, wish: Wish, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    return {
        "paper_id": str(paper_id),
        "issued": both(now, zone),
        "issued_by": wish.by,
        "issued_as": sorted(wish.roles),
        "reason": wish.reason,
        "request_number": wish.request_number or None,
    }


def _issuer(asset: Asset, desk: Desk) -> dict[str, Any]:
    beat = Heartbeat.objects.filter(station=asset.station_id).first()
    return {
        "software": f"bwc-dock {version('bwc-dock')}",
        "station_software_now": None if beat is None else beat.version or None,
        "station_software_since": None if beat is None else both(beat.version_since, desk.zone),
        "signed_with_key": desk.key_id,
        "store_epoch": store_epoch(),
        "site_zone": desk.zone.key,
    }


def _asset(asset: Asset, zone: ZoneInfo) -> dict[str, Any]:
    stored = asset.object
    return {
        "id": str(asset.asset_id),
        "path_on_card": asset.source_path,
        "path_on_card_base64": asset.path_b64 or None,
        "kind": asset.kind or None,
        "state": asset.state,
        "marks": list(asset.marks),
        "flagged": asset.flagged,
        "salvage": asset.salvage,
        "sha256": asset.sha256 or None,
        "bytes": asset.size,
        "held_by_central": stored is not None and stored.rotten_at is None,
        "last_read_back_and_hashed": None if stored is None else both(stored.verified_at, zone),
        "found_damaged": None if stored is None else both(stored.rotten_at, zone),
        "kept_on_card_because": asset.kept_reason or None,
        "put_aside_because": asset.quarantined_reason or None,
    }


def _camera(asset: Asset, dock: DockSession | None) -> dict[str, Any]:
    known = dock is not None
    return {
        "serial": asset.camera or None,
        "profile": dock.profile or None if known else None,
        "named_by": dock.identity_source or None if known else None,
        "name_is_unique": dock.identity_unique if known else None,
        "clock_ahead_of_station_s": dock.clock_offset_s if known else None,
    }


def _dock(asset: Asset, dock: DockSession | None, zone: ZoneInfo) -> dict[str, Any]:
    where = {"station": asset.station_id, "station_label": asset.station.label or None, "site": asset.station.site}
    if dock is None:
        return {**where, "session": None if asset.session is None else str(asset.session), "bay": None}
    return {
        **where,
        "session": str(dock.session),
        "bay": dock.bay_label or dock.bay,
        "bay_port": dock.bay,
        "source": dock.source,
        "proves_presence": dock.proves_dock,
        "absent_until": both(dock.absent_until, zone),
        "undocked": both(dock.undocked_at, zone),
        "files_not_copied": dock.files_not_copied,
    }


def _instants(asset: Asset, dock: DockSession | None, zone: ZoneInfo) -> Any:
    """In the order in which they happen; what is not known is a row as well."""
    clock = StationClock() if dock is None else _clock(dock)
    until = (
        None if asset.recorded_at is None else recorded_until(asset.recorded_at, asset.mtime_ns, asset.recorded_until)
    )
    changed = "container" if asset.recorded_until else "mtime"
    rows = (
        ("recording began", asset.recorded_at, asset.recorded_source),
        ("recording ended", until, changed if until else ""),
        ("camera seen in its dock", None if dock is None else dock.docked_at, STATION),
        ("file found on the card", asset.found_at, STATION),
        ("read, hashed and copied by the station", asset.staged_at, asset.staged_source),
        ("all bytes at central", asset.uploaded_at, asset.uploaded_source),
        ("read back and hashed by central", asset.verified_at, asset.verified_source),
        ("first receipt signed", _first_receipt(asset), CENTRAL),
        ("erased from the card", asset.erased_at, asset.erased_source),
        ("every file of this dock copied", None if dock is None else dock.drained_at, STATION),
        ("camera left its dock", None if dock is None else dock.undocked_at, STATION),
        ("file gone from the card, not by us", asset.gone_at, STATION),
    )
    return (told(what, at, source if at else "", clock, zone) for what, at, source in rows)


def _clock(dock: DockSession) -> StationClock:
    if dock.offset_ms is None or dock.uncertainty_ms is None:
        return StationClock()
    return StationClock(timedelta(milliseconds=dock.offset_ms), timedelta(milliseconds=dock.uncertainty_ms))


def _first_receipt(asset: Asset) -> datetime | None:
    return asset.receipts.order_by("issued_at").values_list("issued_at", flat=True).first()


def _assignment(asset: Asset, desk: Desk) -> dict[str, Any] | None:
    shift = shift_of(asset, desk.early_tolerance)
    if shift is None:
        return None
    return {
        "shift": shift.pk,
        "starts": both(shift.starts_at, desk.zone),
        "ends": both(shift.ends_at, desk.zone),
        "officer": shift.officer_id,
        "officer_name": shift.officer.name or None,
        "unit": shift.unit or None,
        "recorded_within_the_shift": shift.starts_at <= asset.recorded_at <= shift.ends_at,
    }


def _event(one: Told, zone: ZoneInfo) -> dict[str, Any]:
    row = one.row
    return {
        "name": row.name or None,
        "at": both(row.at, zone),
        "received": both(row.received_at, zone),
        "ledger": str(row.ledger.ledger_uuid),
        "number": row.number,
        "previous_hash": row.previous_hash,
        "hash": row.hash,
        "hash_recomputed": one.holds,
        "body": row.body,
    }


def _upload(one: Any, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "upload": str(one.pk),
        "attempt": one.attempt,
        "state": one.state,
        "bytes": one.offset,
        "of_bytes": one.length,
        "begun": both(one.created_at, zone),
        "last_bytes": both(one.touched_at, zone),
        "refused_because_central_hashed": one.central_sha256 or None,
    }


def _receipt(one: Receipt, asset: Asset, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "receipt": str(one.pk),
        "issued": both(one.issued_at, zone),
        "voided": both(one.voided_at, zone),
        "stands": one == valid_receipt(asset),
        "key_id": one.key_id,
        "signed_bytes": one.content,
        "signature_base64": one.signature,
    }


def _view(one: FootageView, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "number": one.number,
        "at": both(one.at, zone),
        "by": one.by,
        "as": one.roles.split(";"),
        "what": one.what,
        "sha256": one.sha256,
        "reason": one.reason,
        "request_number": one.request_number or None,
    }


def _earlier(one: Paper, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "paper_id": str(one.paper_id),
        "at": both(one.at, zone),
        "by": one.by,
        "reason": one.reason,
        "request_number": one.request_number or None,
        "sha256": one.sha256,
    }
