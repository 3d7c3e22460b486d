"""Which camera is this? The first place of the profile's ranked list that says something decides.

What is not unique by itself is joined with the file system's id, never refused: USB serials are often all alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from agent.rules.profiles import IdentitySource, Profile

LONGEST = 64
"""Characters of a camera's name."""

FACTS = {
    "unlock": "unlock_serial",
    "folder_name": "folder_name",
    "fs_label": "fs_label",
    "fs_uuid": "fs_uuid",
    "usb_serial": "usb_serial",
    "port": "bay",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """The name under which this camera's footage is kept."""

    camera: str
    """Printable, not empty, at most 64 characters."""
    source: str
    """Which place named it; `port` when nothing did."""
    unique: bool
    """False: another camera might bear it too, so its card is never written to."""


def identify(facts: Mapping[str, str], profile: Profile, marker: str | None, names: Iterable[str] = ()) -> Identity:
    """Name the camera. `facts` are the presence's facts with `bay`; `marker` is the marker file's text;
    `names` are the paths of the files on its card. Never refuses."""
    paths = tuple(names)
    for rank in profile.identity:
        said = _said(rank, facts, marker, paths)
        if said and rank.unique:
            return Identity(printable(said), rank.source, unique=True)
        if said:
            return _joined(said, rank.source, facts)
    return _joined("unknown", "port", {**facts, "fs_uuid": _place(facts)})


def clashes(identity: Identity, others: Iterable[Identity]) -> bool:
    """Whether another camera that is docked right now bears the same name."""
    return any(other.camera == identity.camera for other in others)


def told_apart(identity: Identity, facts: Mapping[str, str]) -> Identity:
    """A clashing camera under a name of its own: joined with its file system and bay, and no longer unique."""
    return Identity(printable(f"{identity.camera}~{_place(facts)}"), identity.source, unique=False)


def printable(text: str) -> str:
    """Text that can be shown anywhere. Two different texts stay different: what had to be replaced or cut
    is made up for by eight digits of its hash."""
    plain = "".join(letter if letter.isprintable() else "_" for letter in text).strip()
    if plain == text and 0 < len(plain) <= LONGEST:
        return plain
    digits = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain[: LONGEST - 9]}#{digits}"


def _said(rank: IdentitySource, facts: Mapping[str, str], marker: str | None, paths: tuple[str, ...]) -> str | None:
    if rank.source == "marker":
        return _extract(rank.pattern, marker or "")
    if rank.source in ("file_name", "path"):
        texts = paths if rank.source == "path" else tuple(path.rpartition("/")[2] for path in paths)
        named = {_extract(rank.pattern, text) for text in texts} - {None}
        # Two names on one card: a swapped card, or another scheme. Neither may be believed.
        return named.pop() if len(named) == 1 else None
    return _extract(rank.pattern, facts.get(FACTS[rank.source], ""))


def _extract(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text)
    if found is None:
        return None
    group: str | int = "camera" if "camera" in found.re.groupindex else min(found.re.groups, 1)
    value = found[group]
    return value if value and value.strip() else None


def _joined(said: str, source: str, facts: Mapping[str, str]) -> Identity:
    other = facts.get("fs_uuid") or facts.get("bay") or "?"
    return Identity(printable(said if source == "fs_uuid" else f"{said}~{other}"), source, unique=False)


def _place(facts: Mapping[str, str]) -> str:
    return "~".join(part for part in (facts.get("bay", ""), facts.get("fs_uuid", "")) if part) or "?"
