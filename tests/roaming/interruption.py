"""What may happen in the middle of a step."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from tests.roaming.station import SteppedStation
from tests.roaming.world import World


@dataclass(frozen=True, slots=True)
class Interruption:
    """What happens at the n-th call of a step."""

    kind: str
    """`crash`, `power`, `pull`, `write`, `network`."""
    door: str
    """Which calls are counted; empty: all."""
    calls: int
    camera: str = ""
    seed: int = 0

    def arm(self, world: World, process: SteppedStation) -> None:
        process.fuse.set(self.door, self.calls, lambda door: self._happen(world, process, door))

    def _happen(self, world: World, process: SteppedStation, door: str) -> None:
        station = process.hardware.name
        camera = world.cameras.get(self.camera)
        dice = random.Random(self.seed)
        if self.kind == "crash":
            world.say(f"… {station} is killed at its call of {door}")
            process.die()
        elif self.kind == "power":
            world.say(f"… {station} loses power at its call of {door}")
            process.die()
            world.lost_power.add(station)
        elif self.kind == "network":
            world.say(f"… the network of {station} drops at its call of {door}")
            line = process.hardware.line
            line.faults = replace(line.faults, away=True)
        elif camera is not None and camera.station == station:
            world.say(f"… at its call of {door}:")
            if self.kind == "pull":
                world.undock(camera, dice)
            elif camera.card.files:
                path = sorted(camera.card.files)[self.seed % len(camera.card.files)]
                grown = camera.card.files[path].content + b"+"
                world.record(camera, path, camera.shoot(40) if self.seed % 2 else grown, later=True)
