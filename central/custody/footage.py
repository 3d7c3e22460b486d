"""Footage as people get to see it: what a stored file is, who looked at it and why."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from central.custody.models import Asset, FootageView
from central.custody.withheld import is_deleted

PAGE = 1000
BLOCK = 256 * 1024
VIEW_COLUMNS = (
    *("number", "at", "by", "roles", "what", "asset_id", "camera_serial", "station_id", "source_path", "sha256"),
    *("reason", "request_number", "peer"),
)
SHORTEST_REASON, LONGEST_REASON, LONGEST_NUMBER = 3, 1000, 64


class NotViewed(Exception):
    """Nothing was kept, and nothing may be shown. The text says why."""


@dataclass(frozen=True)
class Wish:
    """Somebody wants to see an asset's bytes."""

    what: str
    reason: str
    request_number: str
    by: str
    roles: frozenset[str]
    peer: str


def keep_view(asset: Asset, wish: Wish, now: datetime) -> FootageView:
    """The row without which no byte leaves.

    Raises:
        NotViewed: no reason is given, or there are no good bytes to see.
    """
    stored = asset.object
    reason, number = " ".join(wish.reason.split()), " ".join(wish.request_number.split())
    if stored is None:
        raise NotViewed("central does not hold this file")
    if is_deleted(asset.pk) or stored.deleted_at is not None:
        raise NotViewed("a person deleted it, after the time for which it had to be kept")
    if stored.rotten_at is not None:
        raise NotViewed("the stored copy was found damaged; the next upload of it replaces it")
    if wish.what not in (FootageView.PLAYED, FootageView.DOWNLOADED):
        raise NotViewed("it can be played or downloaded")
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise NotViewed(f"say why in {SHORTEST_REASON} to {LONGEST_REASON} characters; it is kept")
    if len(number) > LONGEST_NUMBER:
        raise NotViewed(f"a request number has {LONGEST_NUMBER} characters at most")
    return FootageView.objects.create(
        at=now,
        by=wish.by[:255],
        roles=";".join(sorted(wish.roles)),
        asset=asset,
        sha256=stored.sha256,
        what=wish.what,
        reason=reason,
        request_number=number,
        peer=wish.peer[:255],
    )


def playable_type(path: Path) -> str:
    """The media type of a video that browsers play, by its first bytes; empty for every other file.

    Raises:
        OSError: it cannot be read.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        head = os.read(fd, 12)
    finally:
        os.close(fd)
    if head[4:8] == b"ftyp":
        return "video/quicktime" if head[8:12] == b"qt  " else "video/mp4"
    return "video/webm" if head[:4] == b"\x1aE\xdf\xa3" else ""


def bytes_of(path: Path, first: int, count: int) -> Iterator[bytes]:
    """So many bytes from `first` on, a block at a time. The file is open before this returns.

    Raises:
        OSError: it is not there, or cannot be read.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    return _blocks(fd, first, count)


def _blocks(fd: int, at: int, count: int) -> Iterator[bytes]:
    try:
        while count > 0:
            block = os.pread(fd, min(BLOCK, count), at)
            if not block:
                return
            at, count = at + len(block), count - len(block)
            yield block
    finally:
        os.close(fd)


def view_rows() -> Iterator[list[Any]]:
    """Every look at footage, oldest first; a thousand at a time so that a running server is never held up."""
    last = 0
    while page := list(FootageView.objects.filter(number__gt=last).select_related("asset").order_by("number")[:PAGE]):
        for one in page:
            seen = one.asset
            yield [
                *(one.number, one.at, one.by, one.roles, one.what, one.asset_id, seen.camera, seen.station_id),
                *(seen.source_path or None, one.sha256, one.reason, one.request_number or None, one.peer or None),
            ]
        last = page[-1].number
