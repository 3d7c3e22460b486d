"""Every entry of the card on which the asset was found, as its station announced them in that dock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from central.custody.models import Asset, DockSession
from central.papers.chain import OF_ITS_FILES, Told
from central.papers.moments import both


def card_of(asset: Asset, dock: DockSession | None, events: Iterable[Told], zone: ZoneInfo) -> dict[str, Any] | None:
    """None: central does not know the dock. `listings` are the station's counts and digests, `files` what central
    heard of each file; both are told, so that a reader sees whether they agree."""
    if dock is None:
        return None
    events = list(events)
    known = {one.asset_id: one for one in Asset.objects.filter(station=asset.station_id, session=dock.session)}
    seen = {one.row.asset_id for one in events if one.row.name in OF_ITS_FILES}
    known |= {one.pk: one for one in Asset.objects.filter(pk__in=seen - set(known), station=asset.station_id)}
    files = sorted(known.values(), key=lambda one: (one.source_path, str(one.pk)))
    return {
        "files": [_file(one, asset, dock) for one in files],
        "refused": [_refused(body) for body in _bodies(events, "file_refused")],
        "listings": [_listing(one, zone) for one in events if one.row.name == "card_listed"],
    }


def _file(one: Asset, asset: Asset, dock: DockSession) -> dict[str, Any]:
    return {
        "path": one.source_path,
        "path_base64": one.path_b64 or None,
        "bytes": one.size,
        "mtime_ns": one.mtime_ns,
        "kind": one.kind or None,
        "state": one.state,
        "asset": str(one.pk),
        "sha256": one.sha256 or None,
        "first_found_in_this_dock": one.session == dock.session,
        "is_this_asset": one.pk == asset.pk,
    }


def _refused(body: dict[str, Any]) -> dict[str, Any]:
    return {"path": body.get("path"), "path_base64": body.get("path_b64"), "reason": body.get("reason")}


def _listing(told: Told, zone: ZoneInfo) -> dict[str, Any]:
    body = _body(told)
    names = ("files", "bytes", "refused", "listing_sha256", "complete", "card_size_bytes", "card_free_bytes")
    defaults = {"complete": True}
    return {
        "event": told.row.number,
        "at": both(told.row.at, zone),
        **{name: body.get(name, defaults.get(name)) for name in names},
    }


def _bodies(events: Iterable[Told], name: str) -> Iterator[dict[str, Any]]:
    return (_body(one) for one in events if one.row.name == name)


def _body(told: Told) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(told.row.body)
    except msgspec.DecodeError:  # parked: it is kept and shown, and counts for nothing
        return {}
    return body if isinstance(body, dict) else {}
