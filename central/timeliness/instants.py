"""Instants that can be compared and counted: always in UTC, where 24 hours are 86,400 seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

FAR_PAST = datetime.min.replace(tzinfo=UTC)
FAR_FUTURE = datetime.max.replace(tzinfo=UTC)


def in_utc(instant: datetime) -> datetime:
    """The same instant in UTC. Python adds and compares wall clocks, not instants, within one zone.

    Raises:
        ValueError: the instant has no offset, so it is none.
    """
    if instant.tzinfo is None:
        raise ValueError(
            f"{instant.isoformat()} has no offset from UTC: it is a wall clock's reading, not an instant"
        )
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)


def settle(value: object, *names: str) -> None:
    """Turn these instants of a frozen value into UTC while it is being made; None stays None."""
    for name in names:
        instant = getattr(value, name)
        if instant is not None:
            object.__setattr__(value, name, in_utc(instant))


def sooner(instant: datetime, by: timedelta) -> datetime:
    """`by` before the instant; never before the calendar begins."""
    return instant - by if instant - FAR_PAST > by else FAR_PAST


def later(instant: datetime, by: timedelta) -> datetime:
    """`by` after the instant; never after the calendar ends."""
    return instant + by if FAR_FUTURE - instant > by else FAR_FUTURE
