"""One camera as a mail shows it: what is known, from where, and nothing that judges a person."""

from __future__ import annotations

from datetime import timedelta

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
    page = link("See its shift, or answer", base_url, "shifts", shift) if shift else None
    return Card(name(line.camera), name(line.officer), (*facts, *dates), page)


def when_next(line: CameraLine, times: Times) -> str:
    """`Next reminder: …. Escalation to …: ….`, or empty."""
    return " ".join(f"{label}: {when}." for label, when in _dates(line, times))


def how_late(line: CameraLine) -> str:
    """`3 h 12 min`; empty where the deadline is not known to have been missed."""
    return span(line.by) if line.by is not None and line.by > timedelta(0) else ""


def _facts_while_out(line: CameraLine, times: Times) -> list[Fact]:
    overdue = f" ({how_late(line)} ago)" if how_late(line) else ""
    paused = [("Reminders", f"paused ({name(line.answers_paused, 160)})")] if line.answers_paused else []
    due = ("Due", f"{times.full(line.deadline_at)}{overdue}")
    unheard = [("Not known", _unheard(line, times))] if line.unheard else []
    return [_shift_end(line, times), due, ("Last seen", _left(line, times)), *unheard, *paused]


def _facts_afterwards(line: CameraLine, times: Times) -> list[Fact]:
    facts = [("Why", sentence(line.why))] if line.kind is Kind.WITHDRAWN and line.why else []
    if line.docked_at is not None:
        where = f"{name(line.docked_where)}, " if line.docked_where else ""
        facts.append(("Docked", f"{where}{times.full(line.docked_at)}"))
    facts.append(_shift_end(line, times))
    if line.kind is Kind.WITHDRAWN:  # its deadline may be the very thing that was wrong
        return facts
    by = f" (docked {how_late(line)} past it)" if how_late(line) else ""
    return [*facts, ("Due", times.full(line.deadline_at) + by)]


def _shift_end(line: CameraLine, times: Times) -> Fact:
    source = _SOURCES.get(line.end_source, name(line.end_source))
    return "Shift ended", times.full(line.shift_ends_at) + (f" ({source})" if source else "")


def _unheard(line: CameraLine, times: Times) -> str:
    told = [f"{name(station)} since {times.full(at)}" if at else name(station) for station, at in line.unheard]
    return f"whether it has docked where nothing was heard from: {', '.join(told)}; IT knows"


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
