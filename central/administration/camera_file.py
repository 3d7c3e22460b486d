"""Reads `cameras.csv`: what people say of cameras, or every error with its row. Pure.

An empty cell, or a column that is not there, leaves what is kept as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from central.roster.sheet import Columns, RowError, SheetRow, read_sheet

IN_USE, REPAIR, LOST, RETIRED = STATES = ("in_use", "repair", "lost", "retired")
LONGEST = {"camera_serial": 255, "label": 255, "note": 255}
COLUMNS = Columns(
    required=("camera_serial",),
    optional=(
        *("label", "state", "note"),
        *("docks", "last_docked_at", "last_undocked_at", "last_station_id", "last_bay", "profile", "in_dock"),
        *("shifts", "last_shift_ends_at", "last_officer_id", "unreceipted_files", "state_since"),
    ),
)
"""`export cameras` can be brought back: the columns that only tell are passed over."""


@dataclass(frozen=True)
class Said:
    """What is said of one camera. None: nothing, what is kept stays."""

    serial: str
    label: str | None = None
    state: str | None = None
    note: str | None = None
    row: int = 0


def read_cameras(content: bytes) -> tuple[list[Said], list[RowError]]:
    """All cameras of the file, and all that is wrong with it."""
    sheet, errors = read_sheet(content, COLUMNS)
    errors += said_twice(sheet, "camera_serial")
    said = []
    for line in sheet:
        cells = {name: plain_cell(word) for name, word in line.cells.items()}
        one = Said(
            cells["camera_serial"],
            *(cells[name] or None for name in ("label", "state", "note")),
            row=line.row,
        )
        errors += (RowError(line.row, column, reason) for column, reason in wrong_with(one))
        said.append(one)
    return said, sorted(errors, key=lambda error: error.row)


def wrong_with(said: Said) -> Iterator[tuple[str, str]]:
    """Column and reason of all that cannot be taken; a page's form asks the same."""
    if not said.serial.strip():
        yield "camera_serial", "must not be empty"
    if said.state is not None and said.state not in STATES:
        yield "state", f"{said.state!r} must be one of {', '.join(STATES)}"
    yield from too_long({"camera_serial": said.serial, "label": said.label, "note": said.note}, LONGEST)


def too_long(words: dict[str, str | None], longest: dict[str, int]) -> Iterator[tuple[str, str]]:
    for column, word in words.items():
        if word is not None and len(word) > longest[column]:
            yield column, f"has {len(word)} characters; {longest[column]} are allowed"
        if word is not None and not word.isprintable():
            yield column, "holds a line break or another control character"


def said_twice(sheet: Iterable[SheetRow], column: str) -> Iterator[RowError]:
    seen: dict[str, int] = {}
    for line in sheet:
        name = line.cells[column]
        if name and name in seen:
            yield RowError(line.row, column, f"{name} stands in row {seen[name]} already")
        seen.setdefault(name, line.row)


def plain_cell(word: str) -> str:
    """Without the apostrophe that our own exports put before what a spreadsheet would run as a formula."""
    return word[1:] if word[:1] == "'" and word[1:2] in ("=", "+", "-", "@") else word
