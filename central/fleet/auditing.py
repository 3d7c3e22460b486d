"""Keeping who changed what about stations, users and keys: a row for each change, in the change's transaction."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any

from central.fleet.models import AdminEvent

PAGE = 1000
ADMIN_COLUMNS = ("number", "at", "by", "what", "subject", "detail")


class Change(StrEnum):
    """The name in rows, exports and docs/administration.md."""

    STATION_ADDED = "station_added"
    STATION_CHANGED = "station_changed"
    CODE_MADE = "code_made"
    STATION_ENROLLED = "station_enrolled"
    STATION_REVOKED = "station_revoked"
    CREDENTIAL_RENEWED = "credential_renewed"
    USER_ADDED = "user_added"
    ROLE_SET = "role_set"
    PASSWORD_SET = "password_set"  # noqa: S105 - a name, no password
    USER_DISABLED = "user_disabled"
    USER_ENABLED = "user_enabled"
    KEY_ADDED = "key_added"
    KEY_REVOKED = "key_revoked"
    EPOCH_RAISED = "epoch_raised"
    LINK_MADE = "link_made"
    CAMERA_ADDED = "camera_added"
    CAMERA_CHANGED = "camera_changed"
    OFFICER_ADDED = "officer_added"
    OFFICER_CHANGED = "officer_changed"
    UNIT_ADDED = "unit_added"
    UNIT_CHANGED = "unit_changed"
    EXPORTED = "exported"
    MAIL_TESTED = "mail_tested"


def keep_change(what: Change, subject: str, *, by: str, now: datetime, **detail: object) -> None:
    """Keep one change. Call it in the transaction that makes the change. `detail` never holds a secret."""
    AdminEvent.objects.create(at=now, by=by[:255], what=what, subject=subject[:255], detail=detail)


def whoever_runs_this() -> str:
    """The user of this machine whose command it is."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user often has a number and no name
        return f"uid {os.getuid()}"


def admin_rows() -> Iterator[list[Any]]:
    """Every change, oldest first; a thousand at a time so that a running server is never held up."""
    last = 0
    while page := list(AdminEvent.objects.filter(number__gt=last).order_by("number")[:PAGE]):
        for one in page:
            told = ", ".join(f"{key}={value}" for key, value in one.detail.items())
            yield [one.number, one.at, one.by, one.what, one.subject, told or None]
        last = page[-1].number
