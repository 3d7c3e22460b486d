"""What happens in the small world: scenes with real processes, played from the first dock to the last erase."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from simulator.demo.absence import STAYS_OUT, Absence
from simulator.demo.moves import Moves
from simulator.demo.telling import RED
from simulator.demo.watcher import Watcher
from simulator.demo.world import IT, World

SECRET = b"A file of the station, outside of every card. Nobody may follow a link to it.\n"
HOSTILE = "night\nshift – Zoë 夜.MP4"
DOWN_AT_LEAST_S = 2.0


@dataclass
class Played:
    """What happened, told by those who made it happen."""

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
        self._east, self._west, _ = world.stations
        self.played = Played()
        self.moves = Moves(world, watcher, catch_up)
        self.absence = Absence(world, self.moves)

    def play(self) -> None:
        self._scene("The mailbox works")
        said = self._world.central.command("mail", "test", IT)
        self._say("central", said.strip())
        self._plain_dock()
        self.absence.shifts_end()
        self._pulled_too_early()
        self._central_dies()
        self.absence.first_notice()
        self.absence.dead_station_returns()
        self._agent_dies()
        self.absence.ends_well()
        self._world.until(self._everything_is_told, "the stations send their last events")
        self._world.until(self.absence.nobody_is_pending, "every shift is judged")
        self._catch_up()

    # --- scenes ---------------------------------------------------------------------------------------

    def _plain_dock(self) -> None:
        self._scene("A camera comes home")
        cameras = ("BWC0412", STAYS_OUT)
        for camera in cameras:
            self.moves.dock(camera, self._east)
        for camera in cameras:
            self.moves.wait_safe(camera, self._east)
            self.moves.undock(camera)
            self._say("on the road", "taken out again", camera=camera)
        self._next_shift = self._world.fill(
            "BWC0412", "--add", "--files", "4", "--size", "8MiB", "--seed", "2", "--no-half-written"
        )

    def _pulled_too_early(self) -> None:
        self._scene("A camera is pulled too early, and finished at the other station")
        self.moves.dock("BWC0413", self._east)
        self.moves.wait_mid_copy("BWC0413", self._east)
        self.moves.undock("BWC0413")
        self._catch_up()
        self._say("on the road", "pulled out in the middle of the copy", camera="BWC0413", colour=RED)
        self._world.until(lambda: self._east.says("BWC0413") == "put back", "east-1 asks to put the camera back")
        self._catch_up()
        self.played.told_to_put_back = True
        self.played.left_when_pulled = self._east.ledger.states("BWC0413").get("FOUND", 0)
        self.moves.dock("BWC0413", self._west)
        self.moves.wait_safe("BWC0413", self._west)

    def _central_dies(self) -> None:
        self._scene("Central is killed while footage is on its way")
        camera, ledger, played = "BWC0414", self._west.ledger, self.played
        self.moves.dock(camera, self._west)
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
        self.moves.wait_safe(camera, self._west)

    def _agent_dies(self) -> None:
        self._scene("A station is killed in the middle of a copy")
        self._next_shift.output()
        self.moves.dock("BWC0412", self._east)
        self.moves.wait_mid_copy("BWC0412", self._east)
        self._east.process.kill()
        self.played.uncopied_when_agent_died = left = self._east.ledger.states("BWC0412").get("FOUND", 0)
        self._catch_up()
        self._say("east-1", f"killed with SIGKILL; {left} files are not copied yet", colour=RED)
        self._world.pause(0.5)
        self._east.start()
        self._say("east-1", "starts again")
        self.moves.wait_safe("BWC0412", self._east)

    def _everything_is_told(self) -> bool:
        return all(station.has_told_all() for station in self._world.stations)


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
