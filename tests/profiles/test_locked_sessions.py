"""The locked part of a dock session: what is recorded, what is tried, and what never twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from agent.pipeline.locked_session import LockedSession
from agent.pipeline.unlocking import Unlocking
from agent.rules.bay_words import BayState, bay_says
from agent.rules.footage import Presence
from agent.rules.profiles import IdentitySource, Profile, Unlock
from protocol.events import Event, decode_body
from simulator.locked_camera import Face, LockedDevice, MemoryUnlocker
from tests.pipeline.dock import Dock

GAT947 = Profile(
    "gat947",
    unlock=Unlock(("0000",), ("0947",)),
    identity=(IdentitySource("unlock", unique=True), IdentitySource("usb_serial")),
)
DRIFT = timedelta(minutes=2)


class LockedDock:
    """A station of doubles with one locked camera, or several."""

    def __init__(self, profile: Profile = GAT947) -> None:
        self.dock = Dock(profile=profile)
        self.unlocker = MemoryUnlocker()
        self.unlocking = Unlocking(self.dock.clock, self.dock.ledger, self.unlocker)
        self.device = self.device_in("1-1.4")
        self.plugs = 0
        self.expected: list[tuple[str, str]] = []

    def device_in(self, bay: str) -> LockedDevice:
        clock = self.dock.clock
        device = LockedDevice(now=lambda: clock.now().wall.replace(tzinfo=None), drift=DRIFT)
        self.unlocker.devices[bay] = device
        return device

    def plug(self, bay: str = "1-1.4", usb_serial: str = "X") -> LockedSession:
        self.plugs += 1
        now = self.dock.clock.now()
        facts = {"source": "usb", "bay": bay, "usb_serial": usb_serial, "locked_as": "gat947"}
        presence = Presence(f"usb:{self.plugs}", "usb", bay, now, now, locked=True, facts=facts)
        return self.session(presence)

    def session(self, presence: Presence) -> LockedSession:
        docked = None
        expect = self.expected.append
        return LockedSession(
            self.dock.bench,
            self.unlocking,
            presence,
            uuid4(),
            docked,
            lambda _camera: None,
            lambda key, serial: expect((key, serial)),
        )

    def events(self) -> list[Event]:
        return [decode_body(event.body) for event in self.dock.ledger.events_after(0, 1000)]  # type: ignore[misc]

    def named(self) -> list[str]:
        return [type(event).__name__ for event in self.events()]


def says(session: LockedSession) -> BayState:
    return bay_says(session.board.view)


def test_the_offset_is_measured_and_recorded_before_the_clock_is_set() -> None:
    world = LockedDock()
    seen: list[list[str]] = []

    def heard(step: str) -> None:
        if step in ("set_clock", "show_storage"):
            seen.append(world.named())

    world.device.heard = heard
    session = world.plug()
    session.turn()
    before_set, before_storage = seen
    assert before_set[-2:] == ["CameraDocked", "CameraUnlocked"]
    assert before_storage[-1] == "CameraClockSet"
    docked, unlocked, was_set = world.events()[-3:]
    assert docked.camera == unlocked.camera == "ACCC8E1"
    assert (docked.identity_source, docked.identity_unique, docked.profile) == ("unlock", True, "gat947")
    assert docked.clock_offset_s == unlocked.clock_offset_s == pytest.approx(120, abs=1.1)
    assert unlocked.clock_uncertainty_s == pytest.approx(0.5, abs=0.1)
    assert (unlocked.officer_id, unlocked.unit_id, unlocked.sets_clock) == ("000117", "320100000001", True)
    assert was_set.offset_before_s == unlocked.clock_offset_s
    assert abs(was_set.offset_after_s) <= 1.1
    assert abs(world.device.drift) <= timedelta(seconds=1)
    assert world.expected == [(session.presence.key, "ACCC8E1")]
    assert world.device.face is Face.STORAGE
    assert says(session) is BayState.IDENTIFYING


def test_a_clock_is_not_set_from_one_that_is_in_doubt_itself() -> None:
    world = LockedDock()
    world.dock.clock.measured(400_000.0, 5.0)
    world.plug().turn()
    assert "set_clock" not in world.device.steps
    assert world.device.face is Face.STORAGE
    assert next(e.sets_clock for e in world.events() if type(e).__name__ == "CameraUnlocked") is False


def test_a_profile_may_leave_the_clock_alone_and_a_camera_may_not_tell_it() -> None:
    world = LockedDock(replace(GAT947, unlock=replace(GAT947.unlock, set_clock=False)))  # type: ignore[type-var]
    world.plug().turn()
    assert "set_clock" not in world.device.steps
    mute = LockedDock()
    mute.device.tells_clock = False
    mute.plug().turn()
    assert "set_clock" not in mute.device.steps
    docked = next(event for event in mute.events() if type(event).__name__ == "CameraDocked")
    assert docked.clock_offset_s is None


def test_a_wrong_password_is_tried_once_and_never_again_whatever_happens() -> None:
    world = LockedDock()
    world.unlocker.file = "999999"
    session = world.plug()
    for _ in range(5):
        session.turn()
    assert world.device.steps.count("unlock") == 1
    assert says(session) is BayState.LEAVE_IN_BAY
    restarted = world.session(session.presence)
    restarted.turn()
    replugged = world.plug()
    replugged.turn()
    other = world.device_in("1-1.5")
    world.plug("1-1.5").turn()
    assert world.device.steps.count("unlock") == 1
    assert "unlock" not in other.steps, "a password that nobody ever took is tried on one camera only"
    assert world.device.tries_left == 2
    reasons = [event.reason for event in world.events() if type(event).__name__ == "BayTrouble"]
    assert reasons == [
        "unlock_refused",
        "unlock_held_back",
        "unlock_held_back",
        "unlock_held_back",
        "unlock_held_back",
    ]
    assert "999999" not in "".join(repr(event) for event in world.events())


def test_the_right_password_in_the_file_is_tried_by_itself() -> None:
    world = LockedDock()
    world.unlocker.file = "999999"
    session = world.plug()
    session.turn()
    world.unlocker.file = "000000"
    session.turn()
    assert world.device.face is Face.STORAGE
    assert session.docked is not None
    assert session.docked.camera != "ACCC8E1", "its dock was recorded before it had told its name"


def test_one_strange_camera_does_not_keep_the_others_from_being_unlocked() -> None:
    world = LockedDock()
    strange = world.device_in("1-1.5")
    strange.password = "other"
    for bay in ("1-1.4", "1-1.5"):
        world.plug(bay).turn()
    next_one = world.device_in("1-1.6")
    world.plug("1-1.6").turn()
    assert (world.device.face, strange.tries_left, next_one.face) == (Face.STORAGE, 2, Face.STORAGE)


@pytest.mark.parametrize("step", ["identify", "unlock", "describe", "clock"])
@pytest.mark.parametrize("how", ["silent_at", "pulled_at"])
def test_a_camera_that_does_not_answer_is_tried_again_but_its_password_is_not(how: str, step: str) -> None:
    world = LockedDock()
    setattr(world.device, how, step)
    session = world.plug()
    for _ in range(4):
        session.turn()
    assert world.device.steps.count("unlock") <= (1 if step == "unlock" else 4)
    assert world.device.tries_left == 3
    assert says(session) is BayState.LEAVE_IN_BAY
    assert session.docked is not None, "its dock is recorded all the same"
    assert not session.docked.identity_unique or session.docked.identity_source == "unlock"
    assert world.expected == []


def test_a_station_that_is_not_set_up_says_so_and_records_the_dock() -> None:
    world = LockedDock()
    world.unlocker.devices.clear()
    session = world.plug()
    session.turn()
    assert [e.reason for e in world.events() if type(e).__name__ == "BayTrouble"] == ["unlock_not_set_up"]
    assert session.docked is not None
    assert says(session) is BayState.LEAVE_IN_BAY


def test_a_camera_that_never_becomes_storage_is_reported_and_left_alone_after_a_while() -> None:
    world = LockedDock()
    session = world.plug()
    session.turn()
    session.turn()
    assert world.device.steps.count("unlock") == 1, "it is on its way"
    for _ in range(12):
        world.dock.clock.advance(31)
        world.device.face = Face.LOCKED
        session.turn()
    assert world.device.steps.count("unlock") == 3
    reasons = [event.reason for event in world.events() if type(event).__name__ == "BayTrouble"]
    assert reasons == ["unlock_failed", "unlock_held_back"]


def test_who_leaves_in_the_middle_ends_the_step_and_records_nothing_more() -> None:
    world = LockedDock()
    session = world.plug()
    session.leave()
    before = world.named()
    session.run()
    assert world.named() == before


def test_the_shown_time_is_read_in_the_cameras_zone() -> None:
    world = LockedDock(replace(GAT947, time=replace(GAT947.time, name_zone="UTC-06:00")))
    clock = world.dock.clock
    world.device.now = lambda: clock.now().wall.replace(tzinfo=None) - timedelta(hours=6)
    world.plug().turn()
    unlocked = next(event for event in world.events() if type(event).__name__ == "CameraUnlocked")
    assert unlocked.clock_offset_s == pytest.approx(120, abs=1.1)
    assert abs(world.device.drift) <= timedelta(seconds=1)
