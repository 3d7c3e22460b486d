"""One camera as a mail shows it: what is known, from where, and nothing that judges a person."""

from __future__ import annotations

from central.notices.digest import OPEN_KINDS, CameraLine, Kind
from central.notices.letters.page import Card, link
from central.notices.letters.wording import Times, name, sentence, span

Fact = tuple[str, str]

_SOURCES = {"inferred": "inferred: a recording ran on past the rostered end"}


def card(line: CameraLine, times: Times, base_url: str, *, own_dates: bool) -> Card:
    """`own_dates`: this camera's next mails come at other times than those of the others."""
    facts = _facts_while_out(line, times) if line.kind in OPEN_KINDS else _facts_afterwards(line, times)
    dates = _dates(line, times) if own_dates and line.kind in OPEN_KINDS else []
    shift = line.shift_ids[-1] if line.shift_ids else ""
    page = link("Its shift, and answers", base_url, "shifts", shift) if shift else None
    return Card(name(line.camera), name(line.officer), (*facts, *dates), page)


def when_next(line: CameraLine, times: Times) -> str:
    """`Next reminder: …. Escalation to …: ….`, or empty."""
    return " ".join(f"{label}: {when}." for label, when in _dates(line, times))


def _facts_while_out(line: CameraLine, times: Times) -> list[Fact]:
    overdue = f" ({span(line.by)} ago)" if line.by else ""
    paused = [("Reminders", f"paused. {sentence(line.answers_paused)}")] if line.answers_paused else []
    due = ("Due", f"{times.full(line.deadline_at)}{overdue}")
    return [_shift_end(line, times), due, ("Last seen", _left(line, times)), *paused]


def _facts_afterwards(line: CameraLine, times: Times) -> list[Fact]:
    facts = [("Why", sentence(line.why))] if line.kind is Kind.WITHDRAWN and line.why else []
    if line.docked_at is not None:
        where = f"{name(line.docked_where)}, " if line.docked_where else ""
        facts.append(("Docked", f"{where}{times.full(line.docked_at)}"))
    if line.kind is Kind.CLEARED and line.by:
        facts.append(("Past deadline by", span(line.by)))
    return [*facts, _shift_end(line, times), ("Due", times.full(line.deadline_at))]


def _shift_end(line: CameraLine, times: Times) -> Fact:
    source = _SOURCES.get(line.end_source, name(line.end_source))
    return "Shift ended", times.full(line.shift_ends_at) + (f" ({source})" if source else "")


def _left(line: CameraLine, times: Times) -> str:
    if line.left_at is None:
        return "no dock has a record of it leaving"
    return f"leaving {name(line.left_where) or 'a dock'}, {times.full(line.left_at)}"


def _dates(line: CameraLine, times: Times) -> list[Fact]:
    dates = []
    if line.next_reminder_at is not None and not line.answers_paused:
        dates.append(("Next reminder", times.full(line.next_reminder_at)))
    if line.escalation_at is not None and not line.answers_paused:
        to = f" to {name(line.escalation_to)}" if line.escalation_to else ""
        dates.append((f"Escalation{to}", times.full(line.escalation_at)))
    return dates
