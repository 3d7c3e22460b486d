"""Cuts the power everywhere, restarts from whatever may be left, and cuts again."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

from simulator.volume import LOSSES, Loss
from tests.crash.canonical import Canon, Key
from tests.crash.invariants import broken_at, broken_at_the_end, broken_in
from tests.crash.station import Manner, Station, Stuck
from tests.crash.world import Machine, World, first_world


@dataclass
class Found:
    """What an exploration saw."""

    points: list[int] = field(default_factory=list)
    """Calls at which the power went, by how many cuts came before."""
    states: list[int] = field(default_factory=list)
    """Distinct durable states that they left, by the number of cuts."""
    worlds: int = 0
    """Worlds compared: crash points that changed something, times what a cut may take."""
    lives: int = 0
    """Recoveries run to their end."""
    broken: list[str] = field(default_factory=list)

    def tell(self, name: str) -> str:
        cuts = " + ".join(f"{points:,}" for points in self.points)
        states = " + ".join(f"{count:,}" for count in self.states)
        return (
            f"crash points, {name}: {cuts} (first, then in recoveries); {self.worlds:,} worlds that a cut may leave, "
            f"{states} of them distinct; {self.lives:,} lives to their end, {len(self.broken)} broken invariants"
        )


def explore(manner: Manner, *, cuts: int, losses: tuple[Loss, ...] = LOSSES, enough: int = 5) -> Found:
    """Live a life; cut it at every point; recover from every state that may be left; cut that, too; up to `cuts`.

    A state met before is not gone into again, however many cuts it took. Stops when `enough` is broken.
    """
    found = Found(points=[0] * (cuts + 1), states=[0] * cuts)
    seen = set[Key]()
    waiting = deque([(first_world(), 0)])

    def captured(depth: int) -> Callable[[World], None] | None:
        if depth == cuts:
            return None
        canon = Canon()

        def take(world: World) -> None:
            found.worlds += 1
            if world.ledger is not None and canon.is_new(world.ledger):
                found.broken += [_told(what, world) for what in broken_in(world.ledger)]
            key = canon.key(world)
            if key in seen:
                return
            seen.add(key)
            found.states[depth] += 1
            found.broken += [_told(what, world) for what in broken_at(world)]
            waiting.append((world, depth + 1))

        return take

    with counted_ids() as ids:
        while waiting and len(found.broken) < enough:
            world, depth = waiting.popleft()
            machine = Machine(world, losses, captured(depth))
            ids(machine)
            _live(machine, manner, world, found)
            found.points[depth] += machine.points
            found.lives += 1
    del found.points[cuts:]  # nothing was cut there
    return found


def _live(machine: Machine, manner: Manner, world: World, found: Found) -> None:
    try:
        Station(machine, manner).live()
    except Stuck as stuck:
        found.broken.append(_told(f"I4 {stuck}", world))
        return
    found.broken += [_told(what, world) for what in broken_at_the_end(machine.switched_off())]


def _told(what: str, world: World) -> str:
    return f"{what} — after {' — then '.join(world.story) or 'no cut at all'}"


@contextmanager
def counted_ids() -> Iterator[Callable[[Machine], None]]:
    """Ids are counted instead of drawn, so that a life is the same each time it is lived."""
    now: list[Machine] = []

    def counted(length: int) -> bytes:
        now[0].ids += 1
        return now[0].ids.to_bytes(length, "big")

    def use(machine: Machine) -> None:
        now[:] = [machine]

    with patch.object(os, "urandom", counted):
        yield use
