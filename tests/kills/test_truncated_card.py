"""A card on a loop device whose image is cut short while a file of it is being read."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.central_server import CentralServer
from tests.dock_station import DockStation, eventually, files_below
from tests.kills.docks import SETTLED, write_card
from tests.kills.in_flight import card_processes, kill
from tests.leaving_nothing import ext4_image, loop_device, mounted

pytestmark = pytest.mark.timeout(240)

MIB = 1 << 20
BIG_SIZE = 160 * MIB
"""Large enough that a card process is stopped long before its end, also where everybody is slow."""
CUT_AT = 24 * MIB
SERIAL = "BWC0001"
BIG = "DCIM/BIG.MP4"
"""Dated last, so it is read first; written last, so it lies furthest back."""


def exfat_image(image: Path, size: str) -> Path:
    subprocess.run(["truncate", "-s", size, str(image)], check=True)
    subprocess.run(["mkfs.exfat", str(image)], check=True, capture_output=True)
    return image


EXT4 = pytest.param("ext4", marks=pytest.mark.part("loop"))
EXFAT = pytest.param("exfat", marks=pytest.mark.part("exfat"))


@pytest.fixture(params=[EXT4, EXFAT])
def card(request: pytest.FixtureRequest, tmp_path: Path, station: DockStation) -> Iterator[tuple[Path, Path]]:
    """The image and the folder where it is mounted: freshly, so that nothing of it is in memory."""
    image = tmp_path / "card.img"
    is_ext4 = request.param == "ext4"
    (ext4_image if is_ext4 else exfat_image)(image, "224M")
    options = () if is_ext4 else ("-t", "exfat-fuse")
    with loop_device(image) as node:
        with mounted(node, tmp_path / "filling", *options) as filling:
            made = tmp_path / "made"
            write_card(made, SERIAL, random.Random(5), files=2, size=MIB)
            shutil.copytree(made, filling, dirs_exist_ok=True)
            (filling / BIG).write_bytes(random.Random(6).randbytes(BIG_SIZE))
            subprocess.run(["sync", "-f", str(filling)], check=True)
        # exFAT's process may hold the device a little longer: what the kernel remembers of it would still be there.
        subprocess.run(["blockdev", "--flushbufs", str(node)], check=True)
        with mounted(node, station.cameras / SERIAL, *options) as at:
            yield image, at
            station.kill()


def test_a_card_cut_short_while_it_is_read_leaves_a_salvage_a_named_quarantine_and_every_other_file(
    card: tuple[Path, Path], station: DockStation, central: CentralServer, tmp_path: Path
) -> None:
    image, at = card
    held = set(files_below(tmp_path / "made").values())
    whole = random.Random(6).randbytes(BIG_SIZE)
    neighbour = station.away / "BWC0002"
    write_card(neighbour, "BWC0002", random.Random(7), files=2, size=MIB)
    held |= set(files_below(neighbour).values())

    child = _stopped_while_it_reads(station)
    os.truncate(image, CUT_AT)
    kill(child, signal.SIGCONT)
    neighbour.rename(station.cameras / "BWC0002")
    station.wait_safe("BWC0002", within_s=60)
    eventually(lambda: station.says(SERIAL) in ("leave in bay", "use another bay"), within_s=90)
    (aside,) = eventually(lambda: station.snapshot()["quarantined"], within_s=60)
    eventually(lambda: set(station.counts()) <= SETTLED, within_s=60)
    assert (aside["path"], aside["reason"]) == (BIG, "unreadable")
    stored = central.objects()
    assert held <= set(stored), "every other file is whole at central"
    salvaged = [path.read_bytes() for digest, path in stored.items() if digest not in held]
    assert [whole.startswith(part) and len(part) >= MIB for part in salvaged] == [True]
    assert {path.name for path in at.rglob("*.MP4")} >= {Path(BIG).name}, "what was not received is not erased"
    assert {path.name for path in at.rglob("*.MP4")} == {path.name for path in (tmp_path / "made").rglob("*.MP4")} | {
        Path(BIG).name
    }, "a card with an I/O error is not written to"
    assert station.command("verify").returncode == 0


def _stopped_while_it_reads(station: DockStation) -> int:
    """Start the agent, and stop its card process while a copy of the big file grows; its process id."""
    station.start()
    spool = station.state / "spool"

    def reading() -> int | None:
        growing = [part for part in spool.glob("*.part") if part.stat().st_size >= BIG_SIZE]
        assert station.process is not None
        return card_processes(station.process.pid)[0] if growing else None

    child = int(eventually(reading))
    kill(child, signal.SIGSTOP)
    assert list(spool.glob("*.part")), "it was stopped in time"
    return child
