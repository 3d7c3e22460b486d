"""What a camera model's card looks like: which file is what, where its identity comes from, what may be erased.

Profiles are data (`config/profiles/*.toml`). Nothing here can make a file erasable that no profile names.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import translate
from functools import lru_cache

from agent.rules.footage import FileKind


@dataclass(frozen=True, slots=True)
class Match:
    """One way to recognise a model. Every part that is set must fit."""

    source: str = ""
    """`usb` or `folder`."""
    usb_vendor_id: tuple[str, ...] = ()
    usb_model_id: tuple[str, ...] = ()
    fs_label: str = ""
    """Regular expression, searched in the volume label."""
    fs_type: tuple[str, ...] = ()
    marker: str = ""
    """Name of a file that must be on the card, relative to its root."""

    def weight(self) -> int:
        """How much this asks for: the more, the more specific."""
        parts = (self.source, self.usb_vendor_id, self.usb_model_id, self.fs_label, self.fs_type, self.marker)
        return sum(bool(part) for part in parts)


@dataclass(frozen=True, slots=True)
class IdentitySource:
    """One place that may name the camera."""

    source: str
    """`folder_name`, `marker`, `fs_label`, `file_name`, `usb_serial`, `fs_uuid` or `port`."""
    pattern: str = "(?s)(.+)"
    """Regular expression; its group `camera`, else its first group, else the whole match is the identity."""
    unique: bool = False
    """No two cameras of this model share it."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One camera model. Globs match the whole path on the card, ignore case, and `*` also crosses `/`."""

    name: str
    match: tuple[Match, ...] = ()
    """Any of them; none: never chosen."""
    identity: tuple[IdentitySource, ...] = ()
    """Best first."""
    video: tuple[str, ...] = ()
    sidecar: tuple[str, ...] = ()
    marker: tuple[str, ...] = ()
    in_progress: tuple[str, ...] = ()
    flagged: tuple[str, ...] = ()
    time_sources: tuple[str, ...] = ("container", "name", "mtime")
    name_patterns: tuple[str, ...] = ()
    name_zone: str = "UTC"
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


def choose(profiles: Iterable[Profile], facts: Mapping[str, str], names: Collection[str] = ()) -> Profile | None:
    """The most specific profile that fits; the first of equals; None when none fits.

    `facts` are a presence's facts with `source`; `names` are the files at the card's root, for marker files.
    """
    lowered = {name.lower() for name in names}
    best: tuple[int, Profile] | None = None
    for profile in profiles:
        weights = [match.weight() for match in profile.match if _fits(match, facts, lowered)]
        if weights and (best is None or max(weights) > best[0]):
            best = (max(weights), profile)
    return best[1] if best else None


def may_erase_kind(profile: Profile, kind: FileKind) -> bool:
    """Whether this profile allows files of that kind to be erased at all. Receipts are another question."""
    return profile.erase_enabled and kind is not FileKind.MARKER and kind in profile.erase_kinds


def classify(profile: Profile, path: bytes) -> FileKind:
    """What this file is. A marker wins over everything; what nothing names is OTHER, and travels too."""
    if _any(profile.marker, path) or shown(path).lower() in {name.lower() for name in profile.marker_files()}:
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


def video_of(profile: Profile, sidecar: bytes, paths: Iterable[bytes]) -> bytes | None:
    """The video a sidecar belongs to: same folder, same stem (or the video's whole name); None when there is
    none. Of several the first by name. Letter case of the stem does not matter."""
    folder, stem, _ = _parts(sidecar)
    videos = (path for path in paths if path != sidecar and classify(profile, path) is FileKind.VIDEO)
    return min((path for path in videos if _parts(path)[0] == folder and stem in _parts(path)[1:]), default=None)


def _parts(path: bytes) -> tuple[bytes, bytes, bytes]:
    """Folder as it is; stem and whole name in small letters."""
    folder, _, name = path.rpartition(b"/")
    head, dot, _ = name.rpartition(b".")
    return folder, (head if dot and head else name).lower(), name.lower()


def _fits(match: Match, facts: Mapping[str, str], lowered: Collection[str]) -> bool:
    def listed(wanted: tuple[str, ...], fact: str) -> bool:
        return not wanted or facts.get(fact, "").lower() in {value.lower() for value in wanted}

    return (
        (not match.source or facts.get("source") == match.source)
        and listed(match.usb_vendor_id, "usb_vendor_id")
        and listed(match.usb_model_id, "usb_model_id")
        and listed(match.fs_type, "fs_type")
        and (not match.fs_label or re.search(match.fs_label, facts.get("fs_label", "")) is not None)
        and (not match.marker or match.marker.lower() in lowered)
    )


@lru_cache(maxsize=256)
def _pattern(globs: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(glob.lower()) for glob in globs) or r"(?!)")


def _any(globs: tuple[str, ...], path: bytes) -> bool:
    return _pattern(globs).match(shown(path).lower()) is not None
