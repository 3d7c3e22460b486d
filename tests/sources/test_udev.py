"""The real UsbSource in a process of its own, against a mocked bus and against the real netlink socket."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.adapters.kernel_mounts import KernelMounter
from agent.rules.footage import Presence
from tests.leaving_nothing import loop_device
from tests.sources.clock import RealClock, eventually

ROOT = Path(__file__).resolve().parents[2]
PRELOAD = "libumockdev-preload.so.0"


class Process:
    """A child that answers one JSON line per JSON line."""

    def __init__(self, *command: str, env: dict[str, str]) -> None:
        self._child = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._child.pid
        self.first = self._answer()

    def ask(self, order: Any) -> Any:
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps(order) + "\n")
        self._child.stdin.flush()
        return self._answer()

    def end(self) -> int:
        self._child.send_signal(signal.SIGCONT)
        try:
            self._child.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.communicate()
        return self._child.returncode

    def _answer(self) -> Any:
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        assert line, f"the process ended: {self._child.wait(10)}"
        return json.loads(line)


class Bus:
    def __init__(self) -> None:
        self._owner = Process(sys.executable, "-m", "tests.sources.umock", env={"LD_PRELOAD": PRELOAD})
        self._probes: list[Process] = []

    def do(self, what: str, **how: Any) -> None:
        assert self._owner.ask({"do": what, **how}) == "done"

    def watch(self, **options: Any) -> Process:
        env = {"LD_PRELOAD": PRELOAD, "UMOCKDEV_DIR": self._owner.first}
        made = Process(sys.executable, "-m", "tests.sources.usb_probe", json.dumps(options), env=env)
        self._probes.append(made)
        return made

    def end(self) -> None:
        codes = [probe.end() for probe in self._probes]
        self._owner.end()
        assert set(codes) <= {0}


@pytest.fixture
def bus() -> Iterator[Bus]:
    made = Bus()
    yield made
    made.end()


def bays(probe: Process) -> list[str]:
    return sorted(presence["bay"] for presence in probe.ask("truth")["present"])


def only(probe: Process) -> dict[str, Any]:
    eventually(lambda: len(probe.ask("truth")["present"]) == 1)
    (presence,) = probe.ask("truth")["present"]
    return dict(presence)


def gap(probe: Process) -> dict[str, Any]:
    """The gap in watching that comes up; meanwhile no truth says that events would have been noticed."""
    found: list[dict[str, Any]] = []

    def is_there() -> bool:
        found.extend(event for event in probe.ask("events") if event["kind"] == "watch_gap")
        return bool(found)

    eventually(is_there)
    assert probe.ask("truth")["listening"] is False
    assert probe.ask("truth")["listening"] is True
    return found[0]


umockdev = pytest.mark.part("umockdev")


@umockdev
def test_a_plugged_camera_is_present_from_the_instant_of_its_event_on(bus: Bus) -> None:
    probe = bus.watch()
    assert bays(probe) == []
    bus.do("plug", port="1-1.4.2", serial="BWC0001")
    eventually(lambda: bool(probe.ask("is_woken")))
    presence = only(probe)
    assert presence["bay"] == "1-1.4.2"
    assert presence["device"] == "/dev/sd1x1x4x21"
    assert presence["absent_until"] == presence["seen_at"]
    assert {"usb_serial": "BWC0001", "fs_uuid": "AAAA-0101", "fs_type": "vfat", "usb_vendor_id": "0603"}.items() <= (
        presence["facts"].items()
    )
    assert probe.ask("truth")["listening"] is True


@umockdev
def test_a_camera_that_was_plugged_in_before_the_start_was_never_seen_absent(bus: Bus) -> None:
    bus.do("plug", port="1-1")
    probe = bus.watch()
    (presence,) = probe.ask("truth")["present"]
    assert presence["absent_until"] is None


@umockdev
def test_a_pulled_camera_is_gone_and_the_next_plug_has_another_key(bus: Bus) -> None:
    probe = bus.watch()
    keys = set()
    for _ in range(3):
        bus.do("plug", port="1-1")
        keys.add(only(probe)["key"])
        bus.do("yank", port="1-1")
        eventually(lambda: bays(probe) == [])
    assert len(keys) == 3


@umockdev
@pytest.mark.parametrize("counted", [True, False], ids=["with new numbers", "with the same numbers"])
def test_a_replug_between_two_truths_has_another_key(bus: Bus, counted: bool) -> None:
    probe = bus.watch()
    bus.do("plug", port="1-1")
    key = only(probe)["key"]
    bus.do("replug", port="1-1", counted=counted)
    eventually(lambda: only(probe)["key"] != key)
    assert bays(probe) == ["1-1"]


@umockdev
def test_the_key_is_the_same_after_the_agent_starts_again(bus: Bus) -> None:
    first = bus.watch()
    bus.do("plug", port="1-1")
    key = only(first)["key"]
    first.end()
    assert only(bus.watch())["key"] == key


@umockdev
def test_eight_cameras_at_once_with_one_serial_are_eight_cameras(bus: Bus) -> None:
    probe = bus.watch()
    ports = [f"1-1.{number}" for number in range(1, 9)]
    bus.do("plug_all", ports=ports)
    eventually(lambda: bays(probe) == ports)
    present = probe.ask("truth")["present"]
    assert len({presence["key"] for presence in present}) == 8
    assert {presence["facts"]["usb_serial"] for presence in present} == {"96680-00000-001"}
    for port in ports[::2]:
        bus.do("yank", port=port)
    eventually(lambda: bays(probe) == ports[1::2])
    assert probe.ask("events") == []


@umockdev
@pytest.mark.parametrize("how", ["break_monitor", "close_monitor"])
def test_a_monitor_that_breaks_is_replaced_and_the_gap_is_told(bus: Bus, how: str) -> None:
    probe = bus.watch()
    bus.do("plug", port="1-1")
    key = only(probe)["key"]
    probe.ask(how)
    found = gap(probe)
    assert found["since"]["monotonic_ns"] < found["at"]["monotonic_ns"]
    assert only(probe)["key"] == key
    bus.do("plug", port="1-2")
    eventually(lambda: bays(probe) == ["1-1", "1-2"])
    eventually(lambda: bool(probe.ask("is_woken")))


@umockdev
def test_a_loop_that_died_is_started_again_by_truth_and_the_gap_is_told(bus: Bus) -> None:
    probe = bus.watch()
    probe.ask("kill_thread")
    bus.do("plug", port="1-1")
    eventually(lambda: bool(probe.ask("is_dead")))
    truth = probe.ask("truth")
    assert (len(truth["present"]), truth["listening"]) == (1, False)
    assert gap(probe)["detail"] == "thread_died"
    bus.do("yank", port="1-1")
    eventually(lambda: bool(probe.ask("is_woken")))
    assert bays(probe) == []


def thread_states(pid: int) -> list[str]:
    """One letter per thread; T is stopped."""
    stats = [(task / "stat").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    return [stat.rpartition(")")[2].split()[0] for stat in stats]


@umockdev
def test_an_event_that_waited_while_we_did_not_run_does_not_prove_absence_until_now(bus: Bus) -> None:
    probe = bus.watch()
    stopped_at = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    os.kill(probe.pid, signal.SIGSTOP)
    eventually(lambda: all(state == "T" for state in thread_states(probe.pid)))
    bus.do("plug", port="1-1")
    deadline = time.monotonic() + 3.5
    eventually(lambda: time.monotonic() > deadline)
    os.kill(probe.pid, signal.SIGCONT)
    presence = only(probe)
    assert presence["absent_until"]["monotonic_ns"] <= stopped_at + 50_000_000
    assert presence["seen_at"]["monotonic_ns"] > stopped_at + 3_000_000_000


@umockdev
def test_storage_that_is_also_a_keyboard_is_refused(bus: Bus) -> None:
    probe = bus.watch()
    bus.do("plug", port="1-3", interfaces=":080650:030101:")
    reasons: list[tuple[str, str, str]] = []

    def is_refused() -> bool:
        assert bays(probe) == []
        reasons.extend((event["kind"], event["bay"], event["reason"]) for event in probe.ask("events"))
        return bool(reasons)

    eventually(is_refused)
    probe.ask("truth")
    assert reasons + probe.ask("events") == [("device_refused", "1-3", "extra_interfaces")]


@umockdev
def test_a_phone_is_reported_once_and_a_plain_keyboard_never(bus: Bus) -> None:
    probe = bus.watch(no_file_system_s=0.3)
    bus.do("plug", port="1-5", interfaces=":030101:")
    bus.do("plug", port="1-6", interfaces=":060101:", serial="PHONE1")
    probe.ask("truth")
    reasons: list[tuple[str, str, str]] = []

    def is_told() -> bool:
        if probe.ask("is_woken"):
            probe.ask("truth")
        reasons.extend((event["kind"], event["bay"], event["reason"]) for event in probe.ask("events"))
        return bool(reasons)

    eventually(is_told)
    probe.ask("truth")
    assert reasons + probe.ask("events") == [("device_refused", "1-6", "no_file_system")]


@umockdev
def test_of_several_file_systems_the_first_is_served_and_the_others_are_named(bus: Bus) -> None:
    probe = bus.watch()
    bus.do("plug", port="1-1", file_systems=2)
    eventually(lambda: "other_volumes" in only(probe)["facts"] or bays(probe) == ["1-1"])
    presence = only(bus.watch())
    assert presence["device"] == "/dev/sd1x11"
    assert presence["facts"]["other_volumes"] == "/dev/sd1x12"


@umockdev
def test_a_disk_without_a_partition_table_is_a_camera_too(bus: Bus) -> None:
    probe = bus.watch()
    bus.do("plug", port="1-1", file_systems=0, whole_disk=True)
    assert only(probe)["device"] == "/dev/sd1x1"


@umockdev
def test_a_card_that_udev_can_no_longer_read_is_still_docked(bus: Bus) -> None:
    probe = bus.watch()
    bus.do("plug", port="1-1")
    key = only(probe)["key"]
    probe.ask("is_woken")
    bus.do("forget_file_system", port="1-1")
    eventually(lambda: bool(probe.ask("is_woken")))
    assert only(probe)["key"] == key


@umockdev
@pytest.mark.part("loop")
def test_a_camera_of_the_mocked_bus_with_a_real_disk_is_mounted_and_read(bus: Bus, tmp_path: Path) -> None:
    image = tmp_path / "card.img"
    image.touch()
    os.truncate(image, 8 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    with loop_device(image) as node:
        bus.do("plug", port="1-1", node=node)
        seen = only(bus.watch())
        presence = Presence("key", "usb", seen["bay"], RealClock().now(), None, device=seen["device"])
        mounter = KernelMounter(tmp_path / "mounts")
        mounted = mounter.mount(presence, writable=False)
        assert [entry.name for entry in Path(mounted.root).iterdir()] == ["lost+found"]
        mounter.release(mounted)


@pytest.mark.part("root")
def test_events_lost_to_a_full_buffer_are_a_gap_and_watching_goes_on(tmp_path: Path) -> None:
    # A network namespace of its own: the flood reaches no other listener.
    probe = Process(
        "unshare",
        "--net",
        sys.executable,
        "-m",
        "tests.sources.usb_probe",
        json.dumps({"receive_buffer": 4096}),
        env={},
    )
    try:
        assert probe.ask("truth")["listening"] is True
        os.kill(probe.pid, signal.SIGSTOP)
        subprocess.run(
            ["nsenter", f"--net=/proc/{probe.pid}/ns/net", sys.executable, "-m", "tests.sources.netlink_flood"],
            cwd=ROOT,
            check=True,
        )
        os.kill(probe.pid, signal.SIGCONT)
        assert gap(probe)["detail"] == "No buffer space available"
    finally:
        assert probe.end() == 0
