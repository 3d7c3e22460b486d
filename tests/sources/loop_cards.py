"""Cards with real file systems on loop devices, as a source would show them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from agent.rules.footage import Presence
from tests.sources.clock import RealClock

EXT4_STATE = 1024 + 0x3A
EXFAT_FLAGS = 106
KINDS = [
    pytest.param("ext4", marks=pytest.mark.part("loop")),
    pytest.param("exfat", marks=pytest.mark.part("exfat")),
]


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def is_mounted(root: str) -> bool:
    return f" {root} " in Path("/proc/self/mountinfo").read_text()


def card_image(image: Path, kind: str, spoil: tuple[int, bytes] | None = None) -> Path:
    """An empty card of 16 MiB; `spoil`: bytes that are then written at an offset."""
    image.touch()
    os.truncate(image, 16 << 20)
    if kind == "ext4":
        # Without checksums a flag can be set by hand.
        run("mkfs.ext4", "-q", "-F", "-O", "^metadata_csum", str(image))
    elif kind == "exfat":
        run("mkfs.exfat", str(image))
    if spoil is not None:
        at, content = spoil
        with image.open("r+b") as opened:
            opened.seek(at)
            opened.write(content)
    return image


def usb_presence(node: str, kind: str, uuid: str = "AAAA-0001") -> Presence:
    facts = {"fs_type": kind, **({"fs_uuid": uuid} if uuid else {})}
    return Presence("key", "usb", "1-1.4", RealClock().now(), None, device=node, facts=facts)
