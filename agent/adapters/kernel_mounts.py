"""Mounts a camera's block device with mount(8), as root, in folders of the agent's own. Never repairs anything."""

from __future__ import annotations

import ctypes
import errno
import os
import subprocess
import time
from pathlib import Path
from uuid import uuid4

from agent.adapters.block_devices import disk_mark, number_of
from agent.adapters.mount_table import mount_at, mounts, mounts_of
from agent.adapters.volume_head import read_health
from agent.errors import CardGone, MountRefused
from agent.rules.footage import MountedCard, Presence, VolumeId
from agent.rules.mount_options import GUARDS
from agent.rules.volume_health import VolumeHealth

ANSWER_WITHIN_S = 60.0
"""A device that hangs keeps mount(8) in the kernel, where nothing ends it."""
BUSY_FOR_S = 2.0

_GONE = {errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.ENOMEDIUM}
_SAFE = "nosuid,nodev,noexec,noatime"
# `noload`: without it even a read-only mount of ext writes the journal back to the card.
# `tz=UTC`: FAT keeps local time without saying whose; the same card must show the same times everywhere.
_READING = {"ext": "noload", "vfat": "utf8,tz=UTC,errors=remount-ro", "exfat": "errors=remount-ro"}
_WRITING = {"ext": "errors=remount-ro", "vfat": "utf8,tz=UTC,flush,errors=remount-ro", "exfat": "errors=remount-ro"}
# ext2 and ext3 cards, too, are served by the kernel's ext4.
_TYPE = {"ext": "ext4", "vfat": "vfat", "exfat": "exfat"}

_libc = ctypes.CDLL(None, use_errno=True)


class KernelMounter:
    """For USB cards on a station whose agent runs as root."""

    def __init__(self, folder: Path) -> None:
        """`folder` belongs to this mounter alone. What a run that was cut off left mounted there is unmounted."""
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for root in _mounted_in(folder):
            _unmount(root, lazy=True)
        for left in folder.iterdir():
            _remove(left)

    def mount(self, presence: Presence, *, writable: bool) -> MountedCard:
        """A fresh mount; a dirty card only read-only.

        Raises:
            CardGone: the device is no longer there.
            MountRefused: not root, unknown or broken file system, dirty and asked for writing, or mounted by another.
        """
        node = presence.device or ""
        if os.geteuid() != 0:
            raise MountRefused(
                f"{presence.bay}: only root can mount {node}.",
                hint="Run the agent as root, or let UDisks2 mount. The card was not touched.",
            )
        health = _health(node, presence.bay)
        self._refuse_what_cannot_be(presence, node, health, writable)
        root = self._folder / uuid4().hex
        root.mkdir(mode=0o700)
        try:
            _mount(node, root, health, writable)
            return self._proved(presence, node, root, health, writable)
        except BaseException:
            _unmount(root, lazy=True)
            _remove(root)
            raise

    def release(self, card: MountedCard) -> None:
        """Flush and unmount; lazily when it is busy or the device has vanished. Idempotent."""
        root = Path(card.root)
        if root.parent != self._folder or root not in _mounted_in(self._folder):
            return
        if card.writable:
            _flush(root)
        deadline = time.monotonic() + BUSY_FOR_S
        while not _unmount(root, lazy=False) and time.monotonic() < deadline:
            time.sleep(0.1)
        if root in _mounted_in(self._folder):
            _unmount(root, lazy=True)
        _remove(root)

    def _refuse_what_cannot_be(self, presence: Presence, node: str, health: VolumeHealth, writable: bool) -> None:
        if not health.kind:
            said = presence.facts.get("fs_type", "unknown")
            raise MountRefused(
                f"{presence.bay}: a file system of type {said!r} is not mounted.",
                hint="Cards are FAT, exFAT or ext. The card was not touched.",
            )
        if writable and health.dirty:
            raise MountRefused(
                f"{presence.bay}: the card's file system was not left clean, so it is not written to.",
                hint="Its footage is copied all the same. Once that is safe, format the card in the camera.",
            )
        others = [where for where in _mounts_of(node) if where.parent != self._folder]
        if others:
            raise MountRefused(
                f"{presence.bay}: {node} is already mounted on {others[0]}.",
                hint="Switch off automatic mounting on this station (UDISKS_IGNORE); the agent mounts cards itself.",
            )

    def _proved(self, presence: Presence, node: str, root: Path, health: VolumeHealth, writable: bool) -> MountedCard:
        here = str(root.resolve())
        there = mount_at(here)
        if there is None:
            raise MountRefused(f"{presence.bay}: mount said yes, but nothing is mounted. The card was not touched.")
        flags = os.statvfs(root).f_flag
        is_read_only = bool(flags & os.ST_RDONLY)
        if flags & GUARDS != GUARDS:
            raise MountRefused(f"{presence.bay}: the card could not be mounted without programs and devices.")
        if writable and is_read_only:
            raise MountRefused(f"{presence.bay}: the card is write-protected, so nothing is erased from it.")
        if not writable and not is_read_only:
            raise MountRefused(f"{presence.bay}: the card would not be mounted read-only, so it is not served.")
        seen = root.stat()
        disk = disk_mark(number_of(node) or "")
        volume = VolumeId(seen.st_dev, seen.st_ino, presence.facts.get("fs_uuid", ""), there.number, disk)
        return MountedCard(str(root), volume, writable, health.dirty)


def _health(node: str, bay: str) -> VolumeHealth:
    try:
        health = read_health(node)
    except OSError as error:
        if error.errno in _GONE:
            raise CardGone(f"{bay}: {node} is no longer there.") from None
        raise MountRefused(f"{bay}: {node} cannot be read: {error.strerror}. The card was not touched.") from None
    if health is None:
        raise MountRefused(f"{bay}: {node} is no block device.")
    return health


def _mount(node: str, root: Path, health: VolumeHealth, writable: bool) -> None:
    """Raises MountRefused, CardGone."""
    special = (_WRITING if writable else _READING)[health.kind]
    # -i: no helper program of the system decides for us. -w: never fall back to read-only quietly.
    mode = ["-w"] if writable else ["-r"]
    said = _run(["mount", "-i", *mode, "-t", _TYPE[health.kind], "-o", f"{_SAFE},{special}", node, str(root)])
    if said and health.kind == "exfat" and "unknown filesystem type" in said:
        options = f"{'rw' if writable else 'ro'},nosuid,nodev,noexec"
        said = _run(["mount", "-t", "exfat-fuse", "-o", options, node, str(root)])
        # exfat-fuse swallows `noexec`: set it on the mount point.
        said = said or _run(["mount", "-i", "-o", f"remount,bind,{options}", str(root)])
    if not said:
        return
    if not Path(node).exists():
        raise CardGone(f"{node} went away while it was mounted.")
    raise MountRefused(f"{node} could not be mounted: {said}", hint="The card was not written to.")


def _run(command: list[str]) -> str:
    """Run it; empty when it succeeded, else what it said. Never waits for one that hangs in the kernel."""
    with Path(os.devnull).open("wb") as nowhere:
        read, write = os.pipe()
        try:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=nowhere, stderr=write, env={**os.environ, "LC_ALL": "C"}
            )
        except OSError as error:
            os.close(read)
            return f"{command[0]}: {error.strerror}"
        finally:
            os.close(write)
    os.set_blocking(read, False)
    try:
        code = child.wait(ANSWER_WITHIN_S)
        said = os.read(read, 4096)
    except subprocess.TimeoutExpired:
        child.kill()
        return f"{command[0]} did not come back within {ANSWER_WITHIN_S:.0f} s: the device hangs."
    except BlockingIOError:
        # A FUSE server that stays in the background keeps the pipe open without having said anything.
        said = b""
    finally:
        os.close(read)
    return "" if code == 0 else " ".join(said.decode("utf-8", "replace").split()) or f"{command[0]} failed ({code})"


def _flush(root: Path) -> None:
    try:
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return
    _libc.syncfs(folder)
    os.close(folder)


def _unmount(root: Path, *, lazy: bool) -> bool:
    return not _run(["umount", *(["-l"] if lazy else []), str(root)])


def _remove(root: Path) -> None:
    try:
        root.rmdir()
    except OSError:
        # Still mounted, or not ours: the next start looks again.
        return


def _mounted_in(folder: Path) -> list[Path]:
    """Our mount points that are in use, newest first. Asks the kernel's table: `ismount` lies about dead mounts."""
    here = str(folder.resolve())
    return [folder / Path(one.point).name for one in reversed(mounts()) if str(Path(one.point).parent) == here]


def _mounts_of(node: str) -> list[Path]:
    number = Path(node).stat().st_rdev
    return [Path(one.point) for one in mounts_of(node, f"{os.major(number)}:{os.minor(number)}")]
