"""What becomes of each copy in a dead PC's spool: taken in, here already, or left where it is and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID, uuid5


class Fate(StrEnum):
    """Every way in which one old copy can end."""

    ADOPT = "adopt"
    """To be copied; in a dry run, what would be."""
    ADOPTED = "adopted"
    """Durable in this station's spool, read and hashed on the way."""
    SALVAGED = "salvaged"
    """The old disk could not read all of it: the part before the first error is in the spool as a salvage."""
    HERE = "here"
    """This station has it already: in its spool, or with a receipt."""
    AT_CENTRAL = "at_central"
    """It is damaged, and central holds it whole: nothing is missing."""
    ANOTHER_STATION = "another_station"
    NO_SIDECAR = "no_sidecar"
    """Nobody can say whose footage it is, or what it must hold."""
    SIZE_DIFFERS = "size_differs"
    ROTTEN = "rotten"
    """It reads, and its SHA-256 is another than when it was staged."""
    UNREADABLE = "unreadable"
    """The old disk could not read its first byte, or central could not be asked whether it holds it whole."""
    NO_ROOM = "no_room"
    """It waits for space in this spool: let the agent drain it, then run this again."""


DAMAGED = frozenset({Fate.NO_SIDECAR, Fate.SIZE_DIFFERS, Fate.ROTTEN, Fate.UNREADABLE, Fate.SALVAGED})
"""What is missing, or may be."""
LEFT = DAMAGED | {Fate.NO_ROOM, Fate.ANOTHER_STATION}
"""The old disk is still needed."""


@dataclass(frozen=True, slots=True)
class OldCopy:
    """One copy as it lies on the old disk. Without a readable sidecar only its name and size are known."""

    asset_id: UUID
    size: int
    """Bytes of the file."""
    station: str = ""
    camera: str = ""
    path: bytes = b""
    expected_size: int = -1
    sha256: str = ""
    trouble: str = ""
    """Why its sidecar cannot be used."""


def fate_before_reading(old: OldCopy, station: str, *, is_here: bool) -> Fate:
    """What the sidecar, the size and our own ledger say. Another station's copy is never taken in: what central knows
    as that station's it would refuse, and the rest would be called ours."""
    if old.trouble:
        return Fate.NO_SIDECAR
    if old.station != station:
        return Fate.ANOTHER_STATION
    if is_here:
        return Fate.HERE
    return Fate.ADOPT if old.size == old.expected_size else Fate.SIZE_DIFFERS


def salvage_id(asset_id: UUID) -> UUID:
    """The salvage of an asset has an id of its own, always the same: to adopt twice is to adopt once."""
    return uuid5(asset_id, "salvage")
