"""Events that say what a station watched, when it did not, and what it did not see."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import Struct

from protocol.event import Event


class WatchStarted(Event, kw_only=True, tag="watch_started"):
    """From `at` on these sources are listened to, and what they hold was listed."""

    reason: str
    """`started`: the agent, with every configured source. `resumed`: these sources, after a gap."""
    sources: list[str] = msgspec.field(default_factory=list)
    blind: list[str] = msgspec.field(default_factory=list)
    """Those of them that cannot show that a camera is absent (drop folders): they are never watched."""


class WatchStopped(Event, kw_only=True, tag="watch_stopped"):
    reason: str
    """`stopped`, `crashed` (written by the next start, `until` being the last proof); for a source why it cannot be
    listened to: `monitor_lost`, `folder_gone`, `stalled` …"""
    until: datetime | None = None
    sources: list[str] = msgspec.field(default_factory=list)
    """Empty: the whole station."""


class BayUnwatched(Event, kw_only=True, tag="bay_unwatched"):
    """One bay cannot be watched although its source is: whoever is in it would not be recognised."""

    source: str
    bay: str
    reason: str
    """`unidentified` (what is docked has no name that is its own), `over_current`, `failed_enumeration`,
    `no_file_system`, `extra_interfaces`, `symlink`, `unreadable`."""
    since: datetime
    detail: str = ""


class BayWatched(Event, kw_only=True, tag="bay_watched"):
    """From `at` on this reason is over. The bay is watched when none is left."""

    source: str
    bay: str
    reason: str


class UnwatchedSpan(Struct, kw_only=True, omit_defaults=True):
    """A part of the station that was not watched for a while, by the station's clock."""

    since: datetime
    until: datetime | None = None
    """None: still."""
    source: str = ""
    """Empty: the whole station."""
    bay: str = ""
    """Empty: the whole source."""
    reason: str = ""


class CameraNotSeen(Event, kw_only=True, tag="camera_not_seen"):
    """No bay here held this camera at any instant from the shift's end to its deadline, as far as was watched. Told
    once for each (shift, deadline); the next `camera_docked` of this camera is what ends it."""

    shift_id: str
    camera: str
    ends_at: datetime
    deadline_at: datetime
    policy_revision: str
    roster_at: datetime | None = None
    """When the roster that says so was last confirmed by central."""
    watched_from: datetime | None = None
    """Since when this ledger has watched at all; None: since before the shift's end."""
    watched_until: datetime | None = None
    """How far the station had told of itself when it said this."""
    unwatched: list[UnwatchedSpan] = msgspec.field(default_factory=list)
    """Every gap that reaches into the time from the shift's end to its deadline."""
    last_seen_at: datetime | None = None
    """The last instant before the shift's end at which it was here."""
    last_bay: str = ""
