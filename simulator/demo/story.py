"""What happens in the small world: five scenes with real processes, played from the first dock to the last erase."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from simulator.demo.telling import RED
from simulator.demo.watcher import Watcher
from simulator.demo.world import IT, Station, World

SECRET = b"A file of the station, outside of every card. Nobody may follow a link to it.\n"
HOSTILE = "night\nshift – Zoë 夜.MP4"
DOWN_AT_LEAST_S = 2.0


@dataclass
class DockPlayed:
    """One dock as we played it: the camera was put in and pulled out between these instants."""

    camera: str
    station: str
    bay: str
    before_dock: datetime
    after_dock: datetime
    before_undock: datetime | None = None


@dataclass
class Played:
    """What happened, told by those who made it happen."""

    docks: list[DockPlayed] = field(default_factory=list)
    told_to_put_back: bool = False
    left_when_pulled: int = 0
    """Files that were not copied when the camera was pulled too early."""
    bytes_under_way: int = 0
    """What central had acknowledged of unreceipted footage when it was killed."""
    unreceipted_when_killed: int = 0
    uncopied_when_agent_died: int = 0


class Story:
    """Plays the scenes in order. Each raises StoryFailed when it cannot go on."""

    def __init__(self, world: World, watcher: Watcher, catch_up: Callable[[], None]) -> None:
        """`catch_up` tells all that the stations recorded so far."""
        self._world, self._watcher, self._catch_up = world, watcher, catch_up
        self._say, self._scene = world.teller.say, world.teller.scene
        self._east, self._west = world.stations
        self.played = Played()

    def play(self) -> None:
        self._scene("The mailbox works")
        said = self._world.central.command("mail", "test", IT)
        self._say("central", said.strip())
        self._plain_dock()
        self._pulled_too_early()
        self._central_dies()
        self._agent_dies()
        self._world.until(self._everything_is_told, "the stations send their last events")
        self._catch_up()

    # --- scenes ---------------------------------------------------------------------------------------

    def _plain_dock(self) -> None:
        self._scene("A camera comes home")
        self.dock("BWC0412", self._east)
        self.wait_safe("BWC0412", self._east)
        self.undock("BWC0412")
        self._say("on the road", "taken out for the next shift", camera="BWC0412")
        self._next_shift = self._world.fill(
            "BWC0412", "--add", "--files", "4", "--size", "8MiB", "--seed", "2", "--no-half-written"
        )

    def _pulled_too_early(self) -> None:
        self._scene("A camera is pulled too early, and finished at the other station")
        self.dock("BWC0413", self._east)
        self._mid_copy("BWC0413", self._east)
        self.undock("BWC0413")
        self._catch_up()
        self._say("on the road", "pulled out in the middle of the copy", camera="BWC0413", colour=RED)
        self._world.until(lambda: self._east.says("BWC0413") == "put back", "east-1 asks to put the camera back")
        self._catch_up()
        self.played.told_to_put_back = True
        self.played.left_when_pulled = self._east.ledger.states("BWC0413").get("FOUND", 0)
        self.dock("BWC0413", self._west)
        self.wait_safe("BWC0413", self._west)

    def _central_dies(self) -> None:
        self._scene("Central is killed while footage is on its way")
        camera, ledger, played = "BWC0414", self._west.ledger, self.played
        self.dock(camera, self._west)
        self._world.until(lambda: ledger.bytes_on_their_way(camera), "footage is on its way", within_s=60)
        self._world.central.process.kill()
        self._watcher.central_died()
        played.bytes_under_way = ledger.bytes_on_their_way(camera)
        states = ledger.states(camera)
        played.unreceipted_when_killed = sum(states.get(name, 0) for name in ("FOUND", "STAGED", "UPLOADED"))
        self._catch_up()
        self._say(
            "central", f"killed with SIGKILL; {played.unreceipted_when_killed} files wait for a receipt", colour=RED
        )
        self._world.until(lambda: self._west.says(camera) == "may be taken", "the card is drained without central")
        self._catch_up()
        self._world.pause(DOWN_AT_LEAST_S)
        self._watcher.central_returns()
        self._say("central", "starts again")
        self._world.central.start()
        self._say("central", f"listens at {self._world.central.url}")
        self.wait_safe(camera, self._west)

    def _agent_dies(self) -> None:
        self._scene("A station is killed in the middle of a copy")
        self._next_shift.output()
        self.dock("BWC0412", self._east)
        self._mid_copy("BWC0412", self._east)
        self._east.process.kill()
        self.played.uncopied_when_agent_died = left = self._east.ledger.states("BWC0412").get("FOUND", 0)
        self._catch_up()
        self._say("east-1", f"killed with SIGKILL; {left} files are not copied yet", colour=RED)
        self._world.pause(0.5)
        self._east.start()
        self._say("east-1", "starts again")
        self.wait_safe("BWC0412", self._east)

    # --- moves ----------------------------------------------------------------------------------------

    def dock(self, camera: str, station: Station) -> None:
        """Put a camera in, after everything on its card was hashed."""
        self._watcher.hold(camera, self._world.card(camera))
        before = datetime.now(UTC)
        self._world.dock(camera, station)
        bay = station.label(camera)
        self.played.docks.append(DockPlayed(camera, station.name, bay, before, datetime.now(UTC)))

    def undock(self, camera: str) -> None:
        mine = next(dock for dock in reversed(self.played.docks) if dock.camera == camera)
        mine.before_undock = datetime.now(UTC)
        self._world.undock(camera)

    def wait_safe(self, camera: str, station: Station) -> None:
        self._world.until(
            lambda: station.says(camera) == "safe to remove", f"{camera} is safe to remove from {station.name}", 120
        )
        self._catch_up()

    def _mid_copy(self, camera: str, station: Station) -> None:
        """Until a part of this dock's files is copied, and another part is not."""
        partial = station.state / "spool"

        def is_copying() -> bool:
            return station.ledger.states(camera).get("FOUND", 0) > 1 and any(partial.glob("*.part"))

        self._world.until(is_copying, f"{station.name} copies {camera}", within_s=60)

    def _everything_is_told(self) -> bool:
        told = [station.snapshot().get("central", {}) for station in self._world.stations]
        return all(central.get("reachable") and central.get("events_unsent") == 0 for central in told)


def write_hostile_files(card: Path, outside: Path) -> None:
    """Names and things that no camera should hold: a newline in a video's name, a log, and a link that leads out."""
    folder = next(path for path in sorted(card.glob("DCIM/*")) if path.is_dir())
    whole = next(iter(sorted(folder.glob("*.MP4"))))
    hostile = folder / HOSTILE
    hostile.write_bytes(whole.read_bytes() + b"\0\0\0\x08free")  # still plays, and is no other file's content
    (card / "LOG").mkdir()
    (card / "LOG/boot.bin").write_bytes(b"\x7fboot\n" * 100)
    earlier = whole.stat().st_mtime
    for path in (hostile, card / "LOG/boot.bin"):
        os.utime(path, (earlier, earlier))
    outside.write_bytes(SECRET)
    (folder / "latest.MP4").symlink_to(outside)
