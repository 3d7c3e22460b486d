"""What is wrong with cameras as central knows them, with the roster, the channels and central itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from central.alarms.condition import CENTRAL, Condition, sentence, size_of, span, when
from central.alarms.facts import Channels, Facts, Limits, Roster
from central.alarms.kinds import Kind
from central.fleet.central_clock import Doubt

WORKER_LIMIT = timedelta(minutes=10)
UNKNOWN_FOR = timedelta(days=1)


def of_cameras(facts: Facts, limits: Limits, now: datetime) -> Iterator[Condition]:
    for aside in facts.put_aside:
        yield Condition(
            Kind.QUARANTINED_FILE,
            f"{aside.station}, {aside.camera}" if aside.camera else aside.station,
            f"{aside.files} file(s) of {aside.camera or 'a camera'} are put aside at {aside.station} "
            f"({', '.join(aside.reasons)}). All others go on, nothing of it is erased. "
            "When the cause is mended: `dock-agent retry` there.",
            aside.station,
        )
    for unknown in facts.unknown:
        if timedelta(0) <= now - unknown.docked_at < UNKNOWN_FOR:
            yield Condition(
                Kind.UNKNOWN_CAMERA,
                f"{unknown.station}, {unknown.camera}",
                f"{unknown.camera} was docked at {unknown.station} on {when(unknown.docked_at, limits)}, and no "
                "profile knows its model: its files are copied, nothing is erased. Write one, or take it away.",
                unknown.station,
            )


def of_long_docks(facts: Facts, limits: Limits, now: datetime) -> Iterator[Condition]:
    """Cameras that somebody docked and that are not safe yet. A dock that is younger has time."""
    for one in facts.not_safe:
        if now - one.docked_at >= limits.not_safe_after:
            yield Condition(
                Kind.NOT_SAFE,
                f"{one.station}, {one.camera}",
                f"{one.camera} is in {one.station}, {one.bay}, since {when(one.docked_at, limits)}, and {one.files} "
                "of its files have no receipt. Nothing is erased without one. `dock-agent status` there says what it "
                "waits for.",
                one.station,
                one.docked_at + limits.not_safe_after,
            )


def of_roster(roster: Roster, limits: Limits, now: datetime) -> Iterator[Condition]:
    if roster.brought_at is not None and now - roster.brought_at > limits.roster_max_age:
        yield Condition(
            Kind.ROSTER_TOO_OLD,
            CENTRAL,
            f"The newest roster came on {when(roster.brought_at, limits)}. Shifts that changed since are judged "
            "by what it says. Bring the newest file in.",
            since=roster.brought_at + limits.roster_max_age,
        )
    if roster.waiting:
        yield Condition(
            Kind.ROSTER_WAITING,
            CENTRAL,
            ("1 roster import looks" if roster.waiting == 1 else f"{roster.waiting} roster imports look")
            + " like a mistake and a person must decide: dock-central roster pending. "
            "Until then the roster is as before.",
        )
    if roster.folder_trouble:
        yield Condition(Kind.ROSTER_FOLDER, CENTRAL, f"{sentence(roster.folder_trouble)} No roster comes in there.")


def of_channels(channels: Channels, limits: Limits) -> Iterator[Condition]:
    if channels.mail_failing_since is not None:
        yield Condition(
            Kind.MAIL_FAILING,
            CENTRAL,
            f"No mail gets out since {when(channels.mail_failing_since, limits)}: {sentence(channels.mail_trouble)} "
            f"{channels.mails_waiting} mail(s) wait and will follow. Try `dock-central mail test ADDRESS`.",
            since=channels.mail_failing_since,
        )
    for recipient, why in channels.refused:
        yield Condition(
            Kind.MAIL_REFUSED,
            recipient,
            f"The mail server refuses mail to {recipient}: {sentence(why)} Correct the address where it comes from: "
            "[notices] it_recipients, or the supervisors file.",
        )
    for recipient, why in channels.put_off:
        yield Condition(
            Kind.MAIL_REFUSED,
            recipient,
            f"The mail server puts mail to {recipient} off again and again: {sentence(why)} It is tried on, and what "
            "nobody read goes over their head meanwhile. Correct the address, or let their mail server take it.",
        )
    if channels.unaddressed:
        yield Condition(
            Kind.NOBODY_TO_TELL,
            CENTRAL,
            f"{channels.unaddressed} camera(s) are out past their deadline and nobody is named whom to tell: neither "
            "the roster nor the supervisors file names anybody for their unit, nor [notices] it_recipients.",
        )
    if channels.webhook_failing_since is not None:
        yield Condition(
            Kind.WEBHOOK_FAILING,
            CENTRAL,
            f"[alarms] webhook takes nothing since {when(channels.webhook_failing_since, limits)}: "
            f"{sentence(channels.webhook_trouble)} What it missed is posted again.",
            since=channels.webhook_failing_since,
        )


def of_central_clock(doubt: Doubt) -> Condition:
    way = "ahead of" if doubt.ahead > timedelta(0) else "behind"
    by = span(abs(doubt.ahead.total_seconds()))
    seen = (
        f"is {by} {way} {doubt.agreeing} of the {doubt.heard} station(s) that were heard"
        if doubt.heard
        else "jumped, and no station was heard since"
    )
    return Condition(
        Kind.CENTRAL_CLOCK,
        CENTRAL,
        f"Central's clock {seen}. Until that is over nothing is judged and nobody but IT is written to; footage "
        "and events come in as always. Look at `timedatectl` on central, and at the time of these stations.",
    )


def of_central(facts: Facts, limits: Limits, now: datetime) -> Iterator[Condition]:
    if facts.central_disk_free is not None and facts.central_disk_free < limits.disk_low:
        yield Condition(
            Kind.CENTRAL_DISK_LOW,
            CENTRAL,
            f"Central has {size_of(facts.central_disk_free)} of disk left. When it is full, footage stays at the "
            "stations. Make room: central deletes nothing by itself.",
        )
    if facts.worked_at is not None and now - facts.worked_at > WORKER_LIMIT:
        yield Condition(
            Kind.WORKER_STALE,
            CENTRAL,
            f"Part of the alert worker fails since {when(facts.worked_at, limits)}: rosters, verdicts or notices may "
            "stand still. Central's log names it: alert_part_failed.",
            since=facts.worked_at + WORKER_LIMIT,
        )
