"""After the story: cameras come and go, so that the page lives."""

from __future__ import annotations

import random

from simulator.demo.failures import StoryFailed
from simulator.demo.story import Story
from simulator.demo.watcher import Watcher
from simulator.demo.world import LABELS, World

AWAY_S = (8.0, 20.0)
IN_BAY_S = (10.0, 25.0)


def live_on(world: World, story: Story, watcher: Watcher) -> None:
    """Until Ctrl-C.

    Raises:
        StoryFailed: something ended by itself, or the watcher saw a promise broken.
        AudienceLeft: nobody reads what we print.
    """
    rng = random.Random()
    for turn in range(1, 1_000_000):
        camera = rng.choice(list(LABELS))
        story.undock(camera)
        world.pause(rng.uniform(*AWAY_S))
        world.fill(
            camera, "--add", "--files", "2", "--size", "512KiB", "--seed", str(100 + turn), "--no-half-written"
        ).output()
        station = rng.choice(world.stations)
        story.dock(camera, station)
        story.wait_safe(camera, station)
        if watcher.unsafe:
            raise StoryFailed(f"a promise was broken: {watcher.unsafe[0]}")
        world.pause(rng.uniform(*IN_BAY_S))
