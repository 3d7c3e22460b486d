"""What was planted beside what a central says: asked by its commands, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from simulator.full_city.filling import open_new_central
from simulator.history.filling import fill, write_dispatches
from simulator.history.planting import (
    COVERING,
    FIRST,
    UNTIL,
    Fate,
    History,
    Size,
    judged,
    late_videos,
    plant,
)

MISSING = tuple(fate for fate in Fate if fate not in COVERING)


@dataclass(frozen=True)
class Line:
    """One figure. Counts, so that equal means equal."""

    name: str
    planted: int
    said: int | None

    @property
    def holds(self) -> bool:
        return self.planted == self.said


@dataclass
class Compared:
    lines: list[Line] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    """Wall time of each of central's commands."""
    peak_mib: int = 0
    """Of the largest of them."""

    @property
    def holds(self) -> bool:
        return all(line.holds for line in self.lines)


def play(root: Path, size: Size, say: Callable[[str], None]) -> Compared:
    """Plant, fill, import and ask.

    Raises:
        DirInUse: the folder is not empty; nothing was changed.
        subprocess.CalledProcessError: a command of central failed.
    """
    history = plant(size)
    say(f"planted {len(history.shifts)} shifts, {len(history.videos)} videos, {len(history.calls)} dispatches")
    open_new_central(root)
    fill(history)
    from django.db import connection

    connection.close()
    sheet = root / "dispatches.csv"
    rows = write_dispatches(sheet, history)
    say(f"central in {root} holds the department; {sheet} has {rows} rows")
    compared = Compared()
    ask = _Asking(root, compared, say)
    counted = ask("dispatch", "import", str(sheet)).stderr
    _of_import(compared, counted, history, rows)
    _of_dispatches(compared, json.loads(ask("export", "dispatches", "--format", "json").stdout), history)
    span = ("--from", f"{FIRST:%Y-%m-%d}", "--to", f"{UNTIL:%Y-%m-%d}")
    _of_measures(compared, json.loads(ask("measures", "--json", *span).stdout), history)
    return compared


@dataclass
class _Asking:
    root: Path
    compared: Compared
    say: Callable[[str], None]

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        started = time.monotonic()
        command = [sys.executable, "-m", "central", *words, "--data", str(self.root)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
            out, err = running.communicate()
        name = " ".join(words[:2])
        self.compared.seconds[name] = time.monotonic() - started
        self.compared.peak_mib = max(self.compared.peak_mib, _peak_of_children_mib())
        self.say(f"{name}: {self.compared.seconds[name]:.1f} s")
        if running.returncode:
            raise subprocess.CalledProcessError(running.returncode, command, out, err)
        return subprocess.CompletedProcess(command, 0, out, err)


def _peak_of_children_mib() -> int:
    import resource  # of all children so far: only central's commands are children here

    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024


def _of_import(compared: Compared, told: str, history: History, rows: int) -> None:
    first = next(line for line in told.splitlines() if " rows: " in line)
    words = first.replace("(", " ").replace(")", " ").replace(",", " ").split()
    said = {words[k + 1]: int(words[k]) for k in range(len(words) - 1) if words[k].isdecimal()}
    wanted = {"rows:": rows, "used": len(history.calls), "excluded": sum(history.bad.values()), "refused": 0}
    for name, planted in wanted.items():
        compared.lines.append(Line(f"import: {name.rstrip(':')}", planted, said.get(name)))
    for bad, count in history.bad.items():
        compared.lines.append(Line(f"import: {bad}", count, said.get(str(bad))))


def _of_dispatches(compared: Compared, rows: list[dict[str, object]], history: History) -> None:
    said = Counter(str(row["result"]) for row in rows)
    causes = Counter(str(row["cause"]) for row in rows if row["result"] == "missing")
    planted = Counter(call.fate for call in history.calls)
    for fate in COVERING:
        compared.lines.append(Line(f"dispatches: {fate}", planted[fate], said[fate]))
    missing = sum(planted[fate] for fate in MISSING)
    compared.lines.append(Line("dispatches: missing", missing, said["missing"]))
    for fate in MISSING:
        compared.lines.append(Line(f"missing: {fate}", planted[fate], causes[fate]))
    before = sum(call.is_before for call in history.calls)
    told = Counter(str(row["documented"]) for row in rows if row["cause"] == Fate.DOCUMENTED_EXCEPTION)
    compared.lines.append(Line("documented before", before, told["before"]))
    compared.lines.append(Line("documented after", planted[Fate.DOCUMENTED_EXCEPTION] - before, told["after"]))
    wrong = {call.dispatch_id: call.fate for call in history.calls}
    differing = sum(
        str(row["dispatch_id"]) in wrong
        and wrong[str(row["dispatch_id"])] != (row["cause"] if row["result"] == "missing" else row["result"])
        for row in rows
    )
    compared.lines.append(Line("dispatches of which something else is said", 0, differing))


def _of_measures(compared: Compared, told: dict[str, object], history: History) -> None:
    verdicts = judged(history)
    figures = _figures(told)
    known = verdicts["on_time"] + verdicts["late"] + verdicts["outstanding"]
    wanted = {
        ("M1", "on_time"): (verdicts["on_time"], known),
        ("M2", "late"): (verdicts["late"], known),
        ("M2", "outstanding"): (verdicts["outstanding"], known),
        ("M2", "indeterminate"): (verdicts["indeterminate"], known + verdicts["indeterminate"]),
        ("M4a", "videos"): (late_videos(history.videos), len(history.videos)),
    }
    for key, (numerator, denominator) in wanted.items():
        said = figures.get(key, (None, None))
        compared.lines.append(Line(f"{key[0]} {key[1]}", numerator, said[0]))
        compared.lines.append(Line(f"{key[0]} {key[1]}, among", denominator, said[1]))


def _figures(told: object) -> dict[tuple[str, str], tuple[int, int]]:
    """Of the whole, with excuses ignored."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    overall = told["figures"] if isinstance(told, dict) else []
    for one in overall:
        if one["excuses"] == "ignored" and one.get("unit") in (None, "") and one.get("month") in (None, ""):
            found.setdefault((one["measure"], one["name"]), (one["numerator"], one["denominator"]))
    return found


def as_lines(compared: Compared, size: Size) -> list[str]:
    """For a terminal."""
    width = max(len(line.name) for line in compared.lines)
    told = [f"{'':{width}}  {'planted':>9}  {'central':>9}"]
    told += [
        f"{line.name:{width}}  {line.planted:>9}  {'—' if line.said is None else line.said:>9}"
        f"{'' if line.holds else '   DIFFERS'}"
        for line in compared.lines
    ]
    seconds = sum(compared.seconds.values())
    told.append("")
    told.append(
        f"central's commands took {seconds:.0f} s and at most {compared.peak_mib} MiB, for {size.videos} videos"
    )
    return told
