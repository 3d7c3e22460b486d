"""The fleet at central's door: at each moment of the story every station that can says what it would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from protocol import messages
from simulator.it_month.troubles import Trouble
from simulator.kansas_city.city import DAY, HOUR, MINUTE, Kind, Station

GIB = 2**30
FLAPS = 20 * MINUTE
"""A bay with a bad cable changes its word so often."""
ROLLOUT, FORGOTTEN = 10 * DAY, 2
"""A new version goes out from then on, a tenth of the fleet each day; so many stations get it a fortnight later."""


@dataclass
class Fleet:
    """`moment` brings central's rows to what they would hold at that instant."""

    stations: Sequence[Station]
    troubles: Sequence[Trouble]
    from_: datetime
    limits: Any
    """`[stations]` of central."""
    said: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    """What each station told last, to tell no more than what is new."""
    beats: int = 0

    def moment(self, at: datetime) -> None:
        """Stations that tell what they told before are refreshed together, all others send a heartbeat."""
        from central.fleet.models import Heartbeat

        again = []
        for number, station in enumerate(self.stations):
            if not self._speaks(station, at):
                self.said.pop(station.name, None)
                continue
            told = self._report(number, station, at)
            if self.said.get(station.name) == told:
                again.append(station.name)
            else:
                self._beat(station, told, at)
        instants = {"stale_at": at + self.limits.stale_after, "silent_at": at + self.limits.offline_after}
        Heartbeat.objects.filter(pk__in=again).update(received_at=at, **instants)
        self._refused(at)

    def _speaks(self, station: Station, at: datetime) -> bool:
        dark = any(
            one.holds(at) and one.station.unit == station.unit for one in self.troubles if one.sort == "site_dark"
        )
        return not (dark or station.blind_at(at) or station.cut_at(at))

    def _report(self, number: int, station: Station, at: datetime) -> tuple[Any, ...]:
        now = {one.sort: one for one in self.troubles if one.station == station and one.holds(at)}
        flaps = "bad_cable" in now and (at - now["bad_cable"].since) // FLAPS % 2 == 0
        bay = "use another bay" if "bay_trouble" in now or flaps else "free"
        bay = "leave in bay" if "card_unreadable" in now else bay
        crashes = (at - now["crash_loop"].since) // (8 * MINUTE) if "crash_loop" in now else 0
        twin = (at - now["two_pcs"].since) // (5 * MINUTE) % 2 if "two_pcs" in now else 0
        return (
            999.0 if "loop_stuck" in now else 3.0,
            GIB // 2 if "disk_low" in now else 200 * GIB,
            240_000.0 if "clock_off" in now else station.ahead_ms,
            bay,
            self._version(number, at),
            "other" if "other_setup" in now else "usual",
            self._behind_since(station, at),
            self._boot(station, at) + f" twin {twin}" * twin,
            crashes,
        )

    def _beat(self, station: Station, told: tuple[Any, ...], at: datetime) -> None:
        from central.fleet.heartbeats import keep_heartbeat

        loop_s, free, offset_ms, bay, version, setup, oldest, boot, crashes = told
        before = self.said.get(station.name)
        young = before is not None and (before[8] < crashes or before[7] != boot)
        self.beats += 1
        reading = messages.ClockReading(wall=at, monotonic_ns=1, boot_id=boot, offset_ms=offset_ms)
        beat = messages.Heartbeat(
            sequence=self.beats,
            version=version,
            at=reading,
            uptime_s=20.0 if young else (at - self.from_ + DAY).total_seconds(),
            loop_ages_s={"upload": loop_s},
            bays=[messages.BayReport(bay="1-1", label="Bay 1", state=bay, camera=f"C-{station.name}")],
            oldest_unreceipted_at=oldest,
            disk_free=free,
            disk_total=400 * GIB,
            config_digest=setup,
            profiles_digest="usual",
        )
        keep_heartbeat(station.name, beat, messages.encode(beat).decode(), at, self.limits)
        self.said[station.name] = told

    def _version(self, number: int, at: datetime) -> str:
        due = self.from_ + ROLLOUT + (number % 10) * DAY
        return "1.1.0" if at >= due + (14 * DAY if number < FORGOTTEN else timedelta(0)) else "1.0.0"

    def _behind_since(self, station: Station, at: datetime) -> datetime | None:
        """After a line was cut, its files wait for a tenth of that time more."""
        for one in station.outages:
            if one.kind is Kind.CUT and one.until <= at < one.until + (one.until - one.since) / 10:
                return one.since
        return None

    def _boot(self, station: Station, at: datetime) -> str:
        return f"boot {sum(one.until <= at for one in station.blind())}"

    def _refused(self, at: datetime) -> None:
        from central.fleet.knocks import Sort, note

        for one in self.troubles:
            if one.sort == "revoked_pc" and one.holds(at):
                for _ in range(3):  # its tries since the last moment
                    note(Sort.CREDENTIAL, one.station.name, at, "credential_revoked from 10.0.0.9")


def file_of(one: Trouble) -> None:
    """A file that was put aside, or a camera that no profile knows, as rows; both are found by whoever looks then."""
    from central.custody.models import Asset, DockSession

    session = uuid4()
    camera, profile = f"C-{session.hex[:6]}", "unknown" if one.sort == "unknown_camera" else ""
    DockSession.objects.create(
        session=session,
        station_id=one.station.name,
        camera=camera,
        bay="1-1",
        profile=profile,
        docked_at=one.since,
        undocked_at=one.since + HOUR,
    )
    if one.sort == "put_aside":
        Asset.objects.create(
            asset_id=session,
            station_id=one.station.name,
            camera=camera,
            session=session,
            state="QUARANTINED",
            quarantined_reason="unreadable",
            first_heard_at=one.since,
        )


def mended(one: Trouble) -> None:
    from central.custody.models import Asset, DockSession

    sessions = DockSession.objects.filter(station_id=one.station.name, docked_at=one.since).values("session")
    Asset.objects.filter(session__in=sessions).update(state="ERASED")
