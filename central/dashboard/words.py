"""How pages say things: spans, verdicts, and why nothing can be said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from central.timeliness.verdict import Cause

SHADES = {
    "on_time": "ok",
    "no_duty": "ok",
    "late": "warn",
    "outstanding": "bad",
    "indeterminate": "unsure",
    "excused": "dull",
    "pending": "dull",
    "online": "ok",
    "ok": "ok",
    "stale": "warn",
    "unhealthy": "warn",
    "offline": "bad",
}
"""How a word is drawn; any other is dull. The word itself always stands beside."""
MEANINGS = {
    "on_time": "It was back in a dock by the deadline.",
    "late": "It came back, provably after the deadline.",
    "outstanding": "The deadline has passed, every dock that could have seen it was watching, and none did.",
    "indeterminate": "Nothing can be said: a dock that may have seen it was not watched, or it is unsure who had it.",
    "pending": "It is too early to tell.",
    "no_duty": "It never left the dock, so there was nothing to bring back.",
    "excused": "A person with the right to say so excused it.",
}

Labels = Mapping[tuple[str, str], str]
"""By station and bay."""


def spelled(span: timedelta) -> str:
    """The span in at most two units: `3 h 12 min`, `2 d 4 h`, `45 s`. Never below nothing."""
    seconds = max(0, int(span.total_seconds()))
    days, hours, minutes = seconds // 86400, seconds % 86400 // 3600, seconds % 3600 // 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        rest = seconds % 60
        return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"
    return f"{seconds} s"


def plainly(name: str) -> str:
    """A name of ours as people read it: `on_time` is `on time`."""
    return name.replace("_", " ")


def why_sentence(why: Mapping[str, Any], zone: ZoneInfo, labels: Labels) -> str:
    """One thing that stands in the way of a verdict, as a row keeps it."""
    station, bay = why.get("station") or "", why.get("bay") or ""
    place = " ".join(part for part in (station, bay_words(station, bay, labels)) if part)
    when = _between(why.get("since"), why.get("until"), zone)
    said = {
        "waiting": f"waiting until {place} has told what it saw",
        Cause.UNWATCHED: f"not watched: {place or 'a bay'}{when and ',' + when}",
        Cause.NO_STATION: "no station is known where this camera is expected",
        Cause.DOCK_UNCERTAIN: f"it docked{_at(place)}, perhaps before the deadline and perhaps after{when}",
        Cause.UNDOCK_UNCERTAIN: f"it was docked{_at(place)}, perhaps until its shift ended, perhaps not{when}",
        Cause.TWO_OFFICERS: "another officer's duty came without a dock between: nothing tells who had it",
    }
    cause = str(why.get("cause", ""))
    return said.get(cause, f"{plainly(cause)} {place}{when}".strip())


def bay_words(station: str, bay: str, labels: Labels) -> str:
    """The bay's label, or its name. A source (all USB, or a folder by its whole path) stands for all its bays that
    nothing else is said of."""
    is_source = bay == "usb" or bay.startswith("folder:/")
    return labels.get((station, bay)) or ("other bays" if is_source else bay)


def _at(place: str) -> str:
    return f" at {place}" if place else ""


def _between(since: str | None, until: str | None, zone: ZoneInfo) -> str:
    begin, end = _local(since, zone), _local(until, zone)
    if begin and end:
        return f" from {begin} to {end}"
    return f" since {begin}" if begin else f" until {end}" if end else ""


def _local(text: str | None, zone: ZoneInfo) -> str:
    return "" if not text else f"{datetime.fromisoformat(text).astimezone(zone):%a %b} {_day_and_time(text, zone)}"


def _day_and_time(text: str, zone: ZoneInfo) -> str:
    at = datetime.fromisoformat(text).astimezone(zone)
    return f"{at.day}, {at:%H:%M}"
