"""Reads `users.csv`: who may log in and as what, or every error with its row. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from central.roster.sheet import Columns, RowError, SheetRow, read_sheet

ROLES = ("it", "supervisor", "auditor", "officer", "admin")
ADMIN = "admin"
COLUMNS = Columns(required=("email",), optional=("role", "roles", "active", "added_at", "last_login_at"))
"""`export users` can be brought back: there the role stands under `roles`, and what is only told is passed over."""
YES_OR_NO = {"": None, "true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}


@dataclass(frozen=True)
class Wanted:
    """One person as the file has him. None: as it is, or active."""

    email: str
    role: str
    is_active: bool | None
    row: int


def as_login(email: str) -> str:
    """One spelling: the address is the login."""
    return email.strip().lower()


def is_address(text: str) -> bool:
    return bool(re.fullmatch(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+", text)) and len(text) <= 150 and text.isprintable()


def read_users(content: bytes) -> tuple[list[Wanted], list[RowError]]:
    """All people of the file, and all that is wrong with it."""
    sheet, errors = read_sheet(content, COLUMNS)
    seen: dict[str, int] = {}
    for line in sheet:
        errors += _errors(line, seen)
        seen.setdefault(as_login(line.cells["email"]), line.row)
    wanted = [
        Wanted(as_login(cells["email"]), _role(cells), YES_OR_NO.get(cells["active"].lower()), line.row)
        for line in sheet
        for cells in [line.cells]
    ]
    return wanted, sorted(errors, key=lambda error: error.row)


def _role(cells: dict[str, str]) -> str:
    return (cells["role"] or cells["roles"]).lower()


def _errors(line: SheetRow, seen: dict[str, int]) -> Iterator[RowError]:
    email = as_login(line.cells["email"])
    if not is_address(email):
        yield RowError(line.row, "email", f"{line.cells['email']!r} is no mail address")
    elif email in seen:
        yield RowError(line.row, "email", f"{email} stands in row {seen[email]} already")
    if _role(line.cells) not in ROLES:
        yield RowError(line.row, "role", f"{_role(line.cells)!r} must be one of {', '.join(ROLES)}")
    if line.cells["active"].lower() not in YES_OR_NO:
        yield RowError(line.row, "active", f"{line.cells['active']!r} must be true or false")
