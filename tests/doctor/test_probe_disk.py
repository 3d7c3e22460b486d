"""Real file systems that are wrong for a spool, and trees of other PCs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.adapters import probe_disk
from agent.rules.diagnosis import disk
from agent.rules.diagnosis.finding import Severity
from tests.doctor import trees

MIB = 1 << 20


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    """An empty mount point; whatever a test mounts there is unmounted."""
    point = tmp_path / "mounted disk"
    point.mkdir()
    yield point
    subprocess.run(["umount", "--lazy", str(point)], check=False, capture_output=True)


@pytest.mark.part("root")
def test_a_spool_in_memory_is_a_problem(mounted: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(mounted)], check=True)
    found = probe_disk.file_system(mounted / "state" / "spool")
    assert (found.kind, found.mount_point) == ("tmpfs", str(mounted))
    assert disk.judge_file_system(found).severity is Severity.PROBLEM
    times = probe_disk.time_sync(mounted / "state" / "spool", 4 * MIB)
    assert disk.judge_sync(found, times).severity is Severity.PROBLEM
    assert list(mounted.iterdir()) == []


@pytest.mark.part("loop")
@pytest.mark.parametrize(("options", "severity"), [("rw", Severity.OK), ("rw,nobarrier", Severity.PROBLEM)])
def test_ext4_without_barriers_is_a_problem(mounted: Path, options: str, severity: Severity) -> None:
    _ext4(mounted, 24, f"loop,{options}")
    found = probe_disk.file_system(mounted)
    assert (found.kind, found.bus) == ("ext4", "loop")
    assert found.device.startswith("loop")
    assert disk.judge_file_system(found).severity is severity


@pytest.mark.part("loop")
def test_a_nearly_full_disk_holds_no_shift_change(mounted: Path) -> None:
    _ext4(mounted, 24, "loop")
    (mounted / "ballast").write_bytes(os.urandom(16 * MIB))
    free, total = probe_disk.space(mounted / "state" / "spool")
    assert 0 < free < 6 * MIB < total < 24 * MIB
    history = disk.CardHistory(2, (3 * MIB,) * 6)
    assert disk.judge_space(free, total, 0, 0, history).severity is Severity.WARNING
    assert disk.judge_space(free, total, 8 * MIB, 0, history).severity is Severity.PROBLEM
    assert disk.judge_space(free, total, 0, 1, disk.CardHistory(1, (MIB // 2,) * 6)).severity is Severity.OK


@pytest.mark.part("loop")
def test_a_disk_remounted_read_only_is_a_problem(mounted: Path) -> None:
    _ext4(mounted, 24, "loop")
    subprocess.run(["mount", "-o", "remount,ro", str(mounted)], check=True)
    finding = disk.judge_file_system(probe_disk.file_system(mounted))
    assert finding.severity is Severity.PROBLEM
    assert "read-only" in finding.saw
    with pytest.raises(OSError, match="Read-only"):
        probe_disk.time_sync(mounted, MIB)


def _ext4(point: Path, mib: int, options: str) -> None:
    image = point.parent / "disk.img"
    with image.open("wb") as file:
        file.truncate(mib * MIB)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True, capture_output=True)
    subprocess.run(["mount", "-o", options, str(image), str(point)], check=True)


def test_timing_leaves_nothing_behind(tmp_path: Path) -> None:
    times = probe_disk.time_sync(tmp_path / "not" / "there" / "yet", 2 * MIB)
    assert times.written == 2 * MIB
    assert times.syncs >= 4
    assert times.syncs_s > 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "bus"),
    [
        ("pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda", "ata"),
        ("pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0/block/sda", "usb"),
        ("pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1", "nvme"),
        ("pci0000:00/0000:00:02.0/virtio1/block/vda", "virtio"),
        ("platform/soc/mmc_host/mmc0/mmc0:0001/block/mmcblk0", "mmc"),
        ("pci0000:00/0000:03:00.0/host0/block/sda", ""),
    ],
)
def test_a_partition_is_judged_by_the_disk_that_holds_it(tmp_path: Path, place: str, bus: str) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    number = f"{os.major(spool.stat().st_dev)}:{os.minor(spool.stat().st_dev)}"
    trees.block_device(tmp_path, "259:0", place, rotating=True, cache="write through")
    trees.partition(tmp_path, number, f"{place}/p1")
    trees.mountinfo(tmp_path, "8:9 / rw ext4 /dev/other", f"{number} {tmp_path} rw,noatime ext4 /dev/x1")
    found = probe_disk.file_system(spool, proc=tmp_path / "proc", sys=tmp_path / "sys")
    assert (found.device, found.bus, found.rotating) == (place.rpartition("/")[2], bus, True)
    assert (found.write_cache, found.mount_point) == ("write through", str(tmp_path))


def test_the_encrypted_disk_below_the_spool_is_found(tmp_path: Path) -> None:
    number = f"{os.major(tmp_path.stat().st_dev)}:{os.minor(tmp_path.stat().st_dev)}"
    trees.block_device(tmp_path, "8:0", "pci0/usb1/1-2/host3/block/sdb")
    trees.partition(tmp_path, "8:1", "pci0/usb1/1-2/host3/block/sdb/sdb1")
    trees.block_device(tmp_path, number, "virtual/block/dm-0")
    slaves = tmp_path / "sys/devices/virtual/block/dm-0/slaves"
    slaves.mkdir()
    (slaves / "sdb1").symlink_to(tmp_path / "sys/devices/pci0/usb1/1-2/host3/block/sdb/sdb1")
    trees.mountinfo(tmp_path, f"{number} {tmp_path} rw ext4 /dev/mapper/spool")
    found = probe_disk.file_system(tmp_path, proc=tmp_path / "proc", sys=tmp_path / "sys")
    assert (found.device, found.bus) == ("sdb", "usb")


FSTAB = """
# a comment
UUID=1 / ext4 errors=remount-ro 0 1
UUID=2 none swap sw 0 0
UUID=3 {point} ext4 noauto 0 2
UUID=4 {point}/deeper ext4 defaults 0 2
"""


def test_the_disk_that_fstab_names_is_missed_when_it_is_not_mounted(tmp_path: Path) -> None:
    point, state = tmp_path / "lib", tmp_path / "lib" / "dock-agent"
    fstab = trees.write(tmp_path, "etc/fstab", FSTAB.format(point=point))
    trees.mountinfo(tmp_path, "8:1 / rw ext4 /dev/sda1")
    missing = probe_disk.expected_mount(state, fstab=fstab, proc=tmp_path / "proc")
    assert missing == disk.ExpectedMount(str(point), "UUID=3", mounted=False)
    trees.mountinfo(tmp_path, "8:1 / rw ext4 /dev/sda1", f"8:3 {point} rw ext4 /dev/sda3")
    there = probe_disk.expected_mount(state, fstab=fstab, proc=tmp_path / "proc")
    assert there is not None
    assert there.mounted
    assert probe_disk.expected_mount(tmp_path / "else", fstab=fstab, proc=tmp_path / "proc") is None
    assert probe_disk.expected_mount(state, fstab=tmp_path / "none", proc=tmp_path / "proc") is None
