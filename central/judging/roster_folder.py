"""The watched folder: a roster file that is dropped there is imported, and the folder says what became of it.

`done/` holds what was applied, `refused/` what was not, each with a `.errors` file that says why, and `waiting/` what
waits for a person's word, under its number. A file whose name has FROM..TO in it replaces that window:
`roster 2026-11-01..2026-12-01.csv`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings

from central.judging.rosters import bring_roster, counted, window_of
from central.roster.importing import Bringing, Outcome
from central.roster.models import RosterImport
from central.roster.sheet import LIMIT, RowError

log = structlog.get_logger()

SETTLE = timedelta(seconds=2)
"""A file that did not change for so long is whole. Who writes more slowly uses another name until it is."""
UNFINISHED = re.compile(r"\..*|.*~|.*\.(part|partial|tmp|filepart|crdownload|swp)", re.IGNORECASE)
WINDOW = re.compile(r"\d{4}-\d\d-\d\d\.\.\d{4}-\d\d-\d\d")
DONE, REFUSED, WAITING = "done", "refused", "waiting"

Look = tuple[int, int, int]
"""Inode, size and time of change: another look is another file."""


@dataclass(frozen=True)
class Dropped:
    """What became of one file."""

    name: str
    became: str
    """`done`, `refused` or `waiting`: also the folder where it is now."""
    said: tuple[str, ...]


@dataclass
class RosterFolder:
    """One watched folder. Remembers between rounds what a file looked like, and nothing that a restart would miss."""

    path: Path
    settle: timedelta = SETTLE
    trouble: str = ""
    """Why the folder cannot be used; empty while it can."""
    _seen: dict[str, tuple[Look, datetime]] = field(default_factory=dict)
    _stuck: dict[str, Look] = field(default_factory=dict)
    """Imported, and could not be moved away: not to be imported again."""

    def take(self, now: datetime) -> list[Dropped]:
        """Import every file that has settled. To be called every second or so."""
        try:
            self._tidy_waiting(now)
            taken = [one for name in self._settled(now) if (one := self._take_in(name, now)) is not None]
        except OSError as error:
            self._complain(f"the roster folder {self.path} cannot be used: {error.strerror}")
            return []
        if not self._stuck:
            self.trouble = ""
        return taken

    def _complain(self, trouble: str) -> None:
        if trouble != self.trouble:
            log.error("roster_folder_unusable", folder=str(self.path), trouble=trouble)
        self.trouble = trouble

    def _settled(self, now: datetime) -> list[str]:
        looks = dict(self._looks())
        self._seen = {
            name: self._seen[name] if name in self._seen and self._seen[name][0] == look else (look, now)
            for name, look in looks.items()
        }
        self._stuck = {name: look for name, look in self._stuck.items() if looks.get(name) == look}
        ready = [name for name, (_, since) in self._seen.items() if now - since >= self.settle]
        return sorted((one for one in ready if one not in self._stuck), key=lambda name: looks[name][2])

    def _looks(self) -> Iterator[tuple[str, Look]]:
        with os.scandir(self.path) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False) and not UNFINISHED.fullmatch(entry.name):
                    yield entry.name, _look(entry.stat(follow_symlinks=False))

    def _take_in(self, name: str, now: datetime) -> Dropped | None:
        """None: it is being written again."""
        try:
            content, look = _read(self.path / name)
        except FileNotFoundError:
            return None
        except OSError as error:
            outcome = _refused(f"cannot be read: {error.strerror}")
        else:
            if look != self._seen[name][0]:
                return None
            outcome = _bring(content, name, now)
        became = REFUSED if outcome.errors else WAITING if outcome.doubts else DONE
        said = _said(outcome)
        log.info("roster_file_taken", file=name, became=became, said=said[:5])
        try:
            self._move(self.path / name, became, f"{outcome.number}-{name}" if became == WAITING else name, said, now)
        except OSError as error:
            self._stuck[name] = self._seen[name][0]
            self._complain(f"{name} was looked at ({became}) and cannot be moved away: {error.strerror}")
        return Dropped(name, became, said)

    def _move(self, source: Path, became: str, name: str, said: tuple[str, ...], now: datetime) -> None:
        """The words first: a file that lies there has them beside it."""
        folder = self.path / became
        folder.mkdir(exist_ok=True)
        free = next(one for one in _names(name, now) if not (folder / one).exists())
        if became != DONE:
            (folder / f"{free}.errors").write_text("\n".join(said) + "\n")
        source.rename(folder / free)

    def _tidy_waiting(self, now: datetime) -> None:
        """What a person has decided on since leaves `waiting/`."""
        folder = self.path / WAITING
        if not folder.is_dir():
            return
        for path in sorted(folder.glob("[0-9]*-*")):
            number, _, name = path.name.partition("-")
            if path.suffix == ".errors" or not number.isdecimal():
                continue
            kept = RosterImport.objects.filter(pk=int(number)).first()
            if kept is None or kept.state != RosterImport.WAITING:
                became = DONE if kept is not None and kept.state == RosterImport.APPLIED else REFUSED
                who = "" if kept is None else f" by {kept.decided_by}"
                self._move(path, became, name, (f"discarded{who}; nothing was imported",), now)
                path.with_name(f"{path.name}.errors").unlink(missing_ok=True)


def _read(path: Path) -> tuple[bytes, Look]:
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(fd, "rb") as file:
        content = file.read(LIMIT + 1)
        return content, _look(os.fstat(fd))


def _look(found: os.stat_result) -> Look:
    return found.st_ino, found.st_size, found.st_mtime_ns


def _bring(content: bytes, name: str, now: datetime) -> Outcome:
    within = WINDOW.search(name)
    try:
        window = None if within is None else window_of(within.group())
    except ValueError as error:
        return _refused(f"the window in its name: {error}")
    return bring_roster(content, Bringing("folder", now, name, window))


def _names(name: str, now: datetime) -> Iterator[str]:
    """The name itself; when it is taken, with the instant and a count in it."""
    yield name
    path = Path(name)
    for count in range(1, 10_000):
        yield f"{path.stem}.{now:%Y%m%dT%H%M%SZ}{f'-{count}' if count > 1 else ''}{path.suffix}"


def _refused(reason: str) -> Outcome:
    return Outcome(errors=(RowError(0, "", reason),))


def _said(outcome: Outcome) -> tuple[str, ...]:
    if outcome.errors:
        return (f"{len(outcome.errors)} error(s); nothing was imported", *map(str, outcome.errors))
    if outcome.doubts:
        return (
            f"waits for a person's word as number {outcome.number}; the roster is as before",
            *outcome.doubts,
            f"to apply it: dock-central roster confirm {outcome.number}; "
            f"to drop it: dock-central roster discard {outcome.number}",
        )
    return (counted(outcome, dry_run=False), *outcome.warnings)


def folder_of_settings() -> RosterFolder:
    """The folder of [roster] folder, or DIR/roster, which is made."""
    told = settings.CONFIG.roster.folder
    path = Path(told) if told else settings.DATA.root / "roster"
    if not told:
        path.mkdir(mode=0o700, exist_ok=True)
    return RosterFolder(path)


_folder: list[RosterFolder] = []


def import_dropped(now: datetime) -> list[Dropped]:
    """One round over this central's folder; see `RosterFolder.take`. One process only: the alert worker's."""
    if not _folder:
        _folder.append(folder_of_settings())
    return _folder[0].take(now)


def folder_trouble() -> str:
    """Why the folder cannot be used, for the page and for IT; empty while it can, or before the first round."""
    return _folder[0].trouble if _folder else ""
