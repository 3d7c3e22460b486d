"""Officers, shifts, verdicts, notices and alarms of the city, as rows. Plausible, and judged by the planted truth:
the rule itself is tried by `dock-sim kansas-city`."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from simulator.full_city.moving import City
from simulator.kansas_city.city import DAY, HOUR, MINUTE, UNITS, Kind
from simulator.kansas_city.plan import BAYS, Post, Truth

Rows = list[Any]
AHEAD = 7 * DAY


def mail_of(unit: str) -> str:
    return f"sgt.{unit.lower().replace(' ', '-')}@kc.example"


def fill(city: City) -> None:
    """All of it but docks and files. Django is set up for the database."""
    _fleet(city)
    posts = [one for one in city.posts if one.starts_at <= city.now + AHEAD]
    _roster(city, posts)
    said = [_judged(one, city.now) for one in posts if one.deadline <= city.now or one.docked_at is not None]
    _save(said)
    _notices(city, [one for one in said if one.verdict in ("late", "outstanding")])
    _alarms(city)


def _save(rows: Rows) -> None:
    if rows:
        type(rows[0]).objects.bulk_create(rows, batch_size=400)


def _fleet(city: City) -> None:
    from central.custody.watch_models import LedgerWatch
    from central.fleet.models import Bay, Credential, Ledger, Station

    early = city.since - 2 * DAY
    names = [one.name for one in city.stations]
    _save(
        [
            Station(station_id=name, added_at=early, site=name.rpartition("-")[0], label=f"{name}, ground floor")
            for name in names
        ]
    )
    _save(
        [
            Credential(station_id=n, token_sha256=f"{k:064x}", public_key="k", hostname=n, created_at=early)
            for k, n in enumerate(names)
        ]
    )
    ledgers = [
        Ledger(sequence=k + 1, ledger_uuid=UUID(int=k + 1, version=4), station_id=n, opened_at=early)
        for k, n in enumerate(names)
    ]
    _save(ledgers)
    labels = {f"1-1.{number + 1}": f"Bay {number + 1}" for number in range(BAYS)}
    _save(
        [
            Bay(station_id=n, bay=bay, label=label, state="free", reported_at=city.now)
            for n in names
            for bay, label in labels.items()
        ]
    )
    _save(
        [
            LedgerWatch(ledger_id=k + 1, told_until=city.now, proven_until=city.now, uncertainty_ms=20)
            for k in range(len(names))
        ]
    )
    _watching(city, early, list(labels))


def _watching(city: City, early: datetime, bays: list[str]) -> None:
    """When each station watched, and its last heartbeat."""
    from central.custody.watch_models import UnwatchedBay, Watch
    from central.fleet.models import Heartbeat

    dice = random.Random("fleet")
    own_clock = {"offset_ms": 0.0, "uncertainty_ms": 20.0, "end_offset_ms": 0.0, "end_uncertainty_ms": 20.0}
    watches, gaps, beats = [], [], []
    for k, station in enumerate(city.stations):
        begun, run = early, 1
        for outage in station.blind():
            if outage.until > city.now:
                continue
            watches.append(
                Watch(
                    ledger_id=k + 1,
                    station_id=station.name,
                    source="usb",
                    run=run,
                    from_event=run,
                    until_event=run,
                    watched_from=begun,
                    watched_until=outage.since,
                    ended_by="crashed",
                    **own_clock,
                )
            )
            begun, run = outage.until, run + 1
        watches.append(
            Watch(
                ledger_id=k + 1,
                station_id=station.name,
                source="usb",
                run=run,
                from_event=run,
                watched_from=begun,
                **own_clock,
            )
        )
        for _ in range(6):
            since = city.since + dice.uniform(0, 60) * DAY
            gaps.append(
                UnwatchedBay(
                    ledger_id=k + 1,
                    station_id=station.name,
                    source="usb",
                    bay=dice.choice(bays),
                    reason="over_current",
                    unwatched_from=since,
                    unwatched_until=since + dice.uniform(0.1, 9) * HOUR,
                    **own_clock,
                )
            )
        beats.append(_beat(station.name, city, dice))
    _save(watches)
    _save(gaps)
    _save([Heartbeat(**one) for one in beats])


def _beat(name: str, city: City, dice: random.Random) -> dict[str, Any]:
    from protocol import messages
    from simulator.full_city.files import reading

    silent = dice.random() < 0.05
    at = city.now - (3 * HOUR if silent else MINUTE / 2)
    free = dice.randrange(120, 800) * 2**30
    beat = messages.Heartbeat(
        sequence=88_000,
        version="1.4.0" if dice.random() < 0.9 else "1.3.2",
        at=reading(at),
        uptime_s=dice.uniform(1, 60) * 86400,
        loop_ages_s={"reconcile": 4.0, "upload": 2.5, "report": 11.0, "spool": 31.0},
        queue_files=dice.randrange(40),
        queue_bytes=dice.randrange(40) * 2**29,
        disk_free=free,
        disk_total=930 * 2**30,
        watched_until=at,
        config_digest="c" * 64,
        profiles_digest="d" * 64,
        roster_age_s=600.0,
        credential_days=200.0,
    )
    free_space = [[(at - timedelta(minutes=5 * k)).timestamp(), free + k * 2**26] for k in range(60)]
    return {
        "station_id": name,
        "received_at": at,
        "body": messages.encode(beat).decode(),
        "sequence": 88_000,
        "boot_id": "b",
        "version": beat.version,
        "watched_until": at,
        "proven_until": at,
        "slowest_loop_s": 31.0,
        "started_at": at - 9 * DAY,
        "free_space": free_space,
    }


def _roster(city: City, posts: list[Post]) -> None:
    from central.roster.models import HomeStation, Officer, RosterImport, Shift, ShiftVersion, Unit

    ids = sorted({(one.officer, one.unit) for one in posts})
    _save([Officer(officer_id=o, name=f"Officer {o}", email=f"{o.lower()}@kc.example", unit=unit) for o, unit in ids])
    _save(
        [
            Unit(
                unit=unit,
                supervisor_email=mail_of(unit),
                escalate_to_email="captain@kc.example",
                on_duty_email="desk@kc.example",
            )
            for unit in UNITS
        ]
    )
    shifts, homes, versions = [], [], []
    for one in posts:
        known = {
            "starts_at": one.starts_at,
            "ends_at": one.ends_at,
            "supervisor_email": mail_of(one.unit),
            "unit": one.unit,
            "camera_serial": one.camera,
            "officer_id": one.officer,
            "status": "actual" if one.ends_at < city.now else "scheduled",
        }
        shifts.append(Shift(shift_id=one.shift_id, **known))
        homes.append(HomeStation(shift_id=one.shift_id, station_id=one.home))
        versions.append(
            ShiftVersion(
                shift_id=one.shift_id,
                said_at=one.starts_at - AHEAD,
                said_by="folder",
                change="added",
                stations=[one.home],
                **known,
            )
        )
    _save(shifts)
    _save(homes)
    _save(versions)
    days = int((city.now - city.since) / DAY)
    _save(
        [
            RosterImport(
                brought_at=city.since + k * DAY,
                brought_by="folder",
                file_name=f"roster {k}.csv",
                sha256="0" * 64,
                state="applied",
                added=400,
            )
            for k in range(days)
        ]
    )
    RosterImport.objects.create(
        brought_at=city.now - HOUR,
        brought_by="folder",
        file_name="roster.csv",
        sha256="1" * 64,
        state="applied",
        unchanged=2800,
    )


def _judged(one: Post, now: datetime) -> Any:
    from central.judging.models import Judgement

    verdict = one.truth.value
    if one.truth is Truth.BY_HAND:
        verdict = "indeterminate"
    elif one.docked_at is None and one.truth is not Truth.NO_DUTY:
        verdict = "outstanding"
    late_by = one.by if one.docked_at is not None else now - one.deadline if verdict == "outstanding" else None
    why = [{"cause": "two_officers"}] if verdict == "indeterminate" else []
    return Judgement(
        shift_id=one.shift_id,
        camera=one.camera,
        duty_starts_at=one.starts_at,
        duty_ends_at=one.ends_at,
        end_source="actual",
        deadline_at=one.deadline,
        verdict="excused" if one.excuse else verdict,
        plain_verdict=verdict,
        excuse=one.excuse,
        late_by_s=None if late_by is None else late_by.total_seconds(),
        docked_at=one.docked_at,
        absent_until=one.docked_at,
        docked_station=one.home if one.docked_at else "",
        docked_bay="1-1.2" if one.docked_at else "",
        flags=[],
        why=why,
        evidence={"relevant": [one.home]},
        policy_revision="p",
        because="time",
        judged_at=min(now, max(one.deadline, one.docked_at or one.deadline)),
        settled_at=one.deadline,
    )


def _notices(city: City, said: Rows) -> None:
    from central.notices.models import Beginning, Item, ItemShift, Line

    Beginning.objects.create(since=city.since)
    items, joined, notices, lines, known = [], [], [], [], {}
    for one in said:
        if one.verdict == "outstanding" and one.camera in known:
            joined.append(ItemShift(item=known[one.camera], shift_id=one.shift_id, joined_at=one.deadline_at))
            continue
        over = one.verdict == "late"
        item = Item(
            pk=len(items) + 1,
            camera=one.camera,
            opened_at=one.deadline_at,
            state="cleared" if over else "open",
            closed_at=one.docked_at,
            done_at=one.docked_at,
        )
        if not over:
            known[one.camera] = item
        items.append(item)
        joined.append(ItemShift(item=item, shift_id=one.shift_id, joined_at=one.deadline_at))
        for kind, at in (
            ("first", one.deadline_at),
            ("cleared" if over else "reminder", one.docked_at or one.deadline_at + DAY),
        ):
            notices.append(_notice(len(notices) + 1, kind, at, one, city))
            lines.append(Line(notice=notices[-1], item=item, kind=kind, camera=one.camera, shift_id=one.shift_id))
    for rows in (items, joined, notices, lines):
        _save(rows)


def _notice(number: int, kind: str, at: datetime, said: Any, city: City) -> Any:
    from central.notices.models import Notice

    unit = next(one.unit for one in city.stations if one.name in said.evidence["relevant"])
    text = f"Camera {said.camera} was not seen in any dock by its deadline.\n" * 12
    return Notice(
        pk=number,
        notice_id=UUID(int=number, version=4),
        kind=kind,
        unit=unit,
        recipient=mail_of(unit),
        created_at=at,
        due_at=at,
        message_id=f"<{number}@kc.example>",
        subject=f"[Dock] Camera {said.camera}",
        text=text,
        html=f"<p>{text}</p>",
        attempts=1,
        sent_at=at + MINUTE,
    )


def _alarms(city: City) -> None:
    from central.alarms.models import Alarm

    rows = []
    for station in city.stations:
        for outage in station.outages:
            if outage.kind is not Kind.RESTART and outage.since <= city.now:
                over = outage.until if outage.until <= city.now else None
                rows.append(
                    Alarm(
                        kind="station_silent",
                        subject=station.name,
                        station=station.name,
                        sentence=f"{station.name} is silent.",
                        opened_at=outage.since + HOUR / 4,
                        since=outage.since,
                        ended_at=over,
                        told_at=outage.since + HOUR / 3,
                        end_told_at=over,
                    )
                )
    for station in city.stations[:9]:
        rows.append(
            Alarm(
                kind="disk_low",
                subject=station.name,
                station=station.name,
                sentence=f"{station.name} has 18 GiB left.",
                opened_at=city.now - HOUR,
                since=city.now - HOUR,
                told_at=city.now - HOUR,
            )
        )
    _save(rows)


def chains_of(city: City) -> Iterator[tuple[Any, UUID, int]]:
    """Each station with its ledger's UUID and row."""
    for number, station in enumerate(city.stations):
        yield station, UUID(int=number + 1, version=4), number + 1
