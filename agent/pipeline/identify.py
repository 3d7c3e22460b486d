"""Finds out which camera a mounted card belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.errors import CardUnreadable
from agent.ports import CardWork
from agent.rules.footage import Listing, Presence
from agent.rules.identity import Identity, identify
from agent.rules.profiles import Profile, choose, shown
from agent.rules.volumes import path_on_volume

MARKER_LIMIT = 4096
"""Bytes of a marker file that are read."""


@dataclass(frozen=True, slots=True)
class Identified:
    profile: Profile
    identity: Identity
    known_model: bool
    """False: no profile but the fallback fits; it is served read-only and IT is told."""


def facts_of(presence: Presence) -> dict[str, str]:
    """The presence's facts with its source and bay, as rules want them."""
    return {**presence.facts, "source": presence.source, "bay": presence.bay}


def identify_unread(presence: Presence, profiles: Sequence[Profile], fallback: Profile) -> Identified:
    """The best answer without reading the card: what USB or the folder's name says."""
    facts = facts_of(presence)
    profile = choose(profiles, facts)
    return Identified(
        profile=profile or fallback,
        identity=identify(facts, profile or fallback, None),
        known_model=profile is not None,
    )


def identify_card(
    presence: Presence, work: CardWork, listing: Listing, profiles: Sequence[Profile], fallback: Profile
) -> Identified:
    """The answer with the card in hand: marker files and file names count too."""
    facts = facts_of(presence)
    names = [shown(path_on_volume(file.path)) for file in listing.files]
    profile = choose(profiles, facts, names)
    chosen = profile or fallback
    marker = None
    for wanted in chosen.marker_files():
        # Cards ignore letter case: read the file under the name that it really has.
        real = next((f.path for f in listing.files if shown(path_on_volume(f.path)).lower() == wanted.lower()), None)
        content = _read_marker(work, real) if real is not None else None
        if content is not None:
            marker = content.decode("utf-8", "replace")
            break
    return Identified(
        profile=chosen, identity=identify(facts, chosen, marker, names), known_model=profile is not None
    )


def _read_marker(work: CardWork, path: bytes) -> bytes | None:
    """Its first bytes; None when they cannot be read: the rest of the card is served under its next best name."""
    try:
        return work.read_small(path, MARKER_LIMIT)
    except CardUnreadable:
        return None
