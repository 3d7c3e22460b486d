"""What a camera model's card looks like: which file is what, where its identity comes from, what may be erased.

Profiles are data (`config/profiles/*.toml`). Nothing here can make a file erasable that no profile names.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import translate
from functools import lru_cache

from agent.rules.footage import FileKind
from agent.rules.pairing import PLAIN, Pairing
from agent.rules.recording_time import ANY_TIME, TimeRule
from agent.rules.volumes import path_on_volume

MARKER_WEIGHT = 3
"""A file that was put on a card to say what it is outweighs USB ids, which often name the chip only."""


@dataclass(frozen=True, slots=True)
class Match:
    """One way to recognise a model. Every part that is set must fit."""

    source: str = ""
    """`usb` or `folder`."""
    usb_vendor_id: tuple[str, ...] = ()
    usb_model_id: tuple[str, ...] = ()
    usb_vendor: str = ""
    """Regular expression, searched in what the device calls its maker."""
    usb_model: str = ""
    """Regular expression, searched in what the device calls itself."""
    fs_label: str = ""
    """Regular expression, searched in the volume label."""
    fs_type: tuple[str, ...] = ()
    folder_name: str = ""
    """Regular expression, searched in the name of a folder source's first-level folder."""
    marker: str = ""
    """Path of a file that must be on the card; identity may be read from it."""
    file: str = ""
    """Glob over the whole path: at least one file of the card must fit."""

    def weight(self) -> int:
        """How much this asks for: the more, the more specific."""
        return sum(bool(getattr(self, part)) for part in self.__dataclass_fields__) + (
            MARKER_WEIGHT if self.marker else 0
        )


@dataclass(frozen=True, slots=True)
class IdentitySource:
    """One place that may name the camera."""

    source: str
    """`unlock`, `folder_name`, `marker`, `fs_label`, `file_name`, `path`, `usb_serial`, `fs_uuid` or `port`."""
    pattern: str = "(?s)(.+)"
    """Regular expression; its group `camera`, else its first group, else the whole match is the identity."""
    unique: bool = False
    """No two cameras of this model share it."""


@dataclass(frozen=True, slots=True)
class Unlock:
    """A model that shows another face until it is unlocked, and then comes back as storage on the same port."""

    usb_vendor_id: tuple[str, ...]
    usb_model_id: tuple[str, ...]
    """Of the locked face."""
    step_timeout_s: float = 10.0
    """How long the camera may take for one step."""
    storage_within_s: float = 30.0
    """How long it may be away until it is storage."""
    set_clock: bool = True
    """Set its clock to ours once its offset is recorded. Files keep the times that they have."""
    usb_serial: str = "same"
    """What proves that it is the same camera that came back: `same` (both faces have one USB serial), `camera` (its
    USB serial is the serial that it told) or `any` (nothing does but the port)."""

    def is_face(self, facts: Mapping[str, str]) -> bool:
        """Whether a device with these facts is this model, locked."""
        return facts.get("usb_vendor_id", "").lower() in {one.lower() for one in self.usb_vendor_id} and facts.get(
            "usb_model_id", ""
        ).lower() in {one.lower() for one in self.usb_model_id}


@dataclass(frozen=True, slots=True)
class Profile:
    """One camera model. Globs match the whole path on the card, ignore case, and `*` also crosses `/`."""

    name: str
    description: str = ""
    match: tuple[Match, ...] = ()
    """Any of them; none: never chosen."""
    identity: tuple[IdentitySource, ...] = ()
    """Best first."""
    video: tuple[str, ...] = ()
    sidecar: tuple[str, ...] = ()
    marker: tuple[str, ...] = ()
    in_progress: tuple[str, ...] = ()
    flagged: tuple[str, ...] = ()
    pairing: Pairing = PLAIN
    time: TimeRule = ANY_TIME
    interfaces: tuple[str, ...] = ()
    """USB interface classes that this model offers beside storage, two hex digits; only for devices that one of its
    matches knows by vendor and model id."""
    unlock: Unlock | None = None
    erase_kinds: frozenset[FileKind] = field(default_factory=frozenset)
    """Kinds that may be erased once `erase_enabled`; never holds MARKER."""
    erase_enabled: bool = False

    def marker_files(self) -> tuple[str, ...]:
        """Files that recognising or naming this camera needs, in the order in which they are named."""
        return tuple(dict.fromkeys(match.marker for match in self.match if match.marker))


def digest_input(profiles: Iterable[Profile]) -> bytes:
    """Bytes that are the same at every station with these profiles: a set's own order differs from run to run."""
    return repr(
        sorted(repr((replace(one, erase_kinds=frozenset()), sorted(one.erase_kinds))) for one in profiles)
    ).encode()


def shown(path: bytes) -> str:
    """A path or name as text. Bytes that are not UTF-8 appear as `\\xff`; nothing is lost or joined by it."""
    return path.decode("utf-8", "backslashreplace")


def in_zone(profile: Profile, station_zone: str) -> Profile:
    """The profile, with the station's time zone where it asks for that."""
    return replace(profile, time=profile.time.in_zone(station_zone))


@dataclass(frozen=True, slots=True)
class Candidate:
    """What became of one profile for one card."""

    profile: Profile
    weight: int
    """How much its best fitting match asks for; 0: none fits."""
    unfit: tuple[str, ...]
    """For each match that does not fit: the first thing that it misses."""


def candidates(profiles: Iterable[Profile], facts: Mapping[str, str], paths: Collection[str] = ()) -> list[Candidate]:
    """What every profile makes of a card, in the given order.

    `facts` are a presence's facts with `source`; `paths` are the files on the card, for marker files.
    """
    lowered = {path.lower() for path in paths}
    found = []
    for profile in profiles:
        missing = [_missing(match, facts, lowered) for match in profile.match]
        weights = [match.weight() for match, what in zip(profile.match, missing, strict=True) if not what]
        found.append(Candidate(profile, max(weights, default=0), tuple(what for what in missing if what)))
    return found


def choose(profiles: Sequence[Profile], facts: Mapping[str, str], paths: Collection[str] = ()) -> Profile | None:
    """The most specific profile that fits; the first of equals; None when none fits. See `candidates`."""
    if unlocked := facts.get("unlocked_as"):
        # Its locked face said which model it is; storage faces look alike.
        return next((one for one in profiles if one.name == unlocked), None)
    best = max(candidates(profiles, facts, paths), key=lambda one: one.weight, default=None)
    return best.profile if best is not None and best.weight else None


def locked_model(profiles: Iterable[Profile], facts: Mapping[str, str]) -> Profile | None:
    """The model whose locked face this device is; None when it is no such device."""
    return next((one for one in profiles if one.unlock is not None and one.unlock.is_face(facts)), None)


def own_interfaces(profiles: Iterable[Profile], facts: Mapping[str, str]) -> frozenset[str]:
    """The interface classes that a device may offer beside storage, when its model is known by its ids."""
    models = [
        profile
        for profile in profiles
        if any(match.usb_vendor_id and match.usb_model_id and _has_ids(match, facts) for match in profile.match)
        or (profile.unlock is not None and profile.unlock.is_face(facts))
    ]
    return frozenset(one.lower() for profile in models for one in profile.interfaces)


def may_erase_kind(profile: Profile, kind: FileKind) -> bool:
    """Whether this profile allows files of that kind to be erased at all. Receipts are another question."""
    return profile.erase_enabled and kind is not FileKind.MARKER and kind in profile.erase_kinds


def classify(profile: Profile, path: bytes) -> FileKind:
    """What this file is. A marker wins over everything; what nothing names is OTHER, and travels too."""
    markers = {name.lower() for name in profile.marker_files()}
    if _any(profile.marker, path) or shown(path_on_volume(path)).lower() in markers:
        return FileKind.MARKER
    if _any(profile.video, path):
        return FileKind.VIDEO
    return FileKind.SIDECAR if _any(profile.sidecar, path) else FileKind.OTHER


def is_in_progress(profile: Profile, path: bytes) -> bool:
    """Whether its name says that the camera is still writing it."""
    return _any(profile.in_progress, path)


def is_flagged(profile: Profile, path: bytes) -> bool:
    """Whether its name says that the officer marked it: it is uploaded first."""
    return _any(profile.flagged, path)


def _missing(match: Match, facts: Mapping[str, str], lowered: Collection[str]) -> str:
    """The first thing that this match asks for and the card has not; empty when it fits."""

    def listed(fact: str, wanted: tuple[str, ...]) -> str:
        is_there = not wanted or facts.get(fact, "").lower() in {value.lower() for value in wanted}
        return "" if is_there else f"{fact} is {_said(facts, fact)}, not {' or '.join(wanted)}"

    def searched(fact: str, pattern: str) -> str:
        is_there = not pattern or re.search(pattern, facts.get(fact, "")) is not None
        return "" if is_there else f"{fact} is {_said(facts, fact)}, which {pattern} does not fit"

    return (
        listed("source", (match.source,) if match.source else ())
        or listed("usb_vendor_id", match.usb_vendor_id)
        or listed("usb_model_id", match.usb_model_id)
        or searched("usb_vendor", match.usb_vendor)
        or searched("usb_model", match.usb_model)
        or listed("fs_type", match.fs_type)
        or searched("fs_label", match.fs_label)
        or searched("folder_name", match.folder_name)
        or ("" if not match.marker or match.marker.lower() in lowered else f"there is no file {match.marker}")
        or ("" if not match.file or _any_of(match.file, lowered) else f"no file fits {match.file}")
    )


def _said(facts: Mapping[str, str], fact: str) -> str:
    return repr(facts[fact]) if facts.get(fact) else "not told"


def _has_ids(match: Match, facts: Mapping[str, str]) -> bool:
    only_ids = Match(usb_vendor_id=match.usb_vendor_id, usb_model_id=match.usb_model_id)
    return not _missing(only_ids, facts, ())


def _any_of(glob: str, lowered: Collection[str]) -> bool:
    pattern = _pattern((glob,))
    return any(pattern.match(path) for path in lowered)


@lru_cache(maxsize=256)
def _pattern(globs: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(glob.lower()) for glob in globs) or r"(?!)")


def _any(globs: tuple[str, ...], path: bytes) -> bool:
    return _pattern(globs).match(shown(path_on_volume(path)).lower()) is not None
