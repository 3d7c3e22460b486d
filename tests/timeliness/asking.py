"""Puts a world's facts to the rule; to the real one, or to one that was spoiled on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

from central.timeliness import duty, facts, judgement, policy
from tests.timeliness.oracle import Owed
from tests.timeliness.world import OFFLINE_AFTER, RELEVANT_FOR, World

EPOCH = datetime(2026, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Rule:
    """The modules of one rule."""

    duty: ModuleType
    facts: ModuleType
    judgement: ModuleType
    policy: ModuleType


REAL = Rule(duty, facts, judgement, policy)


def at(minute: int | None) -> datetime | None:
    return None if minute is None else EPOCH + minute * MINUTE


def minutes(duration: timedelta) -> float:
    return duration / MINUTE


def facts_of(world: World, rule: Rule = REAL) -> Any:
    """All that central has heard of this world, as the rule takes it."""
    return rule.facts.Facts(
        duties=rule.duty.duties_of(_shifts(world, rule)),
        sessions=_sessions(world, rule),
        bays=_bays(world, rule),
        stations=tuple(
            rule.facts.Station(
                str(number),
                at(place.linked_until if place.heard_at == world.now else place.heard_at),
                at(place.heard_at),
            )
            for number, place in enumerate(world.places)
        ),
    )


def ask(world: World, owed: Owed, facts: Any, rule: Rule = REAL) -> Any:
    """The rule's judgement on the duty that the oracle means."""
    meant = (owed.officer, at(owed.start), at(owed.end))
    duty = next(one for one in facts.duties if (one.officer, one.starts_at, one.ends_at) == meant)
    return rule.judgement.judge(duty, facts, at(world.now))


def _shifts(world: World, rule: Rule) -> list[Any]:
    policy = rule.policy.Policy(
        grace=world.grace * MINUTE,
        gap_tolerance=world.tolerance * MINUTE,
        merge_gap=world.merge_gap * MINUTE,
        early_tolerance=world.early * MINUTE,
        offline_after=OFFLINE_AFTER * MINUTE,
        relevant_for=RELEVANT_FOR * MINUTE,
    )
    homes = frozenset(str(number) for number, place in enumerate(world.places) if place.is_home)
    return [
        rule.duty.Shift(f"{number:03}", post.officer, "0412", at(post.start), at(post.end), homes, policy)
        for number, post in enumerate(world.posts)
    ]


def _sessions(world: World, rule: Rule) -> tuple[Any, ...]:
    return tuple(
        rule.facts.DockSession(
            session=f"{told.slot}@{told.seen_at}",
            station=str(world.slots[told.slot].station),
            bay=str(told.slot),
            seen_at=at(told.seen_at),
            absent_until=at(told.absent_until),
            last_present_at=at(told.last_present),
            absent_at=at(told.absent_at),
            uncertainty=world.places[world.slots[told.slot].station].uncertainty * MINUTE,
            proves_dock=told.proves_dock,
        )
        for told in world.told()
    )


def _bays(world: World, rule: Rule) -> tuple[Any, ...]:
    return tuple(
        rule.facts.Bay(
            str(slot.station),
            str(number),
            tuple(
                rule.facts.Watched(at(since), at(until), world.places[slot.station].uncertainty * MINUTE)
                for since, until in world.watched(number)
            ),
        )
        for number, slot in enumerate(world.slots)
    )
