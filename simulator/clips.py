"""Which recordings a simulated camera made, and the bytes of each."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from simulator import mp4, scene
from simulator.h264 import FPS

SMALLEST = 4096
"""Bytes of the smallest video that still plays."""
_BLOCK = 1 << 20
_APART = timedelta(minutes=3)
_LONGEST = timedelta(seconds=scene.FRAMES // FPS)


@dataclass(frozen=True, slots=True)
class CardPlan:
    """What to put on a card. The same plan always gives the same bytes, names and times."""

    serial: str
    recorded_until: datetime
    """Aware. Every recording ended before this instant."""
    files: int = 3
    """Playable videos; the half-written last clip is not counted."""
    size: int = 64 << 20
    """Bytes of each playable video, exactly. The half-written clip has half of them."""
    seed: int = 0
    half_written: bool = True
    first_number: int = 1
    model: str = "generic-msc"
    """Which layout its card has; see `simulator.layouts`."""


@dataclass(frozen=True, slots=True)
class Clip:
    number: int
    started_at: datetime
    size: int
    whole: bool


def clips_of(plan: CardPlan) -> list[Clip]:
    """The recordings, oldest first, three minutes apart; the last one ends just before `recorded_until`."""
    count = plan.files + (1 if plan.half_written and plan.files else 0)
    until = plan.recorded_until.astimezone(UTC).replace(microsecond=0)
    last = until - timedelta(seconds=2 + until.second % 2) - _LONGEST  # FAT keeps even seconds only
    return [
        Clip(
            number=plan.first_number + place,
            started_at=last - (count - 1 - place) * _APART,
            size=plan.size if place < plan.files else max(plan.size // 2, 1),
            whole=place < plan.files,
        )
        for place in range(count)
    ]


@dataclass(frozen=True, slots=True)
class Footage:
    """One clip, ready to be written: pictures are made, noise comes as it is asked for."""

    pictures: mp4.Pictures
    head: bytes
    index: bytes
    noise: int
    """Bytes between the pictures and the index."""
    seed: bytes

    @property
    def seconds(self) -> float:
        return len(self.pictures.sizes) / FPS

    def blocks(self) -> Iterator[bytes | memoryview]:
        """The bytes of the file, at most about 1 MiB at a time."""
        yield self.head
        yield self.pictures.data
        yield from _noise(self.seed, self.noise)
        yield self.index


def footage_of(plan: CardPlan, clip: Clip, lens: int = 0, created_at: datetime | None = None) -> Footage:
    """`lens`: each has bytes of its own. `created_at`: what the container says instead of the start."""
    which = f"{plan.seed}/{plan.serial}/{clip.number}/{clip.size}{f'/{lens}' if lens else ''}"
    seed = hashlib.sha256(which.encode()).digest()
    room = clip.size - mp4.INDEX_ROOM
    if not clip.whole:
        head = mp4.head(None)[: clip.size]
        pictures = mp4.framed(scene.film(plan.serial, clip.started_at, max(room, 0)))
        return Footage(pictures, head, b"", max(clip.size - len(head) - len(pictures.data), 0), seed)
    pictures = mp4.framed(scene.film(plan.serial, clip.started_at, room))
    index = mp4.index(created_at or clip.started_at, pictures.sizes, pictures.keys)
    noise = clip.size - mp4.HEAD_SIZE - len(pictures.data) - len(index)
    return Footage(pictures, mp4.head(len(pictures.data) + noise), index, noise, seed)


def _noise(seed: bytes, length: int) -> Iterator[bytes | memoryview]:
    """Bytes that no two clips and no two blocks share: one block of random ones, stamped anew for each.

    What is yielded is valid until the next block is asked for.
    """
    block = bytearray(random.Random(seed).randbytes(min(_BLOCK, length)))
    for number in range(0, length, _BLOCK):
        stamp = hashlib.sha256(seed + number.to_bytes(8, "big")).digest()
        block[:32] = stamp[: min(32, len(block))]
        yield memoryview(block)[: length - number]


def sidecar_of(plan: CardPlan, clip: Clip, seconds: float) -> bytes:
    """The metadata a camera stores beside a finished clip: times and a walk; nobody is named."""
    walk = random.Random(f"{plan.seed}/{plan.serial}/{clip.number}")
    lat, lon = 39.0997 + walk.uniform(-0.05, 0.05), -94.5786 + walk.uniform(-0.05, 0.05)
    track = []
    for second in range(0, int(seconds) + 1, 10):
        lat, lon = lat + walk.uniform(-2e-4, 2e-4), lon + walk.uniform(-2e-4, 2e-4)
        at = clip.started_at + timedelta(seconds=second)
        track.append({"at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "lat": round(lat, 6), "lon": round(lon, 6)})
    content = {
        "camera": plan.serial,
        "clip": clip.number,
        "started_at": f"{clip.started_at:%Y-%m-%dT%H:%M:%SZ}",
        "duration_s": seconds,
        "gps": track,
    }
    return json.dumps(content, indent=1).encode() + b"\n"
