"""Looks at this PC: who keeps the clock, who mounts, who holds the state folder, which USB buses there are."""

from __future__ import annotations

import ctypes
import os
import pwd
import re
import socket
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

from agent import config
from agent.adapters.mount_table import Mount, mounts
from agent.errors import ConfigError
from agent.rules.diagnosis.machine import (
    WANTED_BUFFER,
    Automounting,
    BufferFacts,
    BusFacts,
    FolderSource,
    ForeignMount,
    OtherAgent,
    StateFolder,
)

SECRETS = ("ledger.db", "credential.json", "station.key", "spool")
MOUNTING = {
    "udiskie": "udiskie",
    "gvfs-udisks2-vo": "gvfs-udisks2-volume-monitor",
    "thunar-volman": "thunar-volman",
    "pcmanfm": "pcmanfm",
    "devmon": "devmon",
    "ldm": "ldm",
    "automount": "autofs",
    "usbmount": "usbmount",
    "kded5": "kded (KDE's device notifier)",
    "kded6": "kded (KDE's device notifier)",
}
"""Programs that mount what is plugged in, by the name the kernel shows (15 letters). udisksd alone mounts nothing."""
RULE_FOLDERS = ("etc/udev/rules.d", "run/udev/rules.d", "usr/lib/udev/rules.d", "lib/udev/rules.d")
_TOLD_TO_IGNORE = re.compile(r"""^[^#\n]*ENV\{UDISKS_(IGNORE\}="1"|AUTO\}="0")""", re.MULTILINE)
_MOUNTS_BY_RULE = re.compile(r"""^[^#\n]*RUN\+?="[^"]*(usbmount|systemd-mount|/mount )""", re.MULTILINE)

_SO_RCVBUFFORCE = 33
_NETLINK_KOBJECT_UEVENT = 15
_STA_UNSYNC = 0x40


def is_clock_kept() -> bool | None:
    """Whether the kernel calls its clock synchronised; None when it may not be asked."""
    timex = (ctypes.c_long * 64)()  # struct timex, all zeros: `modes` 0 changes nothing
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.adjtimex(ctypes.byref(timex)) < 0:
        return None
    # modes, offset, freq, maxerror, esterror are longs in memory (modes padded); then status, an int.
    (status,) = struct.unpack_from("i", bytes(timex), 5 * ctypes.sizeof(ctypes.c_long))
    return not status & _STA_UNSYNC


def state_folder(path: Path, credential: Path) -> StateFolder:
    """Raises OSError: it may not even be looked at."""
    user = _user(os.geteuid())
    try:
        found = path.stat()
    except FileNotFoundError:
        return StateFolder(exists=False, user=user)
    is_folder = path.is_dir()
    return StateFolder(
        exists=True,
        is_folder=is_folder,
        mode=found.st_mode & 0o7777,
        owner=_user(found.st_uid),
        user=user,
        writable=os.access(path, os.W_OK | os.X_OK),
        open_files=tuple(str(one) for one in _secrets(path, credential) if _is_open(one)),
    )


def _secrets(path: Path, credential: Path) -> Iterator[Path]:
    yield from dict.fromkeys([*(path / name for name in SECRETS), credential])


def _is_open(path: Path) -> bool:
    """Readable by others, and reachable: a closed folder above protects what is below."""
    try:
        return bool(path.stat().st_mode & 0o077) and bool(path.parent.stat().st_mode & 0o011)
    except OSError:
        return False


def user() -> str:
    """Who runs this."""
    return _user(os.geteuid())


def udev_rules(*, root: Path = Path("/")) -> tuple[str, ...]:
    """The text of every udev rule of this PC."""
    return tuple(text for _, text in _rule_files(root))


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def holder_of(lock: Path, *, proc: Path = Path("/proc")) -> int | None:
    """The process that holds the agent's lock, without touching it: trying it could refuse an agent that starts."""
    try:
        found = lock.stat()
    except OSError:
        return None
    wanted = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    for line in (proc / "locks").read_text().splitlines():
        fields = line.split()
        if len(fields) < 6 or fields[1] != "FLOCK" or not fields[5].endswith(f":{found.st_ino}"):
            continue
        # btrfs and overlay show files another device than their locks: then the open file itself is the proof.
        if fields[5] == wanted or _has_open(proc / fields[4], lock):
            return int(fields[4])
    return None


def _has_open(process: Path, file: Path) -> bool:
    try:
        return any(handle.readlink() == file.resolve() for handle in (process / "fd").iterdir())
    except OSError:
        return False


def other_agents(own_config: Path, *, proc: Path = Path("/proc")) -> tuple[OtherAgent, ...]:
    """Every `dock-agent run` on this PC with another configuration file."""
    found = []
    for pid, words in _processes(proc):
        if "run" not in words or not any("dock-agent" in word or word == "agent" for word in words[:4]):
            continue
        given = next((words[n + 1] for n, word in enumerate(words[:-1]) if word == "--config"), "")
        given = given or next((word.partition("=")[2] for word in words if word.startswith("--config=")), "")
        path = _resolved(proc, pid, given)
        if given and path != own_config.resolve():
            found.append(OtherAgent(pid, given, _has_usb(path)))
    return tuple(found)


def _has_usb(file: Path) -> bool:
    try:
        return any(source.kind == "usb" for source in config.load(file).source)
    except ConfigError:
        return True


def _resolved(proc: Path, pid: int, given: str) -> Path:
    try:
        return ((proc / str(pid) / "cwd").resolve() / given).resolve()
    except OSError:
        return Path(given)


def _processes(proc: Path) -> Iterator[tuple[int, list[str]]]:
    for folder in proc.iterdir():
        if folder.name.isdecimal():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            yield int(folder.name), [os.fsdecode(word) for word in words if word]


def automounting(own: tuple[Path, ...], *, root: Path = Path("/")) -> Automounting:
    """Who mounts by itself on this PC, and what of USB is mounted outside `own` (spool, the agent's mounts)."""
    proc, sys = root / "proc", root / "sys"
    seen = mounts(proc)
    rules = tuple(_rule_files(root))
    automatic = [one.point for one in seen if one.kind == "autofs" and not one.point.startswith("/proc/")]
    return Automounting(
        programs=tuple(sorted(_programs(proc))),
        rules=(
            *(str(path) for path, text in rules if _MOUNTS_BY_RULE.search(text)),
            *(f"autofs at {at}" for at in automatic),
        ),
        ignored_by=next((str(path) for path, text in rules if _TOLD_TO_IGNORE.search(text)), ""),
        mounts=tuple(_foreign(seen, own, sys)),
    )


def _programs(proc: Path) -> Iterator[tuple[str, int]]:
    for folder in proc.iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            name = (folder / "comm").read_text().strip()
        except OSError:
            continue
        if name in MOUNTING:
            yield MOUNTING[name], int(folder.name)


def _rule_files(root: Path) -> Iterator[tuple[Path, str]]:
    done: set[Path] = set()
    for folder in RULE_FOLDERS:
        for path in sorted((root / folder).glob("*.rules")):
            if path.resolve() in done:
                continue
            done.add(path.resolve())
            try:
                # Rules may go on over lines.
                yield path, path.read_text(errors="replace").replace("\\\n", " ")
            except OSError:
                continue


def _foreign(seen: list[Mount], own: tuple[Path, ...], sys: Path) -> Iterator[ForeignMount]:
    mine = {one.resolve() for one in own}
    holding = {_covering(seen, path) for path in mine}
    for one in seen:
        place = sys / "dev/block" / one.device
        is_usb = place.exists() and any(re.fullmatch(r"usb\d+", part) for part in place.resolve().parts)
        within = any(Path(one.point).is_relative_to(path) for path in mine)
        if is_usb and not within and one.point not in holding and one.point not in ("/", "/boot", "/boot/efi"):
            yield ForeignMount(one.source, one.point, "rw" in one.options)


def _covering(seen: list[Mount], path: Path) -> str:
    """The mount point that `path` lives on: its own disk is no foreign one."""
    return max((one.point for one in seen if path.is_relative_to(one.point)), key=len, default="/")


def receive_buffer(*, proc: Path = Path("/proc")) -> BufferFacts:
    """What the kernel grants when it is asked as the agent asks, on a socket that is closed at once.

    Raises:
        OSError: udev's events cannot be heard at all.
    """
    limit = int((proc / "sys/net/core/rmem_max").read_text())
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_KOBJECT_UEVENT) as one:
        try:
            one.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, WANTED_BUFFER)
            forced = True
        except PermissionError:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WANTED_BUFFER)
            forced = False
        # The kernel keeps, and tells, twice what was asked, for its own bookkeeping.
        return BufferFacts(one.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2, limit, forced)


def buses(bays: Mapping[str, str], *, sys: Path = Path("/sys")) -> tuple[BusFacts, ...]:
    """The USB buses that [bays] names, with their speeds."""
    by_bus: dict[int, list[str]] = {}
    for port, label in bays.items():
        number = port.partition("-")[0]
        if number.isdecimal():
            by_bus.setdefault(int(number), []).append(label)
    found = []
    for bus, labels in sorted(by_bus.items()):
        try:
            speed: int | None = int((sys / f"bus/usb/devices/usb{bus}/speed").read_text())
        except (OSError, ValueError):
            speed = None
        found.append(BusFacts(bus, speed, tuple(labels)))
    return tuple(found)


def folder_source(path: Path) -> FolderSource:
    is_there = path.is_dir()
    return FolderSource(
        str(path),
        is_there,
        is_there and os.access(path, os.R_OK | os.X_OK),
        is_there and os.access(path, os.W_OK | os.X_OK),
    )
