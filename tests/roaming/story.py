"""One story: what happens, event by event. Everything that chance decides is seeded, so that it can be told again."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from simulator.central_store import Faults
from tests.roaming.camera import Camera
from tests.roaming.interruption import Interruption
from tests.roaming.quiet import check_all_done, come_to_rest
from tests.roaming.station import Part, SteppedStation
from tests.roaming.world import CAMERAS, STATIONS, World

PATHS = (b"DCIM/0001.MP4", b"DCIM/0001.JSON", b"DCIM/0002.MP4", b"LOG.TXT")
LENGTHS = (40, 40, 6000, 0)
"""Equal lengths are common: recordings are preallocated in segments. 6000 bytes can be read in part."""


class Event:
    """What happens next. Its sentence is told when it happens, so its repr is short."""

    def __init__(self, name: str, arguments: dict[str, Any]) -> None:
        self.name, self.arguments = name, arguments

    def __repr__(self) -> str:
        return self.name


class Story:
    """Ends with `close`, whether it was told to its end or not."""

    def __init__(self, say: Callable[[str], None], count: Callable[[str], None] = lambda _: None) -> None:
        """`count` is told the kind of every step."""
        self._count = count
        self._dice = random.getstate()
        random.seed(2026)
        self._ids = patch.object(os, "urandom", random.Random(2026).randbytes)
        self._ids.start()
        self.world = World(say)

    def close(self) -> None:
        self._ids.stop()
        random.setstate(self._dice)

    def begin(self, footage: list[tuple[str, bytes, int]], docked: list[tuple[str, str]]) -> None:
        world = self.world
        for title, path, length in footage:
            camera = world.cameras[title]
            world.record(camera, path, camera.shoot(length) if length else b"", later=False)
        for name in STATIONS:
            world.start(name)
        for title, station in docked:
            world.dock(world.cameras[title], station)

    def happens(self, event: Event) -> None:
        getattr(self, event.name)(**event.arguments)

    def end(self) -> None:
        """Faults stop; now everything must come to its good end."""
        come_to_rest(self.world)
        check_all_done(self.world)

    def step(self, kind: str) -> None:
        self._count(kind)
        self.world.let_pass(1)

    def check(self) -> None:
        self.world.check()

    def some_file(self, camera: Camera, seed: int) -> bytes | None:
        there = sorted(camera.card.files)
        return there[seed % len(there)] if there else None

    # --- cameras ------------------------------------------------------------------------------------------

    def record(self, title: str, path: bytes, length: int, later: bool, bad_from: int | None) -> None:
        camera = self.world.cameras[title]
        kind = "name reused" if path in camera.card.files else "record"
        self.step(kind if bad_from is None else "read error")
        self.world.record(camera, path, camera.shoot(length) if length else b"", later=later)
        if bad_from is not None and bad_from < length:
            self.world.damage(camera, path, bad_from)
        self.check()

    def file_changes(self, title: str, deed: str, seed: int) -> None:
        world, camera = self.world, self.world.cameras[title]
        docked = [one for one in world.cameras.values() if one.station and one.card.files]
        if deed == "change unnoticed" and docked and camera not in docked:
            camera = docked[seed % len(docked)]  # elsewhere it is read anew when it is docked, and noticed
        path = self.some_file(camera, seed)
        if path is None:
            return
        self.step(deed)
        match deed:
            case "grow":
                world.record(camera, path, camera.card.files[path].content + b"more", later=True)
            case "change unnoticed":
                world.swap_unnoticed(camera, path)
            case "remove":
                world.remove(camera, path)
            case "same footage":
                other = world.cameras[tuple(CAMERAS)[seed % len(CAMERAS)]]
                world.record(other, PATHS[0], camera.card.files[path].content, later=False)
            case "read error":
                world.damage(camera, path, (0, 4096, 5000)[seed % 3])
            case "heal":
                world.heal(camera)
            case "no listing":
                world.hide_folder(camera)
        self.check()

    def dock(self, title: str, station: str) -> None:
        camera = self.world.cameras[title]
        if camera.station == station:
            self.step("replug")
            self.world.replug(camera, random.Random(1))
        else:
            self.step("docked elsewhere" if camera.station else "dock")
            if camera.station:
                self.world.undock(camera, random.Random(0))
            self.world.dock(camera, station)
        self.check()

    def undock(self, seed: int) -> None:
        docked = [camera for camera in self.world.cameras.values() if camera.station]
        if not docked:
            return
        self.step("undock")
        self.world.undock(docked[seed % len(docked)], random.Random(seed))
        self.check()

    # --- stations -----------------------------------------------------------------------------------------

    def work(self, station: str, part: Any) -> None:
        self.step("work")
        self._awake(station)
        self.world.work(station, part)
        self.check()

    def everybody_works(self, order: Part) -> None:
        self.step("work")
        for name in STATIONS:
            self._awake(name)
            self.world.work(name, order)
        self.check()

    def interrupted(
        self, station: str, kind: str, moment: tuple[str, int], title: str, path: bytes | None, seed: int
    ) -> None:
        """A camera is served, and something happens in the middle."""
        camera = self.world.cameras[title]
        if path is not None:
            self.world.record(camera, path, camera.shoot(LENGTHS[seed % len(LENGTHS)]), later=True)
        if not camera.station:
            self.world.dock(camera, station)
        self.step(f"{kind} in the middle")
        self._awake(camera.station)
        interruption = Interruption(kind, *moment, title, seed)
        self.world.work(camera.station, SteppedStation.everything, interruption)
        self.check()

    def _awake(self, station: str) -> None:
        if station not in self.world.running:
            self.world.start(station)

    def restart(self, station: str, how: str, seed: int, ledger_lost: bool, moment: tuple[str, int]) -> None:
        """It ends, and starts again when it is next told to work; or at once, and something happens meanwhile."""
        self.step("ledger lost" if ledger_lost else how)
        world = self.world
        if how.startswith("power"):
            world.cut_power(station, random.Random(seed))
        elif station in world.running:
            world.stop(station) if how == "stop" else world.kill(station)
        if ledger_lost:
            world.lose_ledger(station)
        if how.endswith("starting"):
            world.start(station, Interruption(how.split()[0], *moment))
        self.check()

    def station_suffers(self, station: str, deed: str, seed: int) -> None:
        self.step(deed)
        match deed:
            case "disk full":
                self.world.fill_disk(station, (0, 50, 5000)[seed % 3])
            case "disk freed":
                self.world.free_disk(station)
            case "clock jump":
                self.world.set_clock(station, timedelta(hours=(-400, -1, 1, 200)[seed % 4]))
            case "clock right":
                self.world.set_clock_right(station)
            case "retry" if station in self.world.running:
                self.world.retry(station)
        self.check()

    # --- central ------------------------------------------------------------------------------------------

    def central_errs(self, station: str, trouble: tuple[str, dict[str, Any]] | None) -> None:
        if trouble is None:
            self.step("network heals")
            self.world.fault(station, Faults(), "all is well")
        else:
            sentence, faults = trouble
            self.step("network drop" if "away" in faults else "server lie")
            self.world.fault(station, Faults(**faults), sentence)
        self.check()

    def central_changes(self, deed: str, seed: int) -> None:
        sound = sorted(content for content in self.world.truth.at_central() if content)
        if deed == "rot" and not sound:
            return
        self.step(f"central: {deed}")
        if deed == "rot":
            self.world.rot(sound[seed % len(sound)])
        elif deed == "backup":
            self.world.back_up()
        else:
            self.world.restore()
        self.check()

    def time_passes(self, seconds: float) -> None:
        self.step("time passes")
        self.world.pass_time(seconds)
        self.check()
