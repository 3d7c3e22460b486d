"""Trees of other PCs, and this PC's own kernel where it can be asked safely."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from agent.adapters import probe_machine
from agent.rules.diagnosis import machine
from agent.rules.diagnosis.finding import Severity
from tests.doctor import trees

ROOT_DISK = "8:1 / rw ext4 /dev/sda1"


@pytest.fixture
def pc(tmp_path: Path) -> Path:
    """A PC with nothing special."""
    trees.mountinfo(tmp_path, ROOT_DISK)
    trees.process(tmp_path, 1, "systemd", "/sbin/init")
    trees.process(tmp_path, 7, "udisksd", "/usr/libexec/udisks2/udisksd")
    return tmp_path


def test_udisks_alone_mounts_nothing(pc: Path) -> None:
    assert machine.judge_automounters(probe_machine.automounting((), root=pc)).severity is Severity.OK


@pytest.mark.parametrize("comm", ["udiskie", "gvfs-udisks2-volume-monitor", "thunar-volman", "automount", "devmon"])
def test_a_program_that_mounts_what_is_plugged_in_is_named(pc: Path, comm: str) -> None:
    trees.process(pc, 40, comm, comm)
    found = probe_machine.automounting((), root=pc)
    assert [pid for _, pid in found.programs] == [40]
    assert machine.judge_automounters(found).severity is Severity.WARNING


@pytest.mark.parametrize(
    ("rule", "severity"),
    [
        ('SUBSYSTEM=="block", ENV{ID_BUS}=="usb", \\\n  ENV{UDISKS_IGNORE}="1"\n', Severity.NOTE),
        ('ENV{UDISKS_AUTO}="0"\n', Severity.NOTE),
        ('# ENV{UDISKS_IGNORE}="1"\n', Severity.WARNING),
        ('ENV{UDISKS_IGNORE}=="1", GOTO="end"\n', Severity.WARNING),
    ],
)
def test_a_rule_that_tells_it_to_leave_cameras_alone_counts(pc: Path, rule: str, severity: Severity) -> None:
    trees.process(pc, 40, "udiskie", "udiskie")
    trees.write(pc, "etc/udev/rules.d/90-cameras.rules", rule)
    assert machine.judge_automounters(probe_machine.automounting((), root=pc)).severity is severity


def test_usbmount_and_autofs_are_found_without_a_process(pc: Path) -> None:
    trees.write(pc, "lib/udev/rules.d/usbmount.rules", 'ACTION=="add", RUN+="/usr/share/usbmount/usbmount add"\n')
    trees.mountinfo(pc, ROOT_DISK, "0:50 /media/cards rw autofs systemd-1", "0:51 /proc/sys/x rw autofs systemd-1")
    found = probe_machine.automounting((), root=pc)
    assert [rule.rpartition("/")[2] for rule in found.rules] == ["usbmount.rules", "cards"]
    assert machine.judge_automounters(found).severity is Severity.WARNING


def test_a_camera_mounted_by_somebody_else_is_a_problem_and_our_own_mounts_are_none(pc: Path) -> None:
    state, desktop = pc / "state", pc / "media/BWC"
    for folder in (state / "mounts" / "x", desktop):
        folder.mkdir(parents=True)
    for number, name in (("8:17", "sdb"), ("8:33", "sdc"), ("8:49", "sdd")):
        trees.block_device(pc, number, f"pci0/usb1/1-{number[-1]}/host3/block/{name}")
    trees.mountinfo(
        pc,
        ROOT_DISK,
        f"8:17 {state} rw ext4 /dev/sdb",
        f"8:33 {state}/mounts/x rw vfat /dev/sdc",
        f"8:49 {desktop} rw vfat /dev/sdd",
    )
    found = probe_machine.automounting((state,), root=pc)
    assert found.mounts == (machine.ForeignMount("/dev/sdd", str(desktop), True),)
    assert machine.judge_automounters(found).severity is Severity.PROBLEM


def test_the_agent_at_work_is_found_by_its_lock_without_touching_it(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    assert probe_machine.holder_of(lock) is None
    with lock.open("w") as file:
        assert probe_machine.holder_of(lock) is None
        fcntl.flock(file, fcntl.LOCK_EX)
        assert probe_machine.holder_of(lock) == os.getpid()


def test_a_lock_on_btrfs_is_known_by_the_file_that_its_holder_has_open(tmp_path: Path) -> None:
    lock = trees.write(tmp_path, "state/lock", "")
    shown = f"1: FLOCK  ADVISORY  WRITE 77 00:99:{lock.stat().st_ino} 0 EOF\n"
    trees.write(tmp_path, "proc/locks", shown)
    assert probe_machine.holder_of(lock, proc=tmp_path / "proc") is None
    (tmp_path / "proc/77/fd").mkdir(parents=True)
    (tmp_path / "proc/77/fd/3").symlink_to(lock.resolve())
    assert probe_machine.holder_of(lock, proc=tmp_path / "proc") == 77


def test_another_agent_is_one_with_another_configuration(pc: Path) -> None:
    own, other = pc / "own.toml", pc / "other.toml"
    trees.process(pc, 50, "dock-agent", "/venv/bin/python", "/venv/bin/dock-agent", "run", "--config", str(own))
    trees.process(pc, 51, "dock-agent", "/venv/bin/dock-agent", "run", f"--config={other}")
    trees.process(pc, 52, "dock-agent", "/venv/bin/dock-agent", "status", "--config", str(other))
    trees.process(pc, 53, "python", "python", "-m", "agent", "run", "--config", str(other))
    trees.process(pc, 54, "less", "less", "run", "--config", str(other))
    assert {one.pid: one.usb for one in probe_machine.other_agents(own, proc=pc / "proc")} == {51: True, 53: True}
    folder = '[[source]]\nkind = "folder"\npath = "/srv"\n'
    other.write_text(f'[station]\nid = "b"\n[central]\nurl = "https://c.example"\n{folder}')
    assert {one.usb for one in probe_machine.other_agents(own, proc=pc / "proc")} == {False}


def test_a_state_folder_that_others_can_read_is_found_with_its_secrets(tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert not probe_machine.state_folder(state, state / "credential.json").exists
    state.mkdir(mode=0o700)
    secret = trees.write(state, "credential.json", "{}")
    secret.chmod(0o644)
    closed = probe_machine.state_folder(state, secret)
    assert (closed.mode, closed.open_files, closed.writable) == (0o700, (), True)
    state.chmod(0o755)
    assert probe_machine.state_folder(state, secret).open_files == (str(secret),)
    secret.chmod(0o600)
    assert probe_machine.state_folder(state, secret).open_files == ()


def test_the_kernel_grants_what_the_agent_will_get() -> None:
    granted = probe_machine.receive_buffer()
    assert granted.granted >= min(granted.rmem_max, machine.WANTED_BUFFER)
    assert granted.granted <= machine.WANTED_BUFFER


def test_the_kernel_says_whether_somebody_keeps_the_clock() -> None:
    assert probe_machine.is_clock_kept() in (True, False, None)


def test_bays_are_counted_by_the_bus_of_their_port(tmp_path: Path) -> None:
    trees.write(tmp_path, "bus/usb/devices/usb1/speed", "480\n")
    trees.write(tmp_path, "bus/usb/devices/usb2/speed", "5000\n")
    bays = {"1-1.1": "Bay 1", "1-1.2": "Bay 2", "2-3": "Bay 3", "4-1": "Bay 4", "folder": "Bay 5"}
    found = probe_machine.buses(bays, sys=tmp_path)
    assert found == (
        machine.BusFacts(1, 480, ("Bay 1", "Bay 2")),
        machine.BusFacts(2, 5000, ("Bay 3",)),
        machine.BusFacts(4, None, ("Bay 4",)),
    )
