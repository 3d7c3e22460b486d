"""Instants, spans, counts and names as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from central.mailing.message import one_line

_LONGEST_NAME = 80
_LONGEST_SENTENCE = 400
_FINE_BELOW = timedelta(minutes=10)
_DAYS_FROM = timedelta(hours=48)


class Times:
    """Says instants in one zone. Where the clocks change among them, each is said with its offset."""

    def __init__(self, zone: ZoneInfo, at: datetime, others: Iterable[datetime | None], *, grace: timedelta) -> None:
        """`at` is when the mail is written: other years are said as such. A short `grace` asks for seconds."""
        self._zone, self._year = zone, at.astimezone(zone).year
        shown = [at, *(other for other in others if other is not None)]
        self.clocks_change = len({other.astimezone(zone).utcoffset() for other in shown}) > 1
        self._clock = "%H:%M:%S" if grace < _FINE_BELOW else "%H:%M"

    def short(self, at: datetime) -> str:
        """Without the zone: `Tue Oct 7 06:30`."""
        local = at.astimezone(self._zone)
        year = "" if local.year == self._year else f" {local.year}"
        return f"{local:%a %b} {local.day}{year} {local:{self._clock}}"

    def full(self, at: datetime) -> str:
        """With the zone: `Tue Oct 7 06:30 CDT`."""
        local = at.astimezone(self._zone)
        offset = local.strftime("%z")
        offset = f"UTC{offset[:3]}:{offset[3:5]}"
        name = local.tzname() or ""
        if not name.isalpha():
            return f"{self.short(at)} {offset}"
        return f"{self.short(at)} {name}" + (f", {offset}" if self.clocks_change else "")

    @property
    def explained(self) -> str:
        words = f"Times are local to {self._zone.key}."
        return words + (" The clocks change in between, so each has its offset." if self.clocks_change else "")


def span(length: timedelta) -> str:
    """`3 h 12 min`; never longer than it was."""
    seconds = int(length.total_seconds())
    if seconds < 1:
        return "less than 1 s"
    if seconds < 60:
        return f"{seconds} s"
    if length < timedelta(hours=1):
        return _two(seconds // 60, "min", seconds % 60 if length < _FINE_BELOW else 0, "s")
    if length <= _DAYS_FROM:
        return _two(seconds // 3600, "h", seconds % 3600 // 60, "min")
    return _two(seconds // 86400, "d", seconds % 86400 // 3600, "h")


def count(number: int, one: str, many: str = "") -> str:
    """`1 camera`, `2 cameras`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def listed(words: Sequence[str]) -> str:
    """`East`, `East and West`, `East, North and West`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def name(text: str, longest: int = _LONGEST_NAME) -> str:
    """A name that somebody typed somewhere: one line, not endless."""
    return one_line(text, longest)


def sentence(text: str) -> str:
    """Words that came from elsewhere, with a full stop."""
    words = one_line(text, _LONGEST_SENTENCE)
    return words if not words or words[-1] in ".!?…" else f"{words}."


def _two(great: int, unit: str, small: int, smaller: str) -> str:
    return f"{great} {unit} {small} {smaller}" if small else f"{great} {unit}"
