"""A date at the end of the calendar is no reason to leave a file on its card."""

from __future__ import annotations

from datetime import timedelta

from agent.rules.container_time import Container
from agent.rules.recording_time import TimeRule, recorded


def test_a_name_on_the_calendar_s_last_day_costs_its_end_and_not_its_file() -> None:
    pattern = r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)"
    rule = TimeRule(sources=("name",), name_patterns=(pattern,))
    told = recorded(rule, Container(None, timedelta(hours=2)), b"99991231235959.MP4", 0)
    assert (told.source, told.until) == ("name", None)
