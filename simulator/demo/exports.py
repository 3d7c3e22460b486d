"""Do central's exports say what really happened? We know it, for we did it."""

from __future__ import annotations

import os
from base64 import b64decode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from simulator.demo.moves import DockPlayed
from simulator.demo.promises import ERASABLE, Verdict
from simulator.demo.watcher import WatchedCard

Row = Mapping[str, Any]
STEPS = ("docked_at", "staged_at", "uploaded_at", "verified_at")


def export_of_assets(cards: Mapping[str, WatchedCard], rows: Sequence[Row]) -> Verdict:
    """Each file has its row, erased or kept as we saw it on the card, with its steps in order."""
    broken = []
    for camera, card in cards.items():
        for path, held in card.held.items():
            mine = [
                row
                for row in rows
                if (row["camera_serial"], _path(row), row["sha256"]) == (camera, path, held.sha256)
            ]
            wanted = "ERASED" if path.upper().endswith(ERASABLE) else "KEPT"
            done = [row for row in mine if row["state"] == wanted]
            named = f"{camera} {os.fsdecode(path)!r}"
            if not done:
                broken.append(f"{named} has no row {wanted}, only {[row['state'] for row in mine]}")
                continue
            row = done[-1]
            steps = [_instant(row[step]) for step in STEPS]
            if None in steps or steps != sorted(steps):  # type: ignore[type-var]
                broken.append(f"{named}: its steps are not in order: {steps}")
            if row["size"] != held.size or row["recorded_at"] is None:
                broken.append(f"{named}: its size is {row['size']}, its recording time {row['recorded_at']}")
            if wanted == "ERASED" and not _erased_as_seen(row, card, path):
                broken.append(f"{named}: erased_at is {row['erased_at']}, but it was seen on the card later")
    return Verdict("export assets agrees with the cards", tuple(broken), f"{len(rows)} rows")


def export_of_docks(played: Sequence[DockPlayed], rows: Sequence[Row]) -> Verdict:
    """The docks we made, at these stations and bays, within these instants, and no others."""
    broken = []
    ordered = sorted(rows, key=lambda row: (row["camera_serial"], str(row["docked_at"])))
    played = sorted(played, key=lambda dock: dock.camera)  # of one camera in our order; what stood dead sees it later
    names = [(row["camera_serial"], row["station_id"], row["bay"]) for row in ordered]
    wanted = [(dock.camera, dock.station, dock.bay) for dock in played]
    if names != wanted:
        return Verdict("export docks agrees with what we did", (f"it says {names}, we did {wanted}",), "")
    for dock, row in zip(played, ordered, strict=True):
        named = f"{dock.camera} at {dock.station}"
        absent, seen, left = (_instant(row[name]) for name in ("absent_until", "docked_at", "undocked_at"))
        if seen is None or seen < dock.before_dock:
            broken.append(f"{named} docked at {seen}, but it was put in at {dock.before_dock}")
        if absent is not None and absent > dock.after_dock:
            broken.append(f"{named} was absent until {absent}, but it was in at {dock.after_dock}")
        if (left is None) != (dock.before_undock is None):
            broken.append(f"{named} undocked at {left}, but it was pulled at {dock.before_undock}")
        elif left is not None and dock.before_undock is not None and left < dock.before_undock:
            broken.append(f"{named} undocked at {left}, before it was pulled at {dock.before_undock}")
    return Verdict("export docks agrees with what we did", tuple(broken), f"{len(rows)} docks with bays and instants")


def export_of_stations(names: Sequence[str], rows: Sequence[Row]) -> Verdict:
    states = {str(row["station_id"]): row["state"] for row in rows}
    broken = [f"{name} is {states.get(name, 'missing')}" for name in names if states.get(name) != "online"]
    broken += [f"{name} does not exist" for name in states.keys() - set(names)]
    return Verdict("export stations agrees with what runs", tuple(broken), f"{len(rows)} stations online")


def _erased_as_seen(row: Row, card: WatchedCard, path: bytes) -> bool:
    erased_at = _instant(row["erased_at"])
    gone = card.gone.get(path)
    return erased_at is not None and gone is not None and erased_at >= gone.last_seen_at


def _path(row: Row) -> bytes:
    return b64decode(row["path_b64"]) if row["path_b64"] else os.fsencode(row["source_path"])


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
