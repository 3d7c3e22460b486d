"""Looks at the file system and the disk below a path: what the kernel says, and how long fsync really takes."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from agent.adapters.mount_table import mounts, plain
from agent.rules.diagnosis.disk import ExpectedMount, FileSystem, SyncTimes

MIB = 1 << 20
BLOCK = os.urandom(MIB)
"""No zeros: a disk that compresses would be too fast."""
SMALL = 4096
SYNCS = 64
SYNC_FOR_S = 1.5


def existing(path: Path) -> Path:
    """The path, or its nearest parent that exists."""
    path = path.absolute()
    while not path.exists() and path != path.parent:
        path = path.parent
    return path.resolve()


def file_system(path: Path, *, proc: Path = Path("/proc"), sys: Path = Path("/sys")) -> FileSystem:
    """The file system that holds `path`, or would hold it."""
    there = existing(path)
    number = there.stat().st_dev
    device = f"{os.major(number)}:{os.minor(number)}"
    covering = [one for one in mounts(proc) if there.is_relative_to(one.point)]
    # The last of the longest: later mounts cover earlier ones. btrfs files have another device than their mount.
    same = [one for one in covering if one.device == device] or covering
    mount = max(enumerate(same), key=lambda pair: (len(pair[1].point), pair[0]))[1]
    name, bus, rotating, cache = _disk(sys, mount.device)
    return FileSystem(str(path), mount.kind, mount.point, mount.options, name, bus, rotating, cache)


def _disk(sys: Path, device: str) -> tuple[str, str, bool | None, str]:
    """Name, bus, whether it rotates, and its write cache, of the whole disk behind a block device."""
    link = sys / "dev/block" / device
    if not link.exists():
        return "", "", None, ""
    place = link.resolve()
    if (place / "partition").exists():
        place = place.parent
    below = sorted((place / "slaves").iterdir()) if (place / "slaves").is_dir() else []
    if len(below) == 1:  # device-mapper, LUKS, md of one: the disk underneath counts
        inner = below[0].resolve()
        place = inner.parent if (inner / "partition").exists() else inner
    rotating = _read(place / "queue/rotational")
    return place.name, _bus(place), (rotating == "1") if rotating else None, _read(place / "queue/write_cache")


def _bus(place: Path) -> str:
    """By the disk's place in the device tree."""
    parts = place.parts
    if any(part.startswith("usb") and part[3:].isdigit() for part in parts):
        return "usb"
    for part in parts:
        for prefix, bus in (("virtio", "virtio"), ("nvme", "nvme"), ("ata", "ata"), ("mmc", "mmc"), ("loop", "loop")):
            if part.startswith(prefix) and part[len(prefix) :][:1].isdigit():
                return bus
    return ""


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def time_sync(folder: Path, amount: int = 16 * MIB) -> SyncTimes:
    """Write `amount` bytes and make them durable, then many small flushes. The file never has a name.

    Raises:
        OSError: nothing can be written there.
    """
    fd = _nameless(existing(folder))
    try:
        started = time.monotonic()
        for _ in range(max(amount // MIB, 1)):
            os.write(fd, BLOCK)
        written = time.monotonic()
        os.fsync(fd)
        synced = time.monotonic()
        count = 0
        while count < SYNCS and (count < 4 or time.monotonic() - synced < SYNC_FOR_S):
            os.pwrite(fd, BLOCK[count : count + SMALL], count * SMALL)
            os.fdatasync(fd)
            count += 1
        return SyncTimes(
            max(amount // MIB, 1) * MIB, written - started, synced - written, count, time.monotonic() - synced
        )
    finally:
        os.close(fd)


def _nameless(folder: Path) -> int:
    """A file that the kernel forgets when this process ends, however it ends."""
    try:
        return os.open(folder, os.O_RDWR | os.O_TMPFILE | os.O_CLOEXEC, 0o600)
    except OSError:
        path = folder / f".doctor-{os.getpid()}"  # a file system without nameless files
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        path.unlink()
        return fd


def space(path: Path) -> tuple[int, int]:
    """Bytes free for this user, and in all, where `path` is."""
    found = shutil.disk_usage(existing(path))
    return found.free, found.total


def expected_mount(
    path: Path, *, fstab: Path = Path("/etc/fstab"), proc: Path = Path("/proc")
) -> ExpectedMount | None:
    """The deepest line of fstab that covers `path`, and whether something is mounted there."""
    points = {mount.point for mount in mounts(proc)}
    best: ExpectedMount | None = None
    for line in _read(fstab).splitlines():
        fields = line.split()
        if len(fields) < 3 or fields[0].startswith("#") or fields[2] == "swap":
            continue
        point = plain(fields[1]).rstrip("/") or "/"
        covers = point != "/" and path.absolute().is_relative_to(point)
        if covers and (best is None or len(point) > len(best.mount_point)):
            best = ExpectedMount(point, fields[0], point in points)
    return best
