"""The common ground of all custody events."""

from __future__ import annotations

from msgspec import Struct

from protocol.messages import ClockReading


class Event(Struct, kw_only=True, tag_field="type", tag=True, omit_defaults=True):
    """Common ground: when, on the station's own clocks. Every subclass sets its tag."""

    at: ClockReading
