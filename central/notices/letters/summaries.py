"""The storm's mail: so many cameras at once that a table has them, and the mail says how many of which unit."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from central.mailing.letter import Attachment, Letter
from central.notices.digest import OPEN_KINDS, CameraLine, Digest, Kind
from central.notices.letters.digests import next_mails, to_whom
from central.notices.letters.page import Card, Page, Section, link, links
from central.notices.letters.subjects import marked, placed
from central.notices.letters.wording import Times, count, name
from central.rows_out import write_rows

COLUMNS = (
    *("unit", "recipient", "says", "camera", "officer", "shift_ids", "shift_ends_at", "end_source", "deadline_at"),
    *("past_deadline_seconds", "left_at", "left_where", "docked_at", "docked_where", "why"),
)
_MOST_UNITS = 30
_WITH_BOM = "utf-8-sig"  # else a spreadsheet takes it for another encoding


@dataclass(frozen=True)
class Summary:
    """To a supervisor instead of his digest, or to IT beside the digests that went to supervisors."""

    notice_id: UUID
    recipient: str
    digests: tuple[Digest, ...]
    limit: int
    """More cameras than this at once are a storm."""
    at: datetime
    zone: ZoneInfo
    base_url: str
    message_id: str
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    list_id: str = ""


def compose_summary(summary: Summary) -> Letter:
    """The whole letter with its table `cameras.csv`."""
    own = [line for digest in _own(summary) for line in digest.lines]
    shown = (at for line in own for at in (line.next_reminder_at, line.escalation_at))
    times = Times(summary.zone, summary.at, shown, grace=timedelta(days=1))
    units = sorted({digest.unit for digest in summary.digests})
    out = _out(summary.digests)
    where = units[0] if len(units) == 1 else count(len(units), "unit")
    subject = placed(f"Summary: {count(out, 'camera')} not docked", where, times.short(summary.at))
    page = _page(summary, units, subject.removeprefix(marked("")), times, next_mails(own, times))
    return Letter(
        to=summary.recipient,
        subject=subject,
        text=page.text,
        html=page.html,
        message_id=summary.message_id,
        in_reply_to=summary.in_reply_to,
        references=summary.references,
        list_id=summary.list_id,
        attachments=(Attachment("cameras.csv", "text/csv", _table(summary)),),
    )


def _page(summary: Summary, units: list[str], title: str, times: Times, dates: str | None) -> Page:
    further = len(units) - _MOST_UNITS
    return Page(
        title=title,
        lead=tuple(_lead(summary)),
        sections=(Section(tuple(_unit(unit, summary) for unit in units[:_MOST_UNITS]), tone="plain"),),
        do="look for one cause first. If there is none, have the cameras docked at any station.",
        links=links(
            link("All cameras not docked", summary.base_url, "open"),
            link("All notices", summary.base_url, "notices"),
        ),
        after=(
            *([dates] if dates else []),
            *([f"And {count(further, 'unit')} more."] if further > 0 else []),
            "The table has each camera with its shift, its deadline and its last dock. Its times are UTC.",
        ),
        footer=(times.explained, f"Notice {summary.notice_id} to {summary.recipient}."),
    )


def _lead(summary: Summary) -> Iterator[str]:
    out = _out(summary.digests)
    if out:
        yield f"{count(out, 'camera')} {'was' if out == 1 else 'were'} not seen in any dock by the deadline."
    yield f"More than {summary.limit} at once come as a table: cameras.csv."
    yield "So many at once often have one cause: a roster, a clock, a dock. This is a status, not a finding."
    own = _own(summary)
    yield from dict.fromkeys(line for digest in own for line in to_whom(digest))
    if len(own) < len(summary.digests):
        yield "Supervisors that are named for these units were written to."


def _out(digests: Iterable[Digest]) -> int:
    return sum(line.kind in OPEN_KINDS for digest in digests for line in digest.lines)


def _own(summary: Summary) -> list[Digest]:
    """The digests that this recipient would have got himself."""
    return [digest for digest in summary.digests if digest.recipient == summary.recipient]


def _unit(unit: str, summary: Summary) -> Card:
    digests = [digest for digest in summary.digests if digest.unit == unit]
    kinds = Counter(line.kind for digest in digests for line in digest.lines)
    out = sum(number for kind, number in kinds.items() if kind in OPEN_KINDS)
    said = [count(out, "camera") + " not docked"] if out else []
    said += [f"{kinds[kind]} {kind.value}" for kind in (Kind.CLEARED, Kind.WITHDRAWN) if kinds[kind]]
    unjudged = len({one.camera for digest in digests for one in digest.not_judged})
    said += [f"{unjudged} not judged"] if unjudged else []
    return Card(name(unit) or "No unit", ", ".join(said))


def _table(summary: Summary) -> bytes:
    text = io.StringIO()
    write_rows(COLUMNS, _rows(summary), "csv", text)
    return text.getvalue().encode(_WITH_BOM, "replace")


def _rows(summary: Summary) -> Iterator[tuple[Any, ...]]:
    for digest in summary.digests:
        for line in digest.lines:
            yield _row(digest, line)
        for one in digest.not_judged:
            yield (digest.unit, digest.recipient, "not_judged", one.camera, *[None] * 10, one.why)


def _row(digest: Digest, line: CameraLine) -> tuple[Any, ...]:
    by = None if line.by is None else int(line.by.total_seconds())
    return (
        *(digest.unit, digest.recipient, line.kind.value, line.camera, line.officer, list(line.shift_ids)),
        *(line.shift_ends_at, line.end_source, line.deadline_at, by),
        *(line.left_at, line.left_where, line.docked_at, line.docked_where, line.why),
    )
