"""Until when a recording ran, as far as its file tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

LONGEST_CLIP = timedelta(hours=2)
"""A file that was changed so long after its recording began was not being recorded all that time."""


def recorded_until(began_at: datetime, changed_ns: int | None, told: datetime | None = None) -> datetime:
    """When the clip that began then ended: what its station `told`, by its container; else by its file's time of
    change (nanoseconds since 1970). Without a believable one it is known to have been recorded at its beginning, and
    no longer."""
    if told is not None and told >= began_at:
        return told
    after = timedelta(0)
    if changed_ns is not None and 0 <= changed_ns < 2**62:
        after = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=changed_ns // 1000) - began_at
    return began_at + after if timedelta(0) < after <= LONGEST_CLIP else began_at
