"""Writes a card into a folder so that whoever watches the folder never sees half of it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from simulator.clips import SMALLEST, CardPlan, Clip, clips_of, footage_of
from simulator.layouts import LAYOUTS, PLAIN, files_beside
from simulator.sizes import show_size

MARKER = "BWC.ID"
_SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NUMBER = re.compile(r"_(\d{4,})\.MP4$", re.IGNORECASE)

Written = Callable[[int, int], None]
"""Called with the bytes written so far and the bytes in all."""


class CardRefused(Exception):
    """The card cannot be written as asked. What was there is untouched."""


def write_card(directory: Path, plan: CardPlan, *, add: bool = False, written: Written = lambda _a, _b: None) -> None:
    """Put the planned clips on the card at `directory`; with `add`, on one that exists.

    The files are made in a hidden folder and renamed into place when they are whole.

    Raises:
        CardRefused: the plan is impossible or the folder is in use; nothing was changed.
        OSError: the disk refused; what was written so far was removed.
    """
    target = directory.resolve()
    plan = _checked(target, plan, add)
    total = sum(clip.size * lenses_of(plan) for clip in clips_of(plan))
    with _workshop(target) as workshop:
        _check_room(workshop, total)
        _fill(workshop, plan, total, written)
        if not add and not os.path.ismount(target):
            workshop.replace(target)
        else:
            _move_in(workshop, target)


def lenses_of(plan: CardPlan) -> int:
    """Videos of each recording."""
    return len(LAYOUTS[plan.model].videos(plan.serial, 1, datetime(2000, 1, 1, tzinfo=UTC)))


def serial_on(directory: Path) -> str | None:
    """The serial that the card's marker file names; None without one."""
    try:
        return (directory / MARKER).read_text(errors="replace").strip() or None
    except OSError:
        return None


def is_serial(text: str) -> bool:
    return _SERIAL.fullmatch(text) is not None


def _checked(target: Path, plan: CardPlan, add: bool) -> CardPlan:
    if not is_serial(plan.serial):
        raise CardRefused(
            f"{plan.serial!r} is no serial: give --serial with letters, digits, dot, dash or underscore"
        )
    if plan.size < SMALLEST:
        raise CardRefused(f"a playable video needs at least {SMALLEST} bytes, not {plan.size}")
    if plan.files < 0:
        raise CardRefused(f"{plan.files} files cannot be written")
    if target.exists() and not target.is_dir():
        raise CardRefused(f"{target} is not a folder")
    entries = {entry.name for entry in target.iterdir()} - {"lost+found"} if target.exists() else set()
    if entries and not add:
        raise CardRefused(f"{target} is not empty, and was left alone. Use --add to put more clips on this card")
    if not add:
        return plan
    if plan.model != PLAIN:
        raise CardRefused(f"clips can be added to cards of {PLAIN} only")
    there = serial_on(target)
    if there is not None and there != plan.serial:
        raise CardRefused(f"{target} is the card of {there}, not of {plan.serial}")
    return replace(plan, first_number=1 + max(_numbers(target), default=0))


def _numbers(target: Path) -> Iterator[int]:
    for path in target.glob("DCIM/*/*"):
        if found := _NUMBER.search(path.name):
            yield int(found[1])


@contextmanager
def _workshop(target: Path) -> Iterator[Path]:
    """A hidden folder on the same file system, removed again whatever happens.

    Beside the card where possible. Only on a card that is its own file system it must stand on the card.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    inside = os.path.ismount(target)
    workshop = (target if inside else target.parent) / f".{target.name}.filling-{os.getpid()}"
    workshop.mkdir()
    try:
        yield workshop
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _check_room(workshop: Path, total: int) -> None:
    free = shutil.disk_usage(workshop).free
    if free < total:
        raise CardRefused(f"the card needs {show_size(total)}, but only {show_size(free)} are free here")


def _fill(workshop: Path, plan: CardPlan, total: int, written: Written) -> None:
    clips = clips_of(plan)
    made_at = (clips[0].started_at if clips else plan.recorded_until) - timedelta(days=30)
    for name, content in LAYOUTS[plan.model].once(plan.serial).items():
        _write_small(workshop / name, content, made_at)
    done = 0
    for clip in clips:
        for size in _write_clip(workshop, plan, clip):
            done += size
            written(done, total)


def _write_clip(workshop: Path, plan: CardPlan, clip: Clip) -> Iterator[int]:
    """Yields the bytes of each block once it is written."""
    layout = LAYOUTS[plan.model]
    shown = layout.shown(clip.started_at)
    for lens, name in enumerate(layout.videos(plan.serial, clip.number, shown)):
        footage = footage_of(plan, clip, lens, shown.replace(tzinfo=UTC))
        video = workshop / name
        video.parent.mkdir(parents=True, exist_ok=True)
        with video.open("wb") as file:
            for block in footage.blocks():
                file.write(block)
                yield len(block)
        # A FAT mounted with tz=UTC shows the digits of the camera's clock.
        ended_at = shown.replace(tzinfo=UTC) + timedelta(seconds=int(footage.seconds + 1.9) // 2 * 2)
        _set_time(video, ended_at)
    if clip.whole:
        for name, content in files_beside(layout, plan, clip, footage.seconds).items():
            _write_small(workshop / name, content, ended_at)


def _write_small(path: Path, content: bytes, at: datetime) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    _set_time(path, at)


def _set_time(path: Path, at: datetime) -> None:
    os.utime(path, (at.timestamp(), at.timestamp()))


def _move_in(workshop: Path, target: Path) -> None:
    """File by file, each whole; a video before its sidecar. The marker of an existing card stays as it is."""
    target.mkdir(exist_ok=True)
    for path in sorted(
        workshop.rglob("*"), key=lambda path: (path.suffix != ".ID", path.stem, path.suffix != ".MP4")
    ):
        place = target / path.relative_to(workshop)
        if path.is_dir() or (place.name == MARKER and place.exists()):
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        path.rename(place)
