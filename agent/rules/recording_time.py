"""When a file was recorded, by the sources that its camera's profile trusts. No file is changed by it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from agent.rules.container_time import Container

UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
GROUPS = ("year", "month", "day", "hour", "minute", "second")
EARLIEST = datetime(2005, 1, 1, tzinfo=UTC)
"""No camera of ours recorded before: 1904, 1970, 1980 and 2000 are where clocks stand that were never set."""
STATION_ZONE = "station"
"""A zone with this name means the time zone that the dock PC is set to."""
MARGIN = timedelta(days=1)
"""How far a camera's clock or zone may be ahead before its time is impossible."""
LONGEST = timedelta(hours=24)
"""A recording that claims to be longer has a broken header."""
_FIXED = re.compile(r"UTC([+-])(\d{1,2})(?::([0-5]\d))?")


def zone_named(name: str) -> tzinfo:
    """`Europe/Berlin` follows summer time; `UTC-06:00` does not. Raises ValueError for what is neither."""
    if (fixed := _FIXED.fullmatch(name)) and int(fixed[2]) <= 14:
        offset = timedelta(hours=int(fixed[2]), minutes=int(fixed[3] or 0))
        return timezone(offset if fixed[1] == "+" else -offset)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone") from error


def _zone(name: str) -> tzinfo:
    """UTC where this machine knows no such zone: profiles are checked when they are read."""
    try:
        return zone_named(name)
    except ValueError:
        return UTC


@dataclass(frozen=True, slots=True)
class TimeRule:
    """How a camera model tells when it recorded."""

    sources: tuple[str, ...] = ("container", "name", "mtime")
    """Best first: `container`, `name`, `mtime`."""
    name_patterns: tuple[str, ...] = ()
    """Regular expressions with the groups year month day hour minute second, and perhaps `fraction`."""
    name_zone: str = "UTC"
    container_zone: str = "UTC"
    """Of what the container says without a zone: MP4 should mean UTC, many cameras put local time there."""
    mtime_zone: str = "UTC"
    """FAT keeps local time; a card mounted with `tz=UTC` shows it as if it were UTC."""
    mtime_marks: str = "start"
    """`start` or `end` of the recording: cameras that close a file when they stop stamp its end."""
    not_before: datetime = EARLIEST
    """What is earlier is a clock that was never set."""

    def in_zone(self, station: str) -> TimeRule:
        """The same, with the station's own zone where it asks for that."""
        return replace(
            self,
            name_zone=station if self.name_zone == STATION_ZONE else self.name_zone,
            container_zone=station if self.container_zone == STATION_ZONE else self.container_zone,
            mtime_zone=station if self.mtime_zone == STATION_ZONE else self.mtime_zone,
        )

    @property
    def movie_zone(self) -> tzinfo:
        return _zone(self.container_zone)

    @property
    def avi_zone(self) -> tzinfo:
        """AVI has no field for UTC: its dates are local, as the names are unless the profile says otherwise."""
        return _zone(self.container_zone if self.container_zone != "UTC" else self.name_zone)


ANY_TIME = TimeRule()


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is known of when a file was recorded."""

    at: datetime | None = None
    """UTC."""
    source: str = ""
    """Which place told: `container`, `name`, `mtime`; empty when none did."""
    until: datetime | None = None
    """When it ended: only where the container tells how long it is."""


def recorded(
    rule: TimeRule, container: Container, path: bytes, mtime_ns: int, not_after: datetime | None = None
) -> Recorded:
    """The first source of the rule that knows. `not_after`: what is later is refused; None when our own clock is in
    doubt, so that it cannot condemn the camera's."""
    length = container.duration if container.duration and container.duration <= LONGEST else None
    for source in rule.sources:
        at = _told_by(source, rule, container, path, mtime_ns, length)
        if at is not None and at >= rule.not_before and (not_after is None or at <= not_after):
            return Recorded(at, source, _after(at, length))
    return Recorded()


def _after(at: datetime, length: timedelta | None) -> datetime | None:
    try:
        return at + length if length else None
    except OverflowError:
        return None  # a name or a header with the last day of the calendar must not keep its file on the card


def _told_by(
    source: str, rule: TimeRule, container: Container, path: bytes, mtime_ns: int, length: timedelta | None
) -> datetime | None:
    match source:
        case "container":
            return container.at
        case "name":
            return named_time(path, rule.name_patterns, _zone(rule.name_zone))
        case "mtime":
            at = file_time(mtime_ns, _zone(rule.mtime_zone))
            return at - length if at and length and rule.mtime_marks == "end" else at
    return None


def named_time(path: bytes, patterns: tuple[str, ...], zone: tzinfo) -> datetime | None:
    """The time in a name such as `BWC0412_20261122140503_0001.MP4`. A repeated hour is the first."""
    text = path.decode("utf-8", "replace")
    for pattern in patterns:
        try:
            found = re.search(pattern, text)
            if found is None:
                continue
            parts = found.groupdict()
            year, month, day, hour, minute, second = (int(parts.get(group) or 0) for group in GROUPS)
            year += 2000 if year < 100 else 0
            microsecond = int((parts.get("fraction") or "0")[:6].ljust(6, "0"))
            return datetime(year, month, day, hour, minute, second, microsecond, tzinfo=zone).astimezone(UTC)
        except (ValueError, OverflowError, re.error):
            continue  # the 31st of February, or a mistyped pattern: another may read it better
    return None


def file_time(mtime_ns: int, zone: tzinfo = UTC) -> datetime | None:
    """The file's modification time, its digits read in this zone; None beyond the calendar."""
    try:
        at = UNIX_EPOCH + timedelta(microseconds=mtime_ns // 1000)
        return at if zone is UTC else at.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:
        return None
