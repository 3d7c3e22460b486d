"""What goes wrong on a station costs as little as it must: one bay, some time, never a byte."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.card.fuse_camera import FuseCamera
from tests.central_server import CentralServer
from tests.dock_station import DockStation, eventually, files_below


def test_kill_9_at_any_moment_loses_nothing_and_stores_nothing_twice(
    station: DockStation, central: CentralServer
) -> None:
    chance = random.Random(20260)
    station.write_config("[upload]\nlimits = [{from = '00:00', to = '24:00', rate = '6MiB/s'}]\n")
    card = station.dock("BWC0100", "--files", "4", "--size", "3MiB")
    held = files_below(card)
    for _ in range(6):
        station.start()
        time.sleep(chance.uniform(0.5, 0.99))
        station.kill()
        gone = held.keys() - files_below(card).keys()
        assert {held[name] for name in gone} <= set(central.objects()), "nothing leaves the card unproven"
    station.write_config()
    station.start()
    station.wait_safe("BWC0100", within_s=90)
    assert set(files_below(card)) == {"BWC.ID"}
    objects = central.objects()
    assert set(held.values()) == set(objects)
    assert station.command("verify").returncode == 0


@pytest.mark.part("fuse")
def test_a_card_that_hangs_in_the_kernel_costs_its_bay_only(
    station: DockStation, central: CentralServer, tmp_path: Path
) -> None:
    station.write_config('[card]\nstall = "2s"\n')
    held: dict[str, str] = {}
    inside = tmp_path / "inside"
    inside.mkdir()
    made = station.dock("BWC0200", "--files", "1", "--size", "300KiB", at=inside)
    mount = station.cameras / "BWC0200"
    camera = FuseCamera(made, mount)
    try:
        camera.fault(mode="hang", match="*.MP4")
        station.start()
        for serial in ("BWC0201", "BWC0202"):
            held |= files_below(station.dock(serial, "--files", "1", "--size", "300KiB"))
        station.wait_safe("BWC0201")
        station.wait_safe("BWC0202")
        eventually(lambda: station.says("BWC0200") == "use another bay", why="the hanging bay says so")
        assert set(held.values()) <= set(central.objects())
        assert station.snapshot()["loops"]["bays"]["age_s"] < 20, "the station itself does not wait for it"
        camera.fault(mode="ok")
        station.wait_safe("BWC0200", within_s=90)
    finally:
        camera.fault(mode="ok")
        station.kill()
        camera.close()


@pytest.mark.part("fuse")
def test_an_unreadable_file_is_salvaged_and_its_card_is_not_written_to(
    station: DockStation, central: CentralServer, tmp_path: Path
) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    made = station.dock("BWC0300", "--files", "2", "--size", "3MiB", at=inside)
    held = files_below(made)
    broken = next(name for name in sorted(held) if name.endswith(".MP4"))
    mount = station.cameras / "BWC0300"
    camera = FuseCamera(made, mount)
    try:
        camera.fault(mode="eio", match="*" + Path(broken).name, after=1 << 20)
        station.start()
        eventually(lambda: station.says("BWC0300") == "leave in bay", within_s=60)
        receipted = ("VERIFIED", "KEPT")
        eventually(lambda: sum(station.counts().get(state, 0) for state in receipted) == len(held), within_s=60)
        assert files_below(made) == held, "nothing is erased from a card with an I/O error"
        stored = central.objects()
        assert {digest for name, digest in held.items() if name != broken} <= set(stored)
        (aside,) = station.snapshot()["quarantined"]
        assert aside["path"] == broken
        assert aside["reason"] == "unreadable"
        whole = (made / broken).read_bytes()
        salvaged = [path for digest, path in stored.items() if digest not in held.values()]
        assert len(salvaged) == 1
        part = salvaged[0].read_bytes()
        assert len(part) >= 900_000
        assert whole.startswith(part)

        camera.fault(mode="ok")
        assert station.command("retry", aside["asset"]).returncode == 0
        eventually(lambda: held[broken] in central.objects(), within_s=60, why="the file is read again after retry")
    finally:
        station.kill()
        camera.close()


@pytest.mark.part("loop")
def test_with_the_spool_full_files_wait_on_the_camera_and_go_on_by_themselves(
    station: DockStation, central: CentralServer, tmp_path: Path
) -> None:
    spool = station.state / "spool"
    spool.mkdir(mode=0o700, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "spool", str(spool)], check=True)
    try:
        station.write_config('[spool]\nmin_free = "2MiB"\nkeep = "1s"\n')
        (spool / "filler").write_bytes(b"\0" * (19 << 20))
        station.start()
        card = station.dock("BWC0400", "--files", "3", "--size", "4MiB")
        held = files_below(card)
        eventually(lambda: any("spool" in (bay["note"] or "") for bay in station.snapshot().get("bays", [])))
        assert station.says("BWC0400") == "do not remove"
        assert {name for name in held if name.endswith(".MP4")} <= set(files_below(card))
        (spool / "filler").unlink()
        station.wait_safe("BWC0400", within_s=90)
        assert set(held.values()) <= set(central.objects())
    finally:
        station.kill()
        subprocess.run(["umount", "-l", str(spool)], check=True)


def test_hostile_names_travel_or_are_refused_and_nothing_leads_out_of_the_card(
    station: DockStation, central: CentralServer, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(b"not on any card")
    card = station.away / "BWC0500"
    card.mkdir()
    names = [
        b"a\nb.mp4",
        "v\u00eddeo \u2603.mp4".encode(),
        b"x" * 251 + b".mp4",
        b"\xff\xfe.mp4",
        b"UPPER.MP4",
        b"upper.mp4",
    ]
    for number, name in enumerate(names):
        (Path(os.fsdecode(os.fsencode(card) + b"/" + name))).write_bytes(b"footage %d" % number)
    (card / "link.mp4").symlink_to(secret)
    (card / "up").symlink_to("..")
    os.mkfifo(card / "pipe.mp4")
    held = files_below(card)
    assert len(held) == len(names)
    station.start()
    station.dock("BWC0500")
    station.wait_safe("BWC0500")
    assert set(held.values()) == set(central.objects())
    assert secret.exists()
    left = {path.name for path in (station.cameras / "BWC0500").iterdir()}
    assert left == {"link.mp4", "up", "pipe.mp4"}, "what was refused is never touched"


def test_a_copy_lost_from_the_spool_is_read_from_the_card_again(station: DockStation, central: CentralServer) -> None:
    station.start()
    eventually(lambda: station.snapshot().get("central", {}).get("reachable"))
    central.kill()
    card = station.dock("BWC0600", "--files", "1", "--size", "2MiB")
    held = files_below(card)
    eventually(lambda: station.counts().get("STAGED") == len(held))
    station.kill()
    for copy in (station.state / "spool").glob("*.footage"):
        copy.unlink()
    central.start(listen=central.url.removeprefix("http://"))
    station.start()
    station.wait_safe("BWC0600", within_s=90)
    assert set(held.values()) == set(central.objects())


def test_two_agents_never_share_a_state_folder(station: DockStation) -> None:
    station.start()
    eventually(station.snapshot)
    done = station.command("run")
    assert done.returncode == 2
    assert "Another dock-agent works with" in done.stderr


def test_a_file_that_still_grows_is_taken_when_it_is_whole(station: DockStation, central: CentralServer) -> None:
    station.start()
    card = station.dock("BWC0700", "--files", "1", "--size", "200KiB")
    growing = card / "DCIM" / "growing.mp4"
    with growing.open("wb") as file:
        for _ in range(20):
            file.write(os.urandom(20_000))
            file.flush()
            time.sleep(0.1)
    whole = files_below(growing.parent)["growing.mp4"]
    eventually(lambda: whole in central.objects())
    station.wait_safe("BWC0700")
    assert not growing.exists()


def test_a_bad_configuration_is_refused_with_every_problem_at_once(station: DockStation) -> None:
    station.config.write_text(
        '[station]\nid = "east 1"\n[central]\nurl = "http://central.example"\n'
        '[spool]\nmin_fre = "1GiB"\nkeep = "soon"\n'
        '[upload]\nworkers = "four"\n'
    )
    for command in ("check-config", "run", "status"):
        done = station.command(command)
        assert done.returncode == 2
        for part in (":2: station.id", "did you mean 'min_free'", ":7: spool.keep = 'soon'", ":9: upload.workers"):
            assert part in done.stderr, (command, part, done.stderr)


def test_the_same_file_under_a_reused_name_with_other_content_is_another_asset(
    station: DockStation, central: CentralServer
) -> None:
    station.write_config('[erase]\npolicy = "never"\n')
    station.start()
    card = station.dock("BWC0800", "--files", "1", "--size", "200KiB")
    reused = next(card.rglob("*.MP4"))
    first = files_below(reused.parent)[reused.name]
    station.wait_safe("BWC0800")
    station.undock("BWC0800")
    eventually(lambda: not station.snapshot()["bays"])
    away = station.away / "BWC0800" / reused.relative_to(card)
    times = away.stat()
    away.write_bytes(os.urandom(times.st_size))
    os.utime(away, ns=(times.st_atime_ns, times.st_mtime_ns))
    second = files_below(away.parent)[away.name]
    station.dock("BWC0800")
    eventually(lambda: second in central.objects(), why="same name, size and time, other bytes")
    station.wait_safe("BWC0800")
    assert {first, second} <= set(central.objects())
    shutil.rmtree(station.cameras / "BWC0800")


def test_a_station_killed_during_a_camera_s_second_dock_goes_on_with_that_dock(
    station: DockStation, central: CentralServer
) -> None:
    station.start()
    station.dock("BWC0900", "--files", "1", "--size", "200KiB")
    station.wait_safe("BWC0900")
    station.undock("BWC0900")
    eventually(lambda: station.snapshot()["bays"] == [])
    station.dock("BWC0900")
    station.wait_safe("BWC0900")
    station.kill()
    station.start()
    eventually(lambda: len(station.logged("station_ready")) == 2)
    station.wait_safe("BWC0900")
    assert len(station.logged("camera_undocked")) == 1, "nobody pulled it while the agent was away"
