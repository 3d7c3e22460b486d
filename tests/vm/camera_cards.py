"""Cameras' memories as disk images, made and read on the host without mounting: FAT32 by mtools, ext4 by e2fsprogs.

exFAT has no such tool: its cards are filled, and read again, by the guest (`DockPc.fill_exfat`).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from simulator.card_folder import write_card
from simulator.clips import CardPlan
from tests.dock_station import files_below

MIB = 1 << 20
START = 4 * MIB
"""Where the first partition of an SD card begins."""
FAT_STATE = 65
"""Offset in a FAT32 boot sector of the byte whose lowest bit says: not unmounted."""
_ENVIRONMENT = {**os.environ, "TZ": "UTC", "MTOOLS_SKIP_CHECK": "1"}


@dataclass(frozen=True)
class Volume:
    """One file system of a card: where it lies in the image, and what was put into it (SHA-256 by path)."""

    kind: str
    """`fat32`, `ext4` or `exfat`."""
    at: int
    size: int
    held: dict[str, str]
    label: str = "BWC"
    number: str = ""
    """Eight hexadecimal digits; two FAT volumes may have the same."""


@dataclass(frozen=True)
class CameraCard:
    image: Path
    serial: str
    volumes: tuple[Volume, ...]

    @property
    def held(self) -> dict[str, str]:
        """Of its only volume."""
        (only,) = self.volumes
        return only.held

    def holds(self, volume: int = 0) -> dict[str, str]:
        """What is on it now, read from the image by tools that are not ours."""
        return files_in(self.image, self.volumes[volume])

    def sector_of(self, content: bytes, at: int) -> int:
        """The sector of the image that holds byte `at` of a file: all of it is given, as videos are much alike."""
        return (self.image.read_bytes().index(content) + at) // 512

    def mark_dirty(self) -> None:
        """As a FAT32 camera that lost its power while it wrote."""
        with self.image.open("r+b") as image:
            image.seek(self.volumes[0].at + FAT_STATE)
            image.write(b"\x01")

    def is_dirty(self) -> bool:
        """Whether its FAT32 says that it was not unmounted."""
        with self.image.open("rb") as image:
            image.seek(self.volumes[0].at + FAT_STATE)
            return bool(image.read(1)[0] & 1)

    def repair(self) -> None:
        """What IT does with a dirty FAT32 card, on a PC of its own."""
        with _alone(self.image, self.volumes[0], put_back=True) as alone:
            done = subprocess.run(["fsck.fat", "-a", str(alone)], env=_ENVIRONMENT, capture_output=True, check=False)
            assert done.returncode in (0, 1), done.stdout  # 1: mended
        assert not self.is_dirty()

    def blot_out(self, volume: int) -> None:
        """Its partition stays, its file system is gone."""
        with self.image.open("r+b") as image:
            image.seek(self.volumes[volume].at)
            image.write(b"\x5a" * MIB)


@dataclass
class CardMaker:
    """Makes cards in one folder."""

    folder: Path
    seed: int = 0
    made: list[CameraCard] = field(default_factory=list)

    def tree(self, serial: str, *, files: int = 2, size: int = 400_000) -> Path:
        """A camera's files: a marker with its serial, and playable videos until an hour ago."""
        self.seed += 1
        folder = self.folder / f"{serial}-{self.seed}"
        until = datetime.now(UTC) - timedelta(hours=1)
        write_card(folder, CardPlan(serial, until, files=files, size=size, seed=self.seed, half_written=False))
        return folder

    def card(
        self,
        serial: str,
        *trees: Path,
        kind: str = "fat32",
        table: bool = True,
        label: str = "BWC",
        number: str = "",
        volume_size: int = 40 * MIB,
        **how: int,
    ) -> CameraCard:
        """A card with one volume for each tree (one of its own without any), in a partition table or without."""
        given = trees or (self.tree(serial, **how),)
        image = self.folder / f"{serial}-{len(self.made)}.img"
        volumes = []
        for place, tree in enumerate(given):
            at = START + place * volume_size if table else 0
            volumes.append(Volume(kind, at, volume_size, files_below(tree), label, number))
        with image.open("wb") as file:
            file.truncate(volumes[-1].at + volume_size)
        if table:
            _partition(image, volumes)
        for volume, tree in zip(volumes, given, strict=True):
            fill(image, volume, tree)
        one = CameraCard(image, serial, tuple(volumes))
        self.made.append(one)
        return one


def fill(image: Path, volume: Volume, tree: Path) -> None:
    """Make the file system, with the tree in it. exFAT stays empty."""
    with _alone(image, volume, put_back=True) as alone:
        if volume.kind == "fat32":
            number = ["-i", volume.number] if volume.number else []
            _run("mkfs.vfat", "-F", "32", "-s", "1", "-n", volume.label, *number, alone)
            _run("mcopy", "-i", alone, "-s", "-m", "-Q", *sorted(tree.iterdir()), "::")
        elif volume.kind == "ext4":
            # Its files belong to whoever the camera's Linux runs as: to root.
            _run("mkfs.ext4", "-q", "-F", "-m", "0", "-E", "root_owner=0:0", "-L", volume.label, "-d", tree, alone)
        else:
            _run("mkfs.exfat", "-L", volume.label, alone)


def files_in(image: Path, volume: Volume) -> dict[str, str]:
    """SHA-256 of every file of a FAT32 or ext4 volume, by path."""
    with _alone(image, volume, put_back=False) as alone, tempfile.TemporaryDirectory() as folder:
        if volume.kind == "fat32":
            _run("mcopy", "-i", alone, "-s", "-n", "-Q", "::/", folder)
        else:
            _run("debugfs", "-R", f"rdump / {folder}", alone)
        return files_below(Path(folder))


@contextlib.contextmanager
def _alone(image: Path, volume: Volume, *, put_back: bool) -> Iterator[Path]:
    """One volume as a file of its own, put back afterwards when it was to be changed."""
    alone = image.with_suffix(".volume")
    with image.open("rb") as whole, alone.open("wb") as file:
        whole.seek(volume.at)
        file.write(whole.read(volume.size))
    yield alone
    if put_back:
        with image.open("r+b") as whole, alone.open("rb") as file:
            whole.seek(volume.at)
            shutil.copyfileobj(file, whole, MIB)
    alone.unlink()


def _partition(image: Path, volumes: list[Volume]) -> None:
    kinds = {"fat32": "c", "exfat": "7", "ext4": "83"}
    lines = [f"start={one.at // 512}, size={one.size // 512}, type={kinds[one.kind]}" for one in volumes]
    _run("sfdisk", "-q", "--no-reread", "--no-tell-kernel", image, given="\n".join(["label: dos", *lines, ""]))


def _run(*command: str | Path, given: str | None = None) -> None:
    done = subprocess.run(
        [str(word) for word in command], input=given, env=_ENVIRONMENT, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}"
