"""Many cameras at once: does each get its share of the wire, and does flagged footage go first?"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from uuid import UUID

from tests.bench.linked_station import LinkedStation, digest_of
from tests.bench.racing import random_file
from tests.bench.rows import Row
from tests.bench.servers import Door, our_central
from tests.bench.uploading import WORKERS, drive

SIZE = 1 << 20
FAIR = 0.95
"""Of Jain's index: 1 when every camera has had as much as every other, 1/n when one has had all."""


def sharing_rows(folder: Path, runs: int) -> list[Row]:
    file = random_file(folder / "shared.mp4", SIZE)
    sha256 = digest_of(file)
    rows: list[Row] = []
    with our_central(folder) as (_, door):
        for cameras, files in ((8, 8), (64, 2)):
            seen = [
                _run(folder / f"station-{cameras}-{run}", door, file, sha256, cameras, files) for run in range(runs)
            ]
            rows += _rows(cameras, seen)
    return rows


def _rows(cameras: int, seen: list[tuple[float, int]]) -> list[Row]:
    ones = (1.0,) * len(seen)
    return [
        Row(
            f"{cameras} cameras, fairness half-way",
            "Jain",
            tuple(index for index, _ in seen),
            "equal shares",
            ones,
            FAIR,
        ),
        Row(
            f"{cameras} cameras, flagged file of the last one safe as number",
            "",
            tuple(float(place) for _, place in seen),
            "as many as there are workers",
            tuple(float(WORKERS) for _ in seen),
            1.0,
            more_is_better=False,
        ),
    ]


def _run(folder: Path, door: Door, file: Path, sha256: str, cameras: int, files: int) -> tuple[float, int]:
    """Jain's index over the bytes that each camera had at central half-way, and when the flagged file was safe."""
    station = LinkedStation(folder)
    owner: dict[UUID, str] = {}
    uploaded: list[UUID] = []
    safe: list[UUID] = []
    try:
        for camera in (f"BWC{number:04}" for number in range(cameras)):
            for _ in range(files):
                owner[station.link(file, sha256, camera)] = camera
        flagged = station.link(file, sha256, f"BWC{cameras - 1:04}", flagged=True)
        drive(station, door, receipts=True, uploaded=uploaded.append, verified=safe.append)
    finally:
        station.close()
    half = Counter(owner[asset_id] for asset_id in uploaded[: len(uploaded) // 2] if asset_id in owner)
    return jain([half[f"BWC{number:04}"] for number in range(cameras)]), safe.index(flagged) + 1


def jain(shares: list[int]) -> float:
    return sum(shares) ** 2 / (len(shares) * sum(share**2 for share in shares))
