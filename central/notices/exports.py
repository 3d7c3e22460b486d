"""The rows of `export notices`: one per line and shift, so that every figure can be traced to a mail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Prefetch

from central.notices.models import Line, Notice

PAGE = 500

NOTICE_COLUMNS = (
    *(
        "notice_id",
        "kind",
        "recipient",
        "shift_id",
        "created_at",
        "sent_at",
        "message_id",
        "notice_kind",
        "camera_serial",
    ),
    *("unit", "mode", "subject", "due_at", "in_reply_to", "state", "attempts", "refused_at", "superseded_at"),
    *("last_error", "item_opened_at", "item_state", "item_closed_at"),
)


def notice_rows() -> Iterator[list[Any]]:
    """In the order in which they were written. `kind` is what the mail says of this shift. A mail that names no shift
    has a single row."""
    last = 0
    lines = Prefetch("lines", Line.objects.select_related("item").order_by("pk"))
    while page := list(Notice.objects.filter(pk__gt=last).order_by("pk").prefetch_related(lines)[:PAGE]):
        for notice in page:
            for line in notice.lines.all() or (None,):
                yield _row(notice, line)
        last = page[-1].pk


def state_of(notice: Notice) -> str:
    """`shadow`, `sent`, `refused`, `superseded` or `waiting`."""
    if notice.mode == Notice.SHADOW:
        return "shadow"
    ends = (("sent", notice.sent_at), ("refused", notice.refused_at), ("superseded", notice.superseded_at))
    return next((name for name, at in ends if at is not None), "waiting")


def _row(notice: Notice, line: Line | None) -> list[Any]:
    item = line.item if line else None
    return [
        *(notice.notice_id, line.kind if line else notice.kind, notice.recipient),
        *((line.shift_id or None) if line else None, notice.created_at, notice.sent_at, notice.message_id),
        *(notice.kind, (line.camera or None) if line else None, notice.unit or None, notice.mode, notice.subject),
        *(notice.due_at, notice.in_reply_to or None, state_of(notice), notice.attempts, notice.refused_at),
        *(notice.superseded_at, notice.last_error or None),
        *((item.opened_at, item.state, item.closed_at) if item else (None, None, None)),
    ]
