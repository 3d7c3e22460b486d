"""A real central of its own in this process: its rows are written by the code that takes real events, rosters and
heartbeats, and judged by the code that judges."""

from __future__ import annotations

import csv
import io
import os
from argparse import Namespace
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.kansas_city.city import ZONE, Station
from simulator.kansas_city.plan import Post

if TYPE_CHECKING:
    from protocol.messages import EventEnvelope, Heartbeat

TOML = f'[web]\ntime_zone = "{ZONE.key}"\n'
AT_ONCE = 200
"""Events in one transaction."""


class DirInUse(Exception):
    """The folder holds something already. Nothing was changed."""


@dataclass
class Central:
    """Open it once in a process: Django knows one database."""

    root: Path
    up_since: datetime
    rounds: int = 0
    judged: int = 0
    has_roster: bool = False

    def __post_init__(self) -> None:
        """
        Raises:
            DirInUse: see there.
        """
        if self.root.exists() and any(self.root.iterdir()):
            raise DirInUse(str(self.root))
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "central.toml").write_text(TOML)
        os.environ["DOCK_CENTRAL_DATA"] = str(self.root.absolute())
        os.environ["DJANGO_SETTINGS_MODULE"] = "central.settings"
        from central.logs import set_up_command_logs

        set_up_command_logs()
        import django

        django.setup()
        from central.setting_up import init

        init(Namespace())

    def add_stations(self, stations: Iterable[Station], now: datetime) -> None:
        from central.fleet.models import Station as Row

        Row.objects.bulk_create(Row(station_id=one.name, added_at=now) for one in stations)

    def bring_roster(self, posts: Sequence[Post], now: datetime, *, actual: bool) -> None:
        """These shifts as a scheduler writes them: as they should end, or as they did."""
        from django.conf import settings

        from central.judging.foresight import count_late
        from central.roster.importing import Bringing, bring_in
        from central.roster.plan import Limits

        outcome = bring_in(
            _as_file(posts, actual=actual),
            Bringing("command", now, "roster.csv"),
            ZONE,
            Limits(moved_alike=10, withdrawn_percent=10, late=10),
            count_late(settings.CONFIG, now),
        )
        if outcome.errors or outcome.doubts:
            raise RuntimeError(f"the roster was not taken: {outcome.errors} {outcome.doubts}")
        self.has_roster = True

    def hear(self, station: str, events: Sequence[EventEnvelope], beat: Heartbeat, now: datetime) -> None:
        """All that a station says at once."""
        from central.custody.claims import take_claim
        from central.custody.recording import record_events
        from central.fleet.heartbeats import keep_heartbeat

        for start in range(0, len(events), AT_ONCE):
            record_events(station, list(events[start : start + AT_ONCE]), now)
        keep_heartbeat(station, beat, "{}", now)
        take_claim(station, beat, now)

    def excuse(self, post: Post, now: datetime) -> None:
        from central.judging.excuses import excuse_shift

        excuse_shift(post.shift_id, post.camera, post.excuse, "sergeant@kc.example", now)

    def judge(self, now: datetime) -> None:
        """Round after round, as the alert worker does, until nothing is due."""
        from django.conf import settings

        from central.judging.judge import Judging, judge_due

        while looked_at := judge_due(Judging(settings.CONFIG, self.up_since), now):
            self.rounds += 1
            self.judged += looked_at

    def says(self) -> dict[str, dict[str, Any]]:
        """`export shifts`, by shift."""
        from django.conf import settings

        from central.judging.shift_exports import SHIFT_COLUMNS, shift_rows

        rows = (dict(zip(SHIFT_COLUMNS, row, strict=True)) for row in shift_rows(settings.CONFIG))
        return {row["shift_id"]: row for row in rows}

    def measured(self) -> dict[str, tuple[int, int]]:
        """`dock-central measures` of everything: numerator and denominator by name, excuses ignored."""
        from django.conf import settings

        from central import clock
        from central.measures.counting import Excuses
        from central.measures.measuring import Asked, measure
        from central.measures.reading import read

        asked = Asked(clock.now())
        found = ((one, one.proportion) for one in measure(read(asked, settings.CONFIG), asked).figures)
        return {
            f"{one.measure} {one.name}": (counted.numerator, counted.denominator)
            for one, counted in found
            if one.excuses is Excuses.IGNORED
        }


COLUMNS = (
    *("shift_id", "officer_id", "officer_name", "camera_serial", "starts_at", "ends_at"),
    *("supervisor_email", "station_id", "unit", "status", "end_source"),
)


def _as_file(posts: Iterable[Post], *, actual: bool) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for one in posts:
        ends_at = one.ends_at if actual else one.rostered_end
        sergeant = f"{one.unit.lower().replace(' ', '-')}@kc.example"
        writer.writerow(
            [
                *(one.shift_id, one.officer, f"Officer {one.officer}", one.camera),
                *(one.starts_at.isoformat(), ends_at.isoformat(), sergeant, one.home, one.unit),
                *(("actual", "cad") if actual else ("scheduled", "")),
            ]
        )
    return out.getvalue().encode()
