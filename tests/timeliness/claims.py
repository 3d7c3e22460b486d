"""What must hold between a verdict and the world it was given in. Each claim says what is wrong, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.timeliness.asking import REAL, Rule, ask, at, facts_of, minutes
from tests.timeliness.oracle import Oracle, Owed, Truth
from tests.timeliness.world import DROP_TAKES, OFFLINE_AFTER, OUT, RELEVANT_FOR, Place, World

ACCUSING = ("late", "outstanding")
ACQUITTING = ("on_time", "no_duty")


def verdicts(world: World, rule: Rule = REAL) -> Iterator[tuple[str, str | None]]:
    """The verdict on each duty of the world, and what is wrong with it."""
    oracle, facts = Oracle(world), facts_of(world, rule)
    meant = [(owed.officer, at(owed.start), at(owed.end)) for owed in oracle.duties]
    if meant != [(duty.officer, duty.starts_at, duty.ends_at) for duty in facts.duties]:
        yield "", "the rule judges other duties"
        return
    for owed in oracle.duties:
        answer = ask(world, owed, facts, rule)
        yield answer.plain.name, Case(oracle, owed, answer).wrong()


class Case:
    """One verdict beside the truth."""

    def __init__(self, oracle: Oracle, owed: Owed, answer: Any) -> None:
        self.oracle, self.world, self.owed, self.answer = oracle, oracle.world, owed, answer
        self.name: str = answer.plain.name
        self.truth = oracle.truth(owed)
        self.back = oracle.back_at(owed)
        self.relevant = oracle.relevant(owed)

    def wrong(self) -> str | None:
        claims = (self.exact, self.accusation, self.silence, self.acquittal, self.acquitted, self.waiting, self.gaps)
        return next(
            (f"{said}: {self.name}, truly {self.truth}, {self.owed}" for said in (c() for c in claims) if said), None
        )

    def exact(self) -> str | None:
        """Where all was watched and told by certain clocks, the verdict is the truth to the minute."""
        if not all(self._is_clear(number) for number in range(len(self.world.places))):
            return None
        return None if self._said() == self.truth else f"all was watched, yet it says {self._said()}"

    def accusation(self) -> str | None:
        """Nobody is called late who brought the camera back, or who does not have it."""
        if self.name not in ACCUSING:
            return None
        if self.world.now <= self.owed.deadline:
            return "accused before the deadline"
        if any(self._is_known(minute) for minute in self.back):
            return "accused, though the camera was back where it could be seen"
        known = {number for number in range(len(self.world.places)) if self._is_known_as_relevant(number)}
        if not self._is_tolerably_watched(known):
            return "accused, though a bay was unwatched for longer than is tolerated"
        if self.oracle.held_by[self.owed.deadline] not in (self.owed.officer, None):
            return "accused, though another officer has the camera"
        docked = [t for t in range(self.owed.deadline, self.world.now + 1) if self.world.where[t] != OUT]
        most = (docked[0] if docked and self.name == "late" else self.world.now) - self.owed.deadline
        if self.name == "late" and not self._hides_docks() and minutes(self.answer.plain.by) > most:
            return "accused of more than is true"
        if self.name == "outstanding" and minutes(self.answer.plain.by) > self._watched_until() - self.owed.deadline:
            return "accused beyond what was watched"
        return None

    def silence(self) -> str | None:
        """A late camera is called late where every dock that could have seen it was watched."""
        is_late = self.truth.name in ACCUSING and all(self._tells_all(number) for number in self._with_facts())
        if not is_late or not all(self._is_covered(number) for number in self.relevant):
            return None
        if self.name != self.truth.name:
            return "silent about a late camera that was watched for"
        exact = self.name == "outstanding" or self._said() == self.truth
        return None if exact else f"says {self._said()}"

    def acquittal(self) -> str | None:
        """What acquits is true, but for files that say only that they came from somewhere."""
        if self.name not in ACQUITTING or "arrival_only" in self.answer.flags:
            return None
        return None if self.back else "acquitted, though it never came back"

    def acquitted(self) -> str | None:
        """Whoever was seen to bring it back in time is acquitted."""
        seen = any(self._is_seen(minute) for minute in self.back)
        return "seen in time, and not acquitted" if seen and self.name not in ACQUITTING else None

    def waiting(self) -> str | None:
        """It waits for those who will still speak, and for nobody else."""
        slow = [number for number, place in enumerate(self.world.places) if self._is_slow(place)]
        if self.name == "pending" and self.world.now >= self.owed.deadline and not slow:
            return "waits for nobody"
        must = self.world.now < self.owed.deadline or any(self._is_known_as_relevant(number) for number in slow)
        if must and self.name not in (*ACQUITTING, "pending"):
            return "did not wait"
        return None

    def gaps(self) -> str | None:
        """An accusation lists every gap that it tolerates."""
        if self.name not in ACCUSING or any(place.uncertainty for place in self.world.places):
            return None
        since, until = self.oracle.counts_from(self.owed), self.owed.deadline
        listed = {(gap.bay, gap.since, gap.until) for gap in self.answer.tolerated}
        true = {
            (str(slot), at(last), at(first))
            for slot in range(len(self.world.slots))
            if str(self.world.slots[slot].station) in self.answer.relevant
            for last, first in self._gaps(slot, since, until)
        }
        return None if listed == true else f"gaps {listed ^ true} are not told truly"

    def _said(self) -> Truth:
        plain = self.answer.plain
        if self.name == "on_time":
            return Truth(self.name, int(minutes(plain.at - at(0))))
        return Truth(self.name, int(minutes(plain.by)) if self.name in ACCUSING else None)

    def _is_clear(self, number: int) -> bool:
        """Its every bay was watched at every minute, by a certain clock, live, and all of it was told."""
        place = self.world.places[number]
        alive = all(all(slot.alive) for slot in self.world.slots if slot.station == number)
        told = place.linked_until == self.world.now and not place.drop_folder
        return alive and told and not place.uncertainty and not place.polls

    def _tells_all(self, number: int) -> bool:
        """Whatever it did not watch, it saw each dock and undock of this camera as it happened, and told of it."""
        place = self.world.places[number]
        if place.uncertainty or place.polls or place.drop_folder or place.linked_until < self.world.now:
            return False
        for slot in (s for s in range(len(self.world.slots)) if self.world.slots[s].station == number):
            for last, first in self._gaps(slot, 0, self.world.now):
                unseen = range(last or 0, (self.world.now if first is None else first) + 1)
                if any(self.world.where[t] == slot for t in unseen):
                    return False
        return True

    def _with_facts(self) -> set[int]:
        """Stations that ever held the camera."""
        return {self.world.slots[slot].station for slot in set(self.world.where) - {OUT}}

    def _is_known(self, minute: int) -> bool:
        """Whether that return was at a relevant bay outside a tolerated gap, or was seen by any station at all."""
        slot = self.world.where[minute]
        since, until = self.oracle.run(minute)
        place = self.world.places[self.world.slots[slot].station]
        seen = any(self.world.slots[slot].alive[t] for t in range(since, min(until, place.linked_until) + 1))
        if place.drop_folder:
            dropped = {told.seen_at - place.error for told in self.world.told() if told.slot == slot}
            seen = any(since <= t < since + DROP_TAKES for t in dropped)
        station = self.world.slots[slot].station
        return seen or (self._is_known_as_relevant(station) and not self._is_in_tolerated_gap(slot, minute))

    def _is_known_as_relevant(self, station: int) -> bool:
        """A home station, or one that has told of a dock shortly before duty end: no other could be waited for."""
        place, until = self.world.places[station], min(self.owed.end, self.world.now)
        told = range(max(0, self.owed.end - RELEVANT_FOR), min(until, place.linked_until) + 1)
        own = {number for number, slot in enumerate(self.world.slots) if slot.station == station}
        seen = any(self.world.where[t] in own and self.world.slots[self.world.where[t]].alive[t] for t in told)
        return place.is_home or (seen and not place.drop_folder)

    def _is_seen(self, minute: int) -> bool:
        slot = self.world.slots[self.world.where[minute]]
        place = self.world.places[slot.station]
        certain = not place.uncertainty and not place.drop_folder
        return bool(certain and minute <= place.linked_until and slot.alive[minute])

    def _watched_until(self) -> int:
        """The last minute that every relevant bay is known to have watched."""
        ends = []
        for slot in self.world.slots:
            if str(slot.station) in self.answer.relevant:
                known = range(self.world.places[slot.station].linked_until + 1)
                ends.append(max((t for t in known if slot.alive[t]), default=-1))
        return min(ends)

    def _hides_docks(self) -> bool:
        """Whether it may have been docked after the deadline where nobody saw it."""
        return any(not self._is_seen(t) for t in range(len(self.world.where)) if self.world.where[t] != OUT)

    def _is_slow(self, place: Place) -> bool:
        if place.heard_at is None:
            return False
        until = place.linked_until if place.heard_at == self.world.now else place.heard_at
        return until <= self.owed.deadline and self.world.now - place.heard_at < OFFLINE_AFTER

    def _tolerance(self) -> float:
        return min(self.world.tolerance, self.world.grace / 4)

    def _gaps(self, slot: int, since: int, until: int) -> list[tuple[int | None, int | None]]:
        """Each run of unwatched minutes that reaches into the span, from the last watched minute to the next."""
        place = self.world.places[self.world.slots[slot].station]
        alive = [a and t <= place.linked_until for t, a in enumerate(self.world.slots[slot].alive)]
        found: dict[tuple[int | None, int | None], None] = {}
        for minute in range(since, min(until, self.world.now) + 1):
            if not alive[minute]:
                last = next((t for t in range(minute, -1, -1) if alive[t]), None)
                found[last, next((t for t in range(minute, self.world.now + 1) if alive[t]), None)] = None
        return list(found)

    def _is_tolerably_watched(self, stations: set[int]) -> bool:
        """Whether no bay of these stations had gaps that are together beyond the tolerance."""
        since = self.oracle.counts_from(self.owed)
        for slot in range(len(self.world.slots)):
            if self.world.slots[slot].station in stations:
                gaps = self._gaps(slot, since, self.owed.deadline)
                if any(a is None or b is None for a, b in gaps):
                    return False
                if sum(b - a for a, b in gaps if a is not None and b is not None) > self._tolerance():
                    return False
        return True

    def _is_in_tolerated_gap(self, slot: int, minute: int) -> bool:
        inside = self._gaps(slot, minute, minute)
        return any(a is not None and b is not None and b - a <= self._tolerance() for a, b in inside)

    def _is_covered(self, number: int) -> bool:
        """All its bays were watched from when a return counts to the deadline, but for gaps that are tolerated, and
        it was not slow to say so."""
        place, since = self.world.places[number], self.oracle.counts_from(self.owed)
        if place.drop_folder or place.uncertainty or self._is_slow(place):
            return False
        if not self._is_tolerably_watched({number}):
            return False
        for slot in (s for s in range(len(self.world.slots)) if self.world.slots[s].station == number):
            gaps = self._gaps(slot, since, self.owed.deadline)
            if any(
                slot in (self.world.where[a], self.world.where[b]) for a, b in gaps if a is not None and b is not None
            ):
                return False
        return True
