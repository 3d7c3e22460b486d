"""What a person with perfect knowledge of a world would say, minute by minute, and what was watched of it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.timeliness.world import OUT, RELEVANT_FOR, Post, World


@dataclass(frozen=True)
class Owed:
    """One duty, as the oracle reads the roster."""

    officer: str
    start: int
    end: int
    deadline: int


@dataclass(frozen=True)
class Truth:
    """The true answer, were everything known at `now`."""

    name: str
    minutes: int | None = None
    """When it came back, or by how many minutes it is late."""


def owed(world: World) -> list[Owed]:
    """The duties of the roster, by start."""
    chains: list[list[Post]] = []
    for post in sorted(world.posts, key=lambda p: (p.start, p.end)):
        until = max((p.end for p in chains[-1]), default=0) if chains else 0
        if chains and chains[-1][0].officer == post.officer and post.start - until <= world.merge_gap:
            chains[-1].append(post)
        else:
            chains.append([post])
    ends = [max(post.end for post in chain) for chain in chains]
    return [Owed(c[0].officer, c[0].start, e, e + world.grace) for c, e in zip(chains, ends, strict=True)]


class Oracle:
    """All that is true of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.duties = owed(world)
        where, now = world.where, world.now
        self.undocks = [t for t in range(now) if where[t] not in (OUT, where[t + 1])]
        self.held_by = self._hands()

    def takers(self, minute: int) -> list[Owed]:
        """Whose an undock at that minute is, as the policy has it."""
        may = [duty for duty in self.duties if duty.start - self.world.early <= minute]
        return [duty for duty in may if duty.start == may[-1].start] if may else []

    def counts_from(self, duty: Owed) -> int:
        """The first minute at which being docked, or being taken by a later officer, is a return."""
        may_take = [other.start - self.world.early for other in self.duties if other.start > duty.start]
        first = min(may_take, default=duty.end)
        return max(first, duty.start) if first < duty.end else duty.end

    def back_at(self, duty: Owed) -> list[int]:
        """The minutes until the deadline at which the camera counts as returned."""
        until = min(duty.deadline, self.world.now)
        return [t for t in range(self.counts_from(duty), until + 1) if self.world.where[t] != OUT]

    def run(self, minute: int) -> tuple[int, int]:
        """From when to when the camera is in the bay that holds it at that minute."""
        since = until = minute
        where = self.world.where
        while since > 0 and where[since - 1] == where[minute]:
            since -= 1
        while until < self.world.now and where[until + 1] == where[minute]:
            until += 1
        return since, until

    def relevant(self, duty: Owed) -> set[int]:
        """The stations that could have been expected to see it."""
        homes = {number for number, place in enumerate(self.world.places) if place.is_home}
        since, until = max(0, duty.end - RELEVANT_FOR), min(duty.end, self.world.now)
        seen = {self.world.where[t] for t in range(since, until + 1)} - {OUT}
        return homes | {self.world.slots[slot].station for slot in seen}

    def may_hold(self, duty: Owed) -> set[str]:
        """Every officer who might have the camera at the deadline, hand-overs by hand included."""
        since = self.counts_from(duty)
        before = [t for t in self.undocks if t < since]
        holders = {taker.officer for taker in self.takers(before[-1])} if before else set()
        first = before[-1] + 1 if before else -10_000
        for other in self.duties:
            if first <= other.start - self.world.early <= duty.deadline:
                holders.add(other.officer)
        return holders

    def never_took(self, duty: Owed) -> bool:
        """Docked from the start, or from when an earlier officer brought it back, until it counted as returned."""
        since, where = self.counts_from(duty), self.world.where
        if since > self.world.now:
            return False
        if all(where[t] == where[since] != OUT for t in range(duty.start, since + 1)):
            return True
        # Docked at that minute, or after it but before duty end: by whom was it out before?
        docked = next((t for t in range(since, min(duty.end, self.world.now) + 1) if where[t] != OUT), None)
        if docked is None:
            return False
        back = self.run(docked)[0]
        gone = [t for t in self.undocks if t < back]
        if not gone or back < duty.start or back > duty.end:
            return False
        took = self.takers(gone[-1])
        return bool(took) and all(t.officer != duty.officer and t.start < duty.start for t in took)

    def truth(self, duty: Owed) -> Truth:
        """The verdict on this duty if every bay was watched and everything told."""
        world, since = self.world, self.counts_from(duty)
        if self.never_took(duty):
            return Truth("no_duty")
        back = self.back_at(duty)
        if back:
            begun = [t for t in back if self.run(t)[0] <= duty.end]
            return Truth("on_time", self.run(begun[-1] if begun else back[0])[0])
        relevant = self.relevant(duty)
        if world.now < duty.deadline or (world.now == duty.deadline and relevant):
            return Truth("pending")
        if not relevant or self.may_hold(duty) - {duty.officer}:
            return Truth("indeterminate")
        docked = [t for t in range(max(since, duty.deadline + 1), world.now + 1) if world.where[t] != OUT]
        if docked:
            return Truth("late", docked[0] - duty.deadline)
        return Truth("outstanding", world.now - duty.deadline)

    def _hands(self) -> list[str | None]:
        """At each minute the officer who truly has the camera; None while it is docked."""
        world = self.world
        hands: list[str | None] = []
        left = -1
        for t in range(world.now + 1):
            if world.where[t] != OUT:
                hands.append(None)
                left = t
                continue
            if t == 0 or world.where[t - 1] != OUT:
                took = self.takers(left) if left >= 0 else []
                hands.append((took or self.duties)[-1 if took else 0].officer)
                continue
            came = t in world.hand_overs and [d for d in self.duties if left < d.start - world.early <= t]
            hands.append(came[-1].officer if came else hands[-1])
        return hands
