"""Which videos a sidecar belongs to, so that it goes after the last of them and never before."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache

from agent.rules.volumes import path_on_volume


@dataclass(frozen=True, slots=True)
class Pairing:
    """Beside "same folder, and the sidecar's stem is the video's stem or its whole name", which always holds."""

    by_name: tuple[str, ...] = ()
    """Regular expressions, searched in a file's name (not its folder); files of one folder with the same group `pair`
    belong together. For cameras that write one track for two lenses, or that put more behind the stem."""
    of_folder: tuple[str, ...] = ()
    """Globs over the whole path: sidecars of every video in their folder."""


PLAIN = Pairing()


def video_names(video: bytes, pairing: Pairing = PLAIN) -> frozenset[bytes]:
    """The names under which a sidecar may claim this video. Letter case does not matter, cards ignore it."""
    folder, slash, name = video.rpartition(b"/")
    names = {folder + slash + _stem(name).lower(), folder + slash + name.lower()} | _paired(video, pairing)
    return frozenset(names | {_everything_in(folder)} if pairing.of_folder else names)


def claims(sidecar: bytes, pairing: Pairing = PLAIN) -> frozenset[bytes]:
    """The names under which this sidecar claims videos: its own path without the last ending, and what its profile
    says. It goes after every video that has one of them."""
    folder, slash, name = sidecar.rpartition(b"/")
    if pairing.of_folder and _globs(pairing.of_folder).match(_text(path_on_volume(sidecar))):
        return frozenset({_everything_in(folder)})
    return frozenset({folder + slash + _stem(name).lower()}) | _paired(sidecar, pairing)


def videos_of(sidecar: bytes, videos: Iterable[bytes], pairing: Pairing = PLAIN) -> tuple[bytes, ...]:
    """The videos that this sidecar belongs to, by name."""
    claimed = claims(sidecar, pairing)
    return tuple(sorted(video for video in videos if not claimed.isdisjoint(video_names(video, pairing))))


def _paired(path: bytes, pairing: Pairing) -> set[bytes]:
    if not pairing.by_name:
        return set()
    folder, _, name = path.rpartition(b"/")
    text = _text(name)
    found = (re.search(pattern, text, re.IGNORECASE) for pattern in pairing.by_name)
    # A slash at the end of a name cannot be on a card: no pair is ever taken for a file.
    return {folder + b"/" + one["pair"].encode("utf-8", "replace") + b"//" for one in found if one and one["pair"]}


def _everything_in(folder: bytes) -> bytes:
    return folder + b"/*//"


def _text(path: bytes) -> str:
    return path.decode("utf-8", "backslashreplace").lower()


@lru_cache(maxsize=64)
def _globs(globs: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(glob.lower()) for glob in globs))


def _stem(name: bytes) -> bytes:
    head, dot, _ = name.rpartition(b".")
    return head if dot and head else name
