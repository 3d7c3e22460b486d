"""Which span of time a measure speaks of. A month is a month of the site, however long its clocks make it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from central.instants import parse_instant

FIRST_YEAR, LAST_YEAR = 1970, 9000


@dataclass(frozen=True)
class Window:
    """From `begins` until before `ends`; None: without a bound."""

    begins: datetime | None = None
    ends: datetime | None = None

    def __post_init__(self) -> None:
        if self.begins is not None and self.ends is not None and self.begins >= self.ends:
            raise ValueError("the span ends before it begins")

    def holds(self, at: datetime) -> bool:
        return (self.begins is None or self.begins <= at) and (self.ends is None or at < self.ends)

    def widened(self, before: timedelta, after: timedelta) -> Window:
        return Window(self.begins and self.begins - before, self.ends and self.ends + after)


ALWAYS = Window()


def window_between(begins: str | None, ends: str | None, zone: ZoneInfo) -> Window:
    """The window between two edges as people write them: an instant, or a date for the first instant of that day in
    `zone`. Empty or None: no bound.

    Raises:
        ValueError: one is neither; the message says why.
    """
    return Window(edge(begins, zone) if begins else None, edge(ends, zone) if ends else None)


def edge(text: str, zone: ZoneInfo) -> datetime:
    """The instant that `text` names.

    Raises:
        ValueError: it is neither a date nor an instant; the message says why.
    """
    text = text.strip()
    try:
        is_date = len(text) == len("2026-10-01")
        instant = first_instant(datetime.fromisoformat(text), zone) if is_date else parse_instant(text, zone)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is no date like 2026-10-01 and no instant: {error}") from error
    # Spans are widened by days, and shown in zones: at the ends of the calendar neither can be done.
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise ValueError(f"{text!r} is in no year from {FIRST_YEAR} to {LAST_YEAR}")
    return instant


def month_of(at: datetime, zone: ZoneInfo) -> str:
    """`2026-10`: the month that the site's calendar showed then."""
    local = at.astimezone(zone)
    return f"{local.year:04}-{local.month:02}"


def first_of_month(at: datetime, zone: ZoneInfo, months_before: int = 0) -> datetime:
    """The first instant of the month in which `at` lies, or of one so many months before."""
    local = at.astimezone(zone)
    months = local.year * 12 + local.month - 1 - months_before
    return first_instant(datetime(months // 12, months % 12 + 1, 1), zone)  # noqa: DTZ001 - it gets its zone there


def first_instant(day: datetime, zone: ZoneInfo) -> datetime:
    # Where clocks go forward at midnight, fold 0 makes of the midnight that was not the instant at which they did.
    return day.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=zone, fold=0).astimezone(UTC)
