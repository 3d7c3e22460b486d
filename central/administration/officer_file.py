"""Reads `officers.csv`: what people say of officers beside the roster, or every error with its row. Pure.

An empty cell, or a column that is not there, leaves what is kept as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from central.administration.camera_file import plain_cell, said_twice, too_long
from central.roster.csv_file import MAIL, folded
from central.roster.sheet import Columns, RowError, read_sheet

LONGEST = {"officer_id": 64, "name": 255, "email": 255, "unit": 255, "note": 255}
COLUMNS = Columns(
    required=("officer_id",),
    optional=(
        *("name", "email", "unit", "note", "left"),
        *("shifts", "last_shift_ends_at", "last_camera_serial", "by_hand", "left_at"),
    ),
)
"""`export officers` can be brought back: the columns that only tell are passed over."""
YES_OR_NO = {"": None, "true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}


@dataclass(frozen=True)
class Said:
    """What is said of one officer. None: nothing, what is kept stays."""

    officer_id: str
    name: str | None = None
    email: str | None = None
    unit: str | None = None
    note: str | None = None
    has_left: bool | None = None
    row: int = 0


def read_officers(content: bytes) -> tuple[list[Said], list[RowError]]:
    """All officers of the file, and all that is wrong with it."""
    sheet, errors = read_sheet(content, COLUMNS)
    errors += said_twice(sheet, "officer_id")
    said = []
    for line in sheet:
        cells = {name: plain_cell(word) for name, word in line.cells.items()}
        left = cells["left"].lower()
        if left not in YES_OR_NO:
            errors.append(RowError(line.row, "left", f"{cells['left']!r} must be true or false"))
        one = Said(
            cells["officer_id"],
            *(cells[name] or None for name in ("name", "email", "unit", "note")),
            has_left=YES_OR_NO.get(left),
            row=line.row,
        )
        errors += (RowError(line.row, column, reason) for column, reason in wrong_with(one))
        said.append(one)
    return said, sorted(errors, key=lambda error: error.row)


def wrong_with(said: Said) -> Iterator[tuple[str, str]]:
    """Column and reason of all that cannot be taken; a page's form asks the same."""
    if not said.officer_id.strip():
        yield "officer_id", "must not be empty"
    if said.email and not MAIL.fullmatch(folded(said.email)):
        yield "email", f"{said.email!r} is no mail address"
    words = {name: getattr(said, name) for name in LONGEST}
    yield from too_long(words, LONGEST)
