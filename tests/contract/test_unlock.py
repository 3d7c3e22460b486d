"""The contract of `Unlocker`: over a simulated camera in memory, and by a real program that talks to one."""

# ruff: noqa: DTZ001 - a camera's clock shows digits without a zone
from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agent.adapters.unlock_program import ProgramUnlocker
from agent.config import ProfileSwitch
from agent.errors import UnlockFailed, UnlockNotSetUp, UnlockRefused
from agent.ports import CameraSays, LockedCamera, Unlocker
from agent.rules.footage import Instant, Presence
from agent.rules.profiles import Profile, Unlock
from simulator import unlock_bridge
from simulator.locked_camera import CameraSocket, Face, LockedDevice, MemoryUnlocker
from tests.sources.clock import eventually

PROFILE = Profile("gat947", unlock=Unlock(("0000",), ("0947",), step_timeout_s=20))
HASTY = Profile("gat947", unlock=Unlock(("0000",), ("0947",), step_timeout_s=1.0))
SHOWN = datetime(2026, 11, 22, 8, 5, 3)
NOW = Instant(datetime.fromisoformat("2026-11-22T14:05:03+00:00"), 0, "boot")
PRESENCE = Presence("key", "usb", "1-1.4", NOW, None, locked=True, facts={"usb_serial": "X", "usb_vendor_id": "0000"})


class World(ABC):
    def __init__(self) -> None:
        self.device = LockedDevice(now=lambda: SHOWN)

    @property
    @abstractmethod
    def unlocker(self) -> Unlocker: ...

    @abstractmethod
    def write_password(self, text: str) -> None: ...

    @abstractmethod
    def close(self) -> None: ...


class MemoryWorld(World):
    def __init__(self, _home: Path) -> None:
        super().__init__()
        self._unlocker = MemoryUnlocker()
        self._unlocker.devices["1-1.4"] = self.device

    @property
    def unlocker(self) -> Unlocker:
        return self._unlocker

    def write_password(self, text: str) -> None:
        self._unlocker.file = text

    def close(self) -> None:
        """Nothing to give back."""


class ProgramWorld(World):
    def __init__(self, home: Path) -> None:
        super().__init__()
        self._socket = CameraSocket(self.device, home / "camera")
        self._program = program(home, home / "camera")
        self._password = home / "password"
        self.write_password("000000\n")

    @property
    def unlocker(self) -> Unlocker:
        switch = ProfileSwitch(unlock_program=str(self._program), password_file=str(self._password))
        return ProgramUnlocker({"gat947": switch})

    def write_password(self, text: str) -> None:
        self._password.write_text(text)
        self._password.chmod(0o400)

    def close(self) -> None:
        self._socket.close()


def program(home: Path, camera: Path) -> Path:
    """The program that a station would name, for the simulated camera on this socket."""
    made = home / "unlock-simulated"
    made.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{unlock_bridge.__file__}" "{camera}" "$@"\n')
    made.chmod(0o755)
    return made


@pytest.fixture(params=[MemoryWorld, ProgramWorld])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    made: World = request.param(tmp_path)
    yield made
    made.close()


def test_a_camera_is_identified_unlocked_read_set_and_becomes_storage(world: World) -> None:
    world.device.drift = timedelta(minutes=2)
    with closing(world.unlocker.connect(PRESENCE, PROFILE)) as camera:
        assert camera.identify() == "SIM"
        camera.unlock(world.unlocker.password(PROFILE).text)
        assert camera.describe() == CameraSays("ACCC8E1", "000117", "320100000001")
        assert camera.clock() == SHOWN + timedelta(minutes=2)
        camera.set_clock(SHOWN)
        assert camera.clock() == SHOWN
        camera.show_storage()
    assert world.device.face is Face.STORAGE


def test_a_camera_that_does_not_tell_its_time_is_no_error(world: World) -> None:
    world.device.tells_clock = False
    with closing(world.unlocker.connect(PRESENCE, PROFILE)) as camera:
        camera.unlock("000000")
        assert camera.clock() is None


def test_a_wrong_password_is_a_refusal_of_its_own_kind_and_costs_one_try(world: World) -> None:
    with closing(world.unlocker.connect(PRESENCE, PROFILE)) as camera:
        with pytest.raises(UnlockRefused):
            camera.unlock("999999")
        with pytest.raises(UnlockFailed) as error:
            camera.describe()
        assert not isinstance(error.value, UnlockRefused)
    assert world.device.tries_left == 2


def test_a_camera_that_is_locked_out_is_no_refusal_of_this_password(world: World) -> None:
    world.device.face = Face.LOCKED_OUT
    with closing(world.unlocker.connect(PRESENCE, PROFILE)) as camera, pytest.raises(UnlockFailed) as error:
        camera.unlock("000000")
    assert not isinstance(error.value, UnlockRefused)
    assert "locked_out" in str(error.value)


@pytest.mark.parametrize(
    ("how", "step"),
    [
        *(("pulled_at", step) for step in ("identify", "unlock", "describe", "clock", "show_storage")),
        *(("silent_at", step) for step in ("unlock", "show_storage")),
    ],
)
def test_a_camera_that_never_answers_or_is_pulled_ends_the_step(world: World, how: str, step: str) -> None:
    setattr(world.device, how, step)
    profile = HASTY if how == "silent_at" else PROFILE
    with closing(world.unlocker.connect(PRESENCE, profile)) as camera, pytest.raises(UnlockFailed):
        whole_conversation(camera)
    assert world.device.steps[-1] == step, "nothing is asked after it"


def whole_conversation(camera: LockedCamera) -> None:
    camera.identify()
    camera.unlock("000000")
    camera.describe()
    camera.clock()
    camera.show_storage()


def test_an_interrupted_conversation_fails_at_once_and_for_good(world: World) -> None:
    with closing(world.unlocker.connect(PRESENCE, PROFILE)) as camera:
        camera.identify()
        camera.interrupt()
        for step in (camera.identify, camera.describe, camera.show_storage):
            with pytest.raises(UnlockFailed):
                step()
        camera.close()


def test_the_password_is_the_files_first_line_and_is_never_shown(world: World) -> None:
    world.write_password("s3cret\n# asked again on Monday\n")
    password = world.unlocker.password(PROFILE)
    assert password.text == "s3cret"
    assert "Monday" in password.whole_file
    assert "s3cret" not in repr(password)
    assert "s3cret" not in str(password)


def test_an_empty_password_file_is_a_station_that_is_not_set_up(world: World) -> None:
    world.write_password("")
    with pytest.raises(UnlockNotSetUp):
        world.unlocker.password(PROFILE)


# --- the program alone ------------------------------------------------------------------------------------


def scripted(home: Path, body: str) -> ProgramUnlocker:
    made = home / "program"
    made.write_text(f"#!/bin/sh\n{body}\n")
    made.chmod(0o755)
    return ProgramUnlocker({"gat947": ProfileSwitch(unlock_program=str(made))})


@pytest.mark.parametrize(
    "body",
    [
        "exit 0",
        "echo nonsense",
        "echo '[]'",
        'echo \'{"ok": true, "code": 7}\'',
        "head -c 200000 /dev/zero",
        'echo \'{"ok": false, "why": "the password is 000000"}\'',
    ],
)
def test_a_program_that_talks_nonsense_is_a_failed_step_and_its_words_are_not_repeated(
    tmp_path: Path, body: str
) -> None:
    with (
        closing(scripted(tmp_path, f"read line\n{body}").connect(PRESENCE, PROFILE)) as camera,
        pytest.raises(UnlockFailed) as error,
    ):
        camera.identify()
    assert "000000" not in str(error.value)


def test_a_time_with_a_zone_is_refused(tmp_path: Path) -> None:
    body = 'read line\necho \'{"ok": true, "clock": "2026-11-22T08:05:03Z"}\''
    with (
        closing(scripted(tmp_path, body).connect(PRESENCE, PROFILE)) as camera,
        pytest.raises(UnlockFailed, match="digits"),
    ):
        camera.clock()


def test_the_program_gets_the_facts_as_arguments_and_neither_password_nor_our_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/secret")
    log = tmp_path / "log"
    body = f'read line\necho "$@" > {log}\nenv >> {log}\necho "{{\\"ok\\": true}}"'
    with closing(scripted(tmp_path, body).connect(PRESENCE, PROFILE)) as camera:
        camera.unlock("s3cret")
    said = log.read_text()
    assert said.startswith("--port=1-1.4 --usb-vendor-id=0000 --usb-serial=X\n")
    assert "s3cret" not in said
    assert "/secret" not in said


def test_closing_leaves_no_process_of_the_program(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    camera = scripted(tmp_path, f"sleep 100 &\necho $! > {note}\nwait").connect(PRESENCE, HASTY)
    with pytest.raises(UnlockFailed):
        camera.identify()
    camera.close()
    state = Path(f"/proc/{note.read_text().strip()}/stat")
    eventually(lambda: not state.exists() or state.read_text().rpartition(")")[2].split()[0] in "ZX")


@pytest.mark.parametrize(
    ("name", "mode", "says"),
    [("absent", None, "cannot be read"), ("open", 0o644, "can be read by others"), ("group", 0o440, "by others")],
)
def test_a_password_that_others_can_read_or_nobody_is_refused(
    tmp_path: Path, name: str, mode: int | None, says: str
) -> None:
    file = tmp_path / name
    if mode is not None:
        file.write_text("s3cret\n")
        file.chmod(mode)
    with pytest.raises(UnlockNotSetUp, match=says) as error:
        ProgramUnlocker({"gat947": ProfileSwitch(password_file=str(file))}).password(PROFILE)
    assert "s3cret" not in str(error.value)


def test_a_bare_name_is_a_systemd_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unlocker = ProgramUnlocker({"gat947": ProfileSwitch(password_file="camera")})
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(UnlockNotSetUp, match="systemd credential"):
        unlocker.password(PROFILE)
    (tmp_path / "camera").write_text("s3cret\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert unlocker.password(PROFILE).text == "s3cret"


@pytest.mark.parametrize("switch", [None, ProfileSwitch(), ProfileSwitch(unlock_program="/nowhere/program")])
def test_a_station_without_a_program_says_what_to_set_up(switch: ProfileSwitch | None) -> None:
    switches = {} if switch is None else {"gat947": switch}
    with pytest.raises(UnlockNotSetUp):
        ProgramUnlocker(switches).connect(PRESENCE, PROFILE)
