"""The officer's own gentle reminder, soon after the shift: most cameras are simply forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from central.mailing.letter import Letter
from central.notices.letters.page import Card, Page, Section
from central.notices.letters.subjects import camera_name, marked
from central.notices.letters.wording import Times, name


@dataclass(frozen=True)
class OfficerReminder:
    """One camera, to the officer who had it."""

    notice_id: UUID
    recipient: str
    camera: str
    shift_ends_at: datetime
    end_source: str
    deadline_at: datetime
    at: datetime
    zone: ZoneInfo
    message_id: str
    left_at: datetime | None = None
    left_where: str = ""
    list_id: str = ""


def compose_officer_reminder(reminder: OfficerReminder) -> Letter:
    """The whole letter. It has no links: an officer need not have a login."""
    shown = (reminder.shift_ends_at, reminder.deadline_at, reminder.left_at)
    times = Times(reminder.zone, reminder.at, shown, grace=reminder.deadline_at - reminder.shift_ends_at)
    subject = marked(f"Please dock camera {camera_name(reminder.camera)} by {times.short(reminder.deadline_at)}")
    page = _page(reminder, subject.removeprefix(marked("")), times)
    return Letter(
        to=reminder.recipient,
        subject=subject,
        text=page.text,
        html=page.html,
        message_id=reminder.message_id,
        list_id=reminder.list_id,
    )


def _page(reminder: OfficerReminder, title: str, times: Times) -> Page:
    source = f" ({name(reminder.end_source)})" if reminder.end_source else ""
    facts = [("Shift ended", times.full(reminder.shift_ends_at) + source), ("Due", times.full(reminder.deadline_at))]
    if reminder.left_at is not None:
        where = name(reminder.left_where) or "a dock"
        facts.append(("Last seen", f"leaving {where}, {times.full(reminder.left_at)}"))
    return Page(
        title=title,
        lead=(
            "Your shift has ended, and no dock has seen this camera since. That happens; there is still time.",
            "This reminder went to you alone.",
        ),
        sections=(Section((Card(name(reminder.camera), facts=tuple(facts)),), tone="plain"),),
        do="dock it at any station. No reply needed.",
        after=("Did you dock it, hand it in for repair, or have another camera? Then tell your supervisor.",),
        footer=(times.explained, f"Notice {reminder.notice_id} to {reminder.recipient}."),
    )
