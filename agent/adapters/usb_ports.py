"""What the kernel says of the ports themselves: too much current, or something plugged in that does not enumerate."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from agent.ports import SourceEvent
from agent.rules.footage import Instant
from agent.rules.watching import UnwatchedBay

SYSFS = Path("/sys/bus/usb/devices")
QUIET_S = 60.0
"""A port counts as in over-current for so long after the kernel last counted one: it says when it begins only."""
OVER_CURRENT = "over_current"
FAILED_ENUMERATION = "failed_enumeration"
_PORT = re.compile(r"^(?:usb(?P<bus>\d+)|(?P<hub>\d+-[\d.]+))-port(?P<port>\d+)$")
_NOTHING_THERE = ("", "not attached")
_DETAIL = {
    OVER_CURRENT: "The port draws too much current: the kernel switched it off. Try the camera in another bay.",
    FAILED_ENUMERATION: "Something is plugged in that does not answer: a bad contact, cable or camera.",
}


@dataclass(frozen=True, slots=True)
class Port:
    """One port of a hub, root hubs included."""

    bay: str
    over_currents: int
    """How often the kernel counted one since boot."""
    state: str
    """`not attached`, `powered`, `configured` …; empty where the kernel does not tell (before Linux 6.6)."""
    has_device: bool

    @property
    def is_empty(self) -> bool:
        """The kernel says that nothing is attached, which is more than that nothing enumerated."""
        return self.state == "not attached" and not self.has_device


def list_ports(sysfs: Path) -> list[Port]:
    """Every port of every hub; none where sysfs shows none. What cannot be read is left out."""
    found = []
    for folder in sorted(sysfs.glob("*:1.0/*-port*")):
        named = _PORT.match(folder.name)
        if named is None:
            continue
        parent, number = named["hub"], named["port"]
        bay = f"{parent}.{number}" if parent else f"{named['bus']}-{number}"
        count = _text(folder / "over_current_count")
        state, is_there = _text(folder / "state"), (folder / "device").exists()
        found.append(Port(bay, int(count) if count.isdecimal() else 0, state, is_there))
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


@dataclass(slots=True)
class _Seen:
    over_currents: int
    over_current_at: Instant | None = None
    over_current_since: Instant | None = None
    empty_since: Instant | None = None
    """Something is attached and no device: since the comparison before the first that showed so."""
    empty_at: Instant | None = None


class PortBook:
    """Remembers what the last comparison showed. Not thread-safe."""

    def __init__(self, patience_s: float) -> None:
        """`patience_s`: how long a device may take to enumerate."""
        self._patience_ns = int(patience_s * 1e9)
        self._seen: dict[str, _Seen] = {}
        self._last: Instant | None = None
        self._unwatched: dict[tuple[str, str], UnwatchedBay] = {}
        self._reports: list[SourceEvent] = []

    def unwatched(self) -> tuple[UnwatchedBay, ...]:
        return tuple(self._unwatched.values())

    def reports(self) -> list[SourceEvent]:
        happened, self._reports = self._reports, []
        return happened

    def compare(self, ports: list[Port], now: Instant) -> None:
        """Take over what the ports show."""
        troubled: dict[tuple[str, str], Instant | None] = {}
        for port in ports:
            seen = self._seen.setdefault(port.bay, _Seen(port.over_currents))
            if self._is_over_current(port, seen, now):
                troubled[port.bay, OVER_CURRENT] = seen.over_current_since
            if self._is_failing(port, seen, now):
                troubled[port.bay, FAILED_ENUMERATION] = seen.empty_since
        for (bay, reason), since in troubled.items():
            if (bay, reason) not in self._unwatched:
                self._unwatched[bay, reason] = UnwatchedBay(bay, reason, since, _DETAIL[reason])
                self._reports.append(SourceEvent("bay_trouble", now, bay, reason, _DETAIL[reason], since))
        self._unwatched = {place: bay for place, bay in self._unwatched.items() if place in troubled}
        self._last = now

    def _is_over_current(self, port: Port, seen: _Seen, now: Instant) -> bool:
        if port.over_currents > seen.over_currents:
            seen.over_current_since = seen.over_current_since or self._last
            seen.over_current_at = now
        seen.over_currents = port.over_currents
        last = seen.over_current_at
        if last is None or now.monotonic_ns - last.monotonic_ns > QUIET_S * 1e9:
            seen.over_current_at = seen.over_current_since = None
        return seen.over_current_at is not None

    def _is_failing(self, port: Port, seen: _Seen, now: Instant) -> bool:
        if port.has_device or port.state in _NOTHING_THERE:
            seen.empty_at = seen.empty_since = None
            return False
        if seen.empty_at is None:
            seen.empty_at, seen.empty_since = now, self._last
        return now.monotonic_ns - seen.empty_at.monotonic_ns >= self._patience_ns
