"""After the story: cameras come and go, one stays out, a station dies and returns, so that the pages live."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime

from simulator.demo.absence import ENDS_IN, UNSEEN
from simulator.demo.failures import StoryFailed
from simulator.demo.roster import NIGHT, Shift, drop
from simulator.demo.story import Story
from simulator.demo.telling import GREEN, RED
from simulator.demo.watcher import Watcher
from simulator.demo.world import LABELS, World

AWAY_S = (8.0, 20.0)
IN_BAY_S = (10.0, 25.0)
MISSING_TURNS = 3
"""So many cameras come and go while another stays out past its deadline."""
NORTH_TURNS = 4
"""So many until north-1 dies, or returns."""


def live_on(world: World, story: Story, watcher: Watcher) -> None:
    """Until Ctrl-C.

    Raises:
        StoryFailed: something ended by itself, or the watcher saw a promise broken.
        AudienceLeft: nobody reads what we print.
    """
    life = _Life(world, story)
    life.turn_north()
    missing = life.goes_missing()
    for turn in itertools.count(1):
        life.comes_and_goes(missing)
        if watcher.unsafe:
            raise StoryFailed(f"a promise was broken: {watcher.unsafe[0]}")
        if turn % NORTH_TURNS == 0:
            life.turn_north()
        if turn % MISSING_TURNS == 0:
            life.comes_back(missing)
            missing = life.goes_missing()


class _Life:
    def __init__(self, world: World, story: Story) -> None:
        self._world, self._moves, self._say = world, story.moves, world.teller.say
        *self._open, self._north = world.stations
        self._rng, self._shifts, self._seeds = random.Random(), itertools.count(1), itertools.count(101)
        self._cameras = sorted(LABELS.keys() - {UNSEEN})  # that one stays at north-1

    def turn_north(self) -> None:
        """It dies, or it returns."""
        if self._north.process.is_wanted:
            self._north.process.kill()
            self._say("north-1", "killed with SIGKILL: IT is told in some seconds", colour=RED)
        else:
            self._north.start()
            self._say("north-1", "starts again", colour=GREEN)

    def goes_missing(self) -> str:
        """The camera that is taken out for a shift which ends at once, and does not come back for long."""
        camera, number = self._rng.choice(self._cameras), next(self._shifts)
        now = datetime.now(UTC)
        self._moves.undock(camera)
        shift = Shift(f"live-{number}", camera, NIGHT, self._open[0].name, now + ENDS_IN, now)
        drop(self._world.central.roster, f"live-{number}.csv", [shift])
        self._say("on the road", f"is out for shift {shift.shift_id}, and will not come back in time", camera=camera)
        return camera

    def comes_back(self, camera: str) -> None:
        self._record(camera)
        station = self._rng.choice(self._open)
        self._moves.dock(camera, station)
        self._moves.wait_safe(camera, station)

    def comes_and_goes(self, missing: str) -> None:
        """One camera that is in a dock, not the missing one, is out for a while."""
        camera = self._rng.choice([one for one in self._cameras if one != missing])
        self._moves.undock(camera)
        self._world.pause(self._rng.uniform(*AWAY_S))
        self.comes_back(camera)
        self._world.pause(self._rng.uniform(*IN_BAY_S))

    def _record(self, camera: str) -> None:
        seed = str(next(self._seeds))
        options = ("--add", "--files", "2", "--size", "512KiB", "--seed", seed, "--no-half-written")
        self._world.fill(camera, *options).output()
