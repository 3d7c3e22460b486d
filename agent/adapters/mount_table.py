"""The kernel's table of mounts, as this process sees it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from agent.adapters.folder_marks import unescaped


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of mountinfo."""

    device: str
    """`254:0`."""
    point: str
    options: frozenset[str]
    kind: str
    source: str
    number: int = 0
    """Another mount at the same place has another one."""


def mounts(proc: Path = Path("/proc")) -> list[Mount]:
    """Everything this process sees mounted, later mounts after the ones they cover."""
    found = []
    for line in (proc / "self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        before, _, after = line.partition(" - ")
        fields, tail = before.split(), after.split(" ")
        options = {*fields[5].split(","), *(tail[2].split(",") if len(tail) > 2 else ())}
        if "ro" in options:  # of the mount or of the whole file system
            options.discard("rw")
        point, source = plain(fields[4]), plain(tail[1])
        found.append(Mount(fields[2], point, frozenset(options), tail[0], source, int(fields[0])))
    return found


def mounts_of(node: str, number: str) -> list[Mount]:
    """Where this device is mounted, by its node or its number (`8:1`). A FUSE file system tells only the node."""
    return [one for one in mounts() if one.device == number or one.source == node]


def mount_at(root: str) -> Mount | None:
    """The mount that this path leads into; None when nothing is mounted just there.

    In a service's sandbox one card stands in the table twice at one place: below /media, which is bound onto itself,
    and hidden under it. Only the kernel tells which of them is reached.
    """
    try:
        handle = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        number = mount_of(handle)
    finally:
        os.close(handle)
    there = [one for one in mounts() if one.point == root]
    return next((one for one in there if one.number == number), None)


def mount_of(fd: int) -> int:
    """The number of the mount that an open file or folder was reached through; 0 when the kernel does not tell."""
    try:
        lines = Path(f"/proc/self/fdinfo/{fd}").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.partition(":")[2]) for line in lines if line.startswith("mnt_id:")), 0)


def plain(text: str) -> str:
    """A path as the table writes it, as it really is."""
    return os.fsdecode(unescaped(os.fsencode(text)))
