"""Two stations, one central, three cameras of which two claim one name; and all that may befall them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from agent.rules.bay_words import bay_says
from agent.rules.footage import VolumeId
from protocol import events as e
from simulator.cards import MemoryFile
from simulator.central_store import CentralStore, Faults, Holdings
from simulator.clock import SimulatedClock
from tests.roaming.camera import Camera, RoamingCard
from tests.roaming.fuse import ProcessGone
from tests.roaming.invariants import (
    Broken,
    LedgerWatch,
    check_central,
    check_nothing_lost,
    check_words,
    require,
)
from tests.roaming.station import Hardware, Part, SteppedStation
from tests.roaming.truth import Truth, is_named

if TYPE_CHECKING:
    from tests.roaming.interruption import Interruption

STATIONS = ("east-1", "west-2")
CAMERAS = {"BWC1": "BWC1", "BWC2": "BWC2", "BWC1's twin": "BWC1"}
"""Title → the name that it claims."""


WITH_BAYS = (
    SteppedStation.serve,
    SteppedStation.everything,
    SteppedStation.everything_backwards,
    SteppedStation.everything_but_central_first,
)
"""Rounds after which every word at a bay is fresh."""


@dataclass(frozen=True, slots=True)
class Backup:
    at: datetime
    holdings: Holdings


class World:
    """Everything is told in sentences through `say`."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.store = CentralStore()
        self.clock = SimulatedClock()
        """True time, which is central's."""
        self.stations = {name: Hardware(name, self.store, self.clock) for name in STATIONS}
        self.cameras = {
            title: Camera(title, serial, RoamingCard(self._unlinked)) for title, serial in CAMERAS.items()
        }
        self.truth = Truth(self.store, self.stations.values(), self.cameras.values())
        self.running: dict[str, SteppedStation] = {}
        self.backup = Backup(self.clock.now().wall, self.store.backup())
        self.volumes = 0
        self.unlinks = 0
        self.interruptions = 0
        self._restored: set[str] = set()
        """Stations that have not heard of central's restore."""
        self._watches = {name: LedgerWatch(station.ledger) for name, station in self.stations.items()}
        self.lost_power: set[str] = set()
        self._witnessed: Broken | None = None
        """What an unlink broke. The agent survives every error of a card, so it is raised after the step."""

    # --- cameras ------------------------------------------------------------------------------------------

    def record(self, camera: Camera, path: bytes, content: bytes, *, later: bool) -> None:
        verb = "writes over" if path in camera.card.files else "records"
        time = "" if later else ", under the time that its clock always begins with"
        self.say(f"{camera.title} {verb} {path.decode()} with {len(content)} bytes{time}")
        camera.write(path, content, later=later)
        self._camera_wrote()

    def swap_unnoticed(self, camera: Camera, path: bytes) -> None:
        file = camera.card.files[path]
        other = camera.shoot(len(file.content))[: len(file.content)]
        if len(other) != len(file.content) or other == file.content:
            return
        self.say(f"{camera.title} puts other footage of the same size and time under {path.decode()}")
        camera.card.files[path] = MemoryFile(other, file.mtime_ns)
        self._camera_wrote()

    def remove(self, camera: Camera, path: bytes) -> None:
        self.say(f"{camera.title} loses {path.decode()} by its own hand")
        del camera.card.files[path]
        self._camera_wrote()

    def damage(self, camera: Camera, path: bytes, offset: int) -> None:
        self.say(f"{camera.title}: {path.decode()} cannot be read from byte {offset} on")
        camera.card.files[path].unreadable_from = offset

    def heal(self, camera: Camera) -> None:
        self.say(f"{camera.title} can be read again")
        for file in camera.card.files.values():
            file.unreadable_from = None
        camera.card.unreadable_folders.clear()

    def hide_folder(self, camera: Camera) -> None:
        self.say(f"{camera.title}: a folder cannot be listed")
        camera.card.unreadable_folders = ["DCIM: input/output error"]

    def dock(self, camera: Camera, station: str) -> None:
        self.say(f"{camera.title} is docked at {station}")
        self._plug(camera, station)

    def _plug(self, camera: Camera, station: str) -> None:
        hardware = self.stations[station]
        self.volumes += 1
        card = camera.card
        card.plugged(VolumeId(10_000 + self.volumes, 1))
        camera.station = station
        camera.presence = hardware.source.dock(camera.serial, f"bay of {camera.title}")
        hardware.mounter.insert(camera.presence, card)

    def undock(self, camera: Camera, dice: random.Random) -> None:
        self.say(f"{camera.title} is pulled out of {camera.station}")
        self._pull(camera, dice)

    def _pull(self, camera: Camera, dice: random.Random) -> None:
        assert camera.presence is not None
        hardware = self.stations[camera.station]
        hardware.mounter.pull(camera.presence)
        # After another boot of the station the same plug has another key.
        for presence in list(hardware.source._plugged.values()):
            if presence.bay == camera.presence.bay:
                hardware.source.undock(presence)
        camera.card.lose_unsynced(dice)
        camera.station, camera.presence = "", None

    def replug(self, camera: Camera, dice: random.Random) -> None:
        self.say(f"{camera.title} is pulled out of {camera.station} and put back before anyone looks")
        station = camera.station
        self._pull(camera, dice)
        self._plug(camera, station)

    def _camera_wrote(self) -> None:
        self.truth.camera_destroyed()
        self.truth.take_note()

    # --- stations -----------------------------------------------------------------------------------------

    def start(self, station: str, interruption: Interruption | None = None) -> None:
        self.say(f"{station} starts")
        # Built inside, so that nothing of a process that dies at its first call is left behind.
        self.running[station] = process = SteppedStation(self.stations[station])
        self._run(process, SteppedStation.begin, interruption)

    def work(self, station: str, part: Part, interruption: Interruption | None = None) -> None:
        self.say(f"{station} does a round: {part.__name__}")
        self._run(self.running[station], part, interruption)

    def _run(self, process: SteppedStation, part: Part, interruption: Interruption | None) -> None:
        name = process.hardware.name
        had_heard = name not in self._restored
        if interruption is not None:
            interruption.arm(self, process)
        try:
            part(process)
        except ProcessGone:
            self._ended(name)
        finally:
            if interruption is not None and process.fuse.take_out():
                self.interruptions += 1
        if name in self.running and self.running[name].pulse.store_epoch == self.store.epoch:
            self._restored.discard(name)
        if part in WITH_BAYS and interruption is None and had_heard:
            self._listen_to_bays(process)

    def _ended(self, station: str) -> None:
        self.running.pop(station).die()
        for camera in self.docked_at(station):
            camera.card.had_error = False  # the next process begins with what the ledger holds
        if station in self.lost_power:
            self.lost_power.discard(station)
            self._without_power(station, random.Random(self.volumes))

    def stop(self, station: str) -> None:
        self.say(f"{station} is stopped and will start again")
        process = self.running.pop(station)
        process.end()

    def kill(self, station: str) -> None:
        self.say(f"{station}: the agent is killed")
        self._ended(station)

    def cut_power(self, station: str, dice: random.Random) -> None:
        self.say(f"{station} loses power")
        if station in self.running:
            self.running.pop(station).die()
        self._without_power(station, dice)

    def _without_power(self, station: str, dice: random.Random) -> None:
        hardware = self.stations[station]
        hardware.spool.disk.before_step = lambda _step: None
        hardware.spool.crash(dice)
        hardware.clock.reboot()
        for camera in self.docked_at(station):
            camera.card.had_error = False
            camera.card.lose_unsynced(dice)

    def lose_ledger(self, station: str) -> None:
        self.say(f"{station}: its ledger is lost")
        self.stations[station].lose_ledger()
        self._watches[station] = LedgerWatch(self.stations[station].ledger)

    def retry(self, station: str) -> None:
        sent = self.running[station].retry()
        self.say(f"{station}: IT sends back {sent} quarantined files")

    def fill_disk(self, station: str, left: int) -> None:
        disk = self.stations[station].spool.disk
        disk.total = disk.total - disk.free + left
        self.say(f"{station}: its disk has {left} bytes left")

    def free_disk(self, station: str) -> None:
        self.say(f"{station}: its disk has room again")
        self.stations[station].spool.disk.total = 1 << 20

    def set_clock(self, station: str, by: timedelta) -> None:
        self.say(f"{station}: its clock jumps by {by}")
        clock = self.stations[station].clock
        clock.set_wall(clock.now().wall + by)

    def set_clock_right(self, station: str) -> None:
        self.say(f"{station}: its clock is set right")
        self.stations[station].clock.set_wall(self.clock.now().wall)

    def pass_time(self, seconds: float) -> None:
        self.say(f"{timedelta(seconds=seconds)} pass")
        self.let_pass(seconds)

    def let_pass(self, seconds: float) -> None:
        for clock in (self.clock, *(station.clock for station in self.stations.values())):
            clock.advance(seconds)

    def docked_at(self, station: str) -> list[Camera]:
        return [camera for camera in self.cameras.values() if camera.station == station]

    # --- central ------------------------------------------------------------------------------------------

    def fault(self, station: str, faults: Faults, sentence: str) -> None:
        self.say(f"between {station} and central: {sentence}")
        self.stations[station].line.faults = faults

    def rot(self, content: bytes) -> None:
        self.say(f"central: a stored object rots ({content[:24]!r})")
        self.truth.central_rotted(content)
        for held in self.store.held.objects.values():
            if bytes(held) == content:
                held[0] ^= 1

    def back_up(self) -> None:
        self.say("central is backed up")
        self.backup = Backup(self.clock.now().wall, self.store.backup())

    def restore(self) -> None:
        age = self.clock.now().wall - self.backup.at
        self.say(f"central is restored from the backup of {age} ago")
        self._note_pressed()
        self.store.restore(self.backup.holdings)
        self._restored = set(STATIONS)
        early = self.truth.central_restored(self.backup.at, self.clock.now().wall)
        require(not early, f"I2: released from the spool before `keep` was over: {sorted(early)[:3]!r}")

    def _note_pressed(self) -> None:
        for hardware in self.stations.values():
            for event in hardware.ledger.events_after(0, 1 << 30):
                if b"space_needed" not in event.body:
                    continue
                told = e.decode_body(event.body)
                if isinstance(told, e.CopyReleased):
                    asset = hardware.ledger.asset(told.asset_id)
                    self.truth.pressed |= {
                        content
                        for sha256, content in self.truth.sound_objects()
                        if asset is not None and sha256 == asset.sha256
                    }

    # --- what must hold -----------------------------------------------------------------------------------

    def check(self) -> None:
        """Every invariant that holds at every instant."""
        if self._witnessed is not None:
            raise self._witnessed
        self.truth.take_note()
        check_nothing_lost(self.truth)
        check_central(self.truth)
        for watch in self._watches.values():
            watch.check()
        for name, process in self.running.items():
            self._check_docks(name, process)

    def _check_docks(self, station: str, process: SteppedStation) -> None:
        """I7: what the reconciler has seen come or go stands in the ledger, open or ended, exactly once."""
        ledger = self.stations[station].ledger
        live = {session.session for session in process.bays.sessions()}
        unended = {docked.session for docked in ledger.open_sessions()} - live
        require(not unended, f"I7: {station} forgot a dock that it never ended: {unended}")

    def _listen_to_bays(self, process: SteppedStation) -> None:
        """After a whole turn with nobody in between: does every word stand?"""
        if process.hardware.name not in self.running:
            return
        for session in process.bays.sessions():
            card = process.card_of(session)
            camera = next((one for one in self.cameras.values() if one.card is card), None)
            if camera is None:
                continue
            elsewhere = self.truth.in_spools() | self.truth.at_central() | self.truth.rotted | {b""}
            alone = {
                file.content
                for path, file in card.files.items()
                if not card.is_unnoticed(path) and file.content not in elsewhere
            }
            check_words(bay_says(session.board.view), alone, f"the bay of {camera.title}")

    def _unlinked(self, card: RoamingCard, path: bytes, content: bytes) -> None:
        try:
            self._judge_unlink(card, path, content)
        except Broken as broken:
            self._witnessed = self._witnessed or broken

    def _judge_unlink(self, card: RoamingCard, path: bytes, content: bytes) -> None:
        """I1, at the very instant: by the model's own record of what central signed."""
        self.unlinks += 1
        camera = next(one for one in self.cameras.values() if one.card is card)
        hardware = self.stations[camera.station]
        self.say(f"{hardware.name} erases {path.decode()} from {camera.title}")
        signed = {statement.content: stated for stated, statement in self.store.signed}
        named = f"I1: {path.decode()} of {camera.title} is unlinked"
        receipts = [
            signed[asset.receipt.content]
            for asset in hardware.ledger._assets()
            if asset.path == path and asset.receipt is not None and asset.receipt.content in signed
        ]
        fitting = [
            stated
            for stated in receipts
            if stated.station == hardware.name
            and stated.size == len(content)
            and stated.store_epoch == self.store.epoch
            and not stated.hold
            and is_named(content, stated.sha256)
        ]
        require(fitting, f"{named} without a receipt for exactly these bytes from the central that stands")
        require(not card.had_error, f"{named} after an I/O error in this dock")
        twins = [one for one in self.docked_at(camera.station) if one.serial == camera.serial and one is not camera]
        known = {session.board.bay for session in self.running[hardware.name].bays.sessions() if session.docked}
        require(
            not any(twin.presence and twin.presence.bay in known for twin in twins),
            f"{named} while another camera of its name is docked beside it",
        )
