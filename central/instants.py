"""Instants as text: RFC 3339 in UTC on the way out, RFC 3339 or local on the way in."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def rfc3339(instant: datetime) -> str:
    """The instant in UTC with a `Z`."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_instant(text: str, zone: ZoneInfo) -> datetime:
    """The instant that `text` names: with an offset, or local in `zone`.

    Raises:
        ValueError: it is no instant, does not exist in that zone, or exists twice there.
    """
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError('is no instant; write it like "2026-11-22T16:00:00-06:00"') from None
    if len(text.strip()) <= 10:
        raise ValueError('has no time of day; write it like "2026-11-22T16:00:00-06:00"')
    if instant.tzinfo is not None:
        return instant.astimezone(UTC)
    first, second = (instant.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(zone).replace(tzinfo=None) != instant:
        raise ValueError(f"does not exist in {zone.key} (clocks go forward); write it with its offset")
    if first != second:
        raise ValueError(f"exists twice in {zone.key} (clocks go back); write it with its offset")
    return first
