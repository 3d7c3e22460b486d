"""What is wrong with one station: its silence, its health, its bays, its ledgers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from central.alarms.condition import Condition, hours, size_of, span, when
from central.alarms.facts import Limits, Said, Station
from central.alarms.kinds import Kind
from central.fleet.liveness import LOOP_LIMIT_S

CLOCK_LIMIT = timedelta(minutes=1)
"""A clock that is off by five minutes keeps its station from erasing."""
LASTING = timedelta(minutes=5)
"""Gaps, and bays that are not watched, often pass by themselves; so long they may last untold."""
CREDENTIAL_LEFT = timedelta(days=14)
"""Less is told. With a short `credential_lifetime`: less than a sixth of it, for stations renew at a third."""
TWINS = 2
"""So many returns of a boot that was over within an hour are no request that was late."""
CRASH_LOOP = 4
"""So many restarts within an hour are no update and no reboot."""
SPOKE_AGAIN_FOR = timedelta(days=7)
LEAVE_IN_BAY, USE_ANOTHER_BAY = "leave in bay", "use another bay"
OF_HEARTBEATS = (
    *(Kind.STATION_UNHEALTHY, Kind.DISK_LOW, Kind.CLOCK_OFF, Kind.BAY_IN_TROUBLE, Kind.CAMERA_UNREADABLE),
    *(Kind.OLDEST_UNRECEIPTED_TOO_OLD, Kind.DISK_FILLING, Kind.CRASH_LOOP),
    *(Kind.VERSION_TOO_OLD, Kind.DRIFT, Kind.TWO_PCS),
)
"""Nothing new is known of these while their station does not speak."""


def of_silence(station: Station, heard_at: datetime, limits: Limits) -> Iterator[Condition]:
    if station.silent_at is not None:
        yield Condition(
            Kind.STATION_SILENT,
            station.name,
            f"{station.name} is silent since {when(heard_at, limits)}. What it copies is "
            "kept there and will follow; no camera of it is called late. Look at its power and its network.",
            station.name,
            heard_at,
            {"silent_at": station.silent_at.isoformat(), "site": station.site},
        )


def of_heartbeat(station: Station, limits: Limits, now: datetime) -> Iterator[Condition]:
    said, name = station.said, station.name
    stuck = [f"{loop} ({span(age)})" for loop, age in said.loop_ages_s if age > LOOP_LIMIT_S]
    if stuck:
        yield Condition(
            Kind.STATION_UNHEALTHY,
            name,
            f"{name} answers, but part of it stands still: {', '.join(sorted(stuck))}. "
            "Look at `dock-agent doctor` there; a restart of its service loses nothing.",
            name,
        )
    if said.disk_total and said.disk_free < limits.disk_low:
        yield Condition(
            Kind.DISK_LOW,
            name,
            f"{name} has {size_of(said.disk_free)} of disk left. When it is full, new footage stays on the cameras. "
            "Make room, or see why uploads do not get through.",
            name,
        )
    elif said.disk_total and said.full_in is not None and said.full_in < limits.full_within:
        yield Condition(
            Kind.DISK_FILLING,
            name,
            f"The disk of {name} is full in {hours(said.full_in)} if it goes on as in the last hours. Then new "
            "footage stays on the cameras. See why uploads do not get through, or make room.",
            name,
        )
    if said.restarts >= CRASH_LOOP:
        yield Condition(
            Kind.CRASH_LOOP,
            name,
            f"The agent of {name} started {CRASH_LOOP} times or more within an hour. What it copied is kept, and "
            "each time it goes on where it was. Look at its log (`journalctl -u dock-agent`).",
            name,
        )
    if said.twins >= TWINS:
        yield Condition(
            Kind.TWO_PCS,
            name,
            f"Two PCs speak as {name}, in turn: a disk or its credential was copied. Footage of both is taken, and "
            "cameras may seem to be in two places. Switch one off and enroll it as a station of its own.",
            name,
        )
    yield from of_clock(said, name)
    oldest = said.oldest_unreceipted_at
    if oldest is not None and now - oldest > limits.unreceipted_after:
        yield Condition(
            Kind.OLDEST_UNRECEIPTED_TOO_OLD,
            name,
            f"{name} has footage without a receipt since {when(oldest, limits)}. It is safe there and on its card. "
            "Look at the link, or at `dock-agent status` there for what holds it up.",
            name,
            oldest + limits.unreceipted_after,
        )
    yield from of_bays(station, limits, now)


def of_clock(said: Said, name: str) -> Iterator[Condition]:
    if said.clock_ahead_ms is None or abs(said.clock_ahead_ms) <= CLOCK_LIMIT.total_seconds() * 1000:
        return
    way = "ahead of" if said.clock_ahead_ms > 0 else "behind"
    yield Condition(
        Kind.CLOCK_OFF,
        name,
        f"The clock of {name} is {span(abs(said.clock_ahead_ms) / 1000)} {way} central's. Nothing is erased "
        "from cameras while it is off by more than 5 min. Set up time synchronisation there.",
        name,
    )


def of_bays(station: Station, limits: Limits, now: datetime) -> Iterator[Condition]:
    name = station.name
    labels = {bay.bay: bay.name for bay in station.said.bays}
    for bay in station.said.bays:
        if bay.says == USE_ANOTHER_BAY:
            yield _bay_in_trouble(
                name, bay.name, "says “use another bay”: its card cannot be read there, or hangs", None
            )
        elif bay.says == LEAVE_IN_BAY:
            camera = bay.camera or "A camera"
            yield Condition(
                Kind.CAMERA_UNREADABLE,
                bay.camera or f"{name}, {bay.name}",
                f"{camera} in {name}, {bay.name}, has files that could not be read. Leave it there and see "
                "`dock-agent status`; nothing is erased from it.",
                name,
            )
    for gap in station.unwatched:
        if now - gap.since >= LASTING:
            said = f"is not watched since {when(gap.since, limits)} ({gap.reason})"
            yield _bay_in_trouble(name, labels.get(gap.bay, gap.bay), said, gap.since + LASTING)


def _bay_in_trouble(station: str, bay: str, said: str, since: datetime | None) -> Condition:
    return Condition(
        Kind.BAY_IN_TROUBLE,
        f"{station}, {bay}",
        f"{bay} of {station} {said}. No camera is called late on its account. Look at cable, hub and camera.",
        station,
        since,
    )


def of_credential(station: Station, limits: Limits, now: datetime) -> Iterator[Condition]:
    """Central knows when a credential ends; a station that does not speak may be the very one that needs help."""
    lifetime, name = limits.credential_lifetime, station.name
    least = min(CREDENTIAL_LEFT, lifetime / 6) if lifetime else CREDENTIAL_LEFT
    ends_at, made_at = station.credential_ends_at, station.credential_made_at
    if ends_at is not None and ends_at - now < least:
        yield _credential_expiring(
            name,
            f"The credential of {name} ends on {when(ends_at, limits)}, and its agent has not renewed it. After that "
            "nothing it sends is taken; what it copies is kept there. `dock-agent doctor` there says why; else "
            "`dock-central station replace`.",
            ends_at - least,
        )
    elif ends_at is None and made_at is not None and lifetime and now - made_at > lifetime - least:
        yield _credential_expiring(
            name,
            f"The credential of {name} is from {when(made_at, limits)}, and its agent is too old to renew it. It "
            "works on: this credential has no end. Update the agent, and it renews it.",
            made_at + lifetime - least,
        )


def _credential_expiring(name: str, said: str, since: datetime) -> Condition:
    return Condition(Kind.CREDENTIAL_EXPIRING, name, said, name, since)


def of_ledgers(station: Station, limits: Limits, now: datetime) -> Iterator[Condition]:
    name = station.name
    if station.forks:
        yield Condition(
            Kind.FORK,
            name,
            f"{name} offered another history than the one it had told: {station.forks} place(s). Somebody "
            "changed its ledger, or its disk was cloned or put back. Both are kept. Read docs/recovery.md before "
            "anything is mended.",
            name,
        )
    if station.spoke_again is not None and now - station.spoke_again < SPOKE_AGAIN_FOR:
        yield Condition(
            Kind.LEDGER_SPOKE_AGAIN,
            name,
            f"An old ledger of {name} spoke again on {when(station.spoke_again, limits)}: two PCs are one station, "
            "or an old disk is back. Nothing is lost. Find the other PC, or run `dock-central station replace`.",
            name,
        )
    if station.went_back:
        yield Condition(
            Kind.CENTRAL_WENT_BACK,
            name,
            f"{name} had told more than central holds: central was restored from a copy. {name} erases nothing until "
            "somebody runs `dock-central epoch raise`.",
            name,
        )
    if station.gap is not None and now - station.gap.since >= LASTING:
        yield Condition(
            Kind.CHAIN_GAP,
            name,
            f"Event {station.gap.first_missing} of {name} is missing since {when(station.gap.since, limits)}; later "
            "ones wait for it. Its watching counts only up to there. Look at `dock-agent verify` there.",
            name,
            station.gap.since + LASTING,
        )
    if station.parked:
        yield Condition(
            Kind.PARKED_EVENT,
            name,
            f"{station.parked} event(s) of {name} are kept and not understood, so its watching may not count. "
            "Bring central to the version of the station: `dock-central export parked` shows them.",
            name,
        )
