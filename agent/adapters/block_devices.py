"""What the kernel says of a block device by its node, also where a sandbox hides the node itself."""

from __future__ import annotations

import os
from pathlib import Path
from stat import S_ISBLK

BY_NAME = Path("/sys/class/block")
BY_NUMBER = Path("/sys/dev/block")
UDEV_DATA = Path("/run/udev/data")


def number_of(node: str) -> str | None:
    """`8:1`; None when there is no such device, or no card in its reader."""
    place = BY_NAME / Path(node).name
    if _text(place / "size") == "0":
        return None
    try:
        found = os.stat(node)  # noqa: PTH116 - as the caller named it
        return f"{os.major(found.st_rdev)}:{os.minor(found.st_rdev)}" if S_ISBLK(found.st_mode) else None
    except OSError:
        return _text(place / "dev") or None


def disk_mark(number: str) -> str:
    """`8:1#42`: the kernel counts each disk of this boot and each card put into a reader. Empty where it does not."""
    place = BY_NUMBER / number
    sequence = _text(place / "diskseq") or _text(place / ".." / "diskseq")
    return f"{number}#{sequence}" if sequence else ""


def udev_word(number: str, name: str, data: Path = UDEV_DATA) -> str:
    """What udev's rules said of this device last under `name`; empty when nothing."""
    lines = _text(data / f"b{number}").splitlines()
    return next((line.partition("=")[2] for line in lines if line.startswith(f"E:{name}=")), "")


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
