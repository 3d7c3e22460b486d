"""Instants as text: RFC 3339 in UTC on the way out, RFC 3339 or local on the way in."""

from __future__ import annotations

import re
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
        raise ValueError(f'{_what_it_is(text.strip())}; write it like "2026-11-22T16:00:00-06:00"') from None
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


def _what_it_is(text: str) -> str:
    """What a spreadsheet made of an instant."""
    if not text:
        return "is empty"
    if re.fullmatch(r"\d{5}([.,]\d+)?", text):
        return "is a spreadsheet's count of days, without a zone"
    if re.fullmatch(r"\d{1,2}[./]\d{1,2}[./]\d{2,4}.*", text):
        return "may be the day before the month or after it"
    if re.search(r"[T ]24(:|$)", text):
        return "has the hour 24; that is 00:00 of the next day"
    return "is no instant"
