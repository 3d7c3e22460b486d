"""Putting cameras in and taking them out, with a note of when that was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from simulator.demo.watcher import Watcher
from simulator.demo.world import Station, World


@dataclass
class DockPlayed:
    """One dock as we played it: the camera was put in and pulled out between these instants."""

    camera: str
    station: str
    bay: str
    before_dock: datetime
    after_dock: datetime
    before_undock: datetime | None = None


class Moves:
    """All docks of one run."""

    def __init__(self, world: World, watcher: Watcher, catch_up: Callable[[], None]) -> None:
        """`catch_up` tells all that the stations recorded so far."""
        self._world, self._watcher, self._catch_up = world, watcher, catch_up
        self.docks: list[DockPlayed] = []

    def dock(self, camera: str, station: Station) -> None:
        """Put a camera in, after everything on its card was hashed."""
        self._watcher.hold(camera, self._world.card(camera))
        before = datetime.now(UTC)
        self._world.dock(camera, station)
        bay = station.label(camera)
        self.docks.append(DockPlayed(camera, station.name, bay, before, datetime.now(UTC)))

    def undock(self, camera: str) -> None:
        mine = next(dock for dock in reversed(self.docks) if dock.camera == camera)
        mine.before_undock = datetime.now(UTC)
        self._world.undock(camera)

    def wait_safe(self, camera: str, station: Station) -> None:
        self._world.until(
            lambda: station.says(camera) == "safe to remove", f"{camera} is safe to remove from {station.name}", 120
        )
        self._catch_up()

    def wait_mid_copy(self, camera: str, station: Station) -> None:
        """Until a part of this dock's files is copied, and another part is not."""
        partial = station.state / "spool"

        def is_copying() -> bool:
            return station.ledger.states(camera).get("FOUND", 0) > 1 and any(partial.glob("*.part"))

        self._world.until(is_copying, f"{station.name} copies {camera}", within_s=60)
