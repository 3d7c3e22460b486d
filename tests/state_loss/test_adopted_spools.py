"""The old PC is dead; its disk is put into the new one, and what its spool holds is taken in."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from agent.adapters import credential_file
from agent.adapters.file_calls import KernelCalls
from agent.adapters.old_ledger import without_receipt
from agent.adapters.old_spool import SECTOR, OldSpool
from agent.adapters.spool_disk import SpoolFolder
from agent.rules.adoption import Fate, salvage_id
from protocol.messages import EnrollAnswer
from protocol.recorded import samples
from protocol.sidecar import Sidecar, decode_sidecar, encode_path, encode_sidecar
from tests import leaving_nothing
from tests.dock_station import DOCK_AGENT, ROOT, DockStation, eventually, files_below
from tests.state_loss.scene import Scene, ledger_of


def dead_pc_and_new_one(scene: Scene, *serials: str) -> tuple[DockStation, DockStation]:
    """The old PC took cameras in while central was away, and died. Another has been enrolled in its place."""
    old = scene.pc
    old.start()
    scene.dock("BWC1")
    old.wait_safe("BWC1")
    eventually(lambda: old.snapshot()["central"]["events_unsent"] == 0)
    scene.central.kill()
    for serial in serials:
        scene.dock(serial)
    for serial in serials:
        eventually(lambda serial=serial: old.says(serial) == "may be taken", why="in the old PC's spool only")
    old.kill()
    scene.restart_central()
    code = scene.central.command("station", "replace", old.name).stdout.strip()
    new = scene.another_pc("new")
    assert new.command("enroll", "--central", scene.central.url, "--code", code).returncode == 0
    return old, new


def adopt(new: DockStation, folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    done = new.command("adopt", str(folder), "--json", *options)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def as_it_lies(folder: Path) -> dict[str, tuple[str, int]]:
    digests = files_below(folder)
    return {name: (digest, (folder / name).stat().st_mtime_ns) for name, digest in digests.items()}


def killed_once_it_copied(new: DockStation, folder: Path, copies: int) -> None:
    """SIGKILL, when so many copies are there and another is perhaps being written."""
    spool = new.state / "spool"
    process = leaving_nothing.start(
        [*DOCK_AGENT, "adopt", "--config", str(new.config), str(folder), "--apply"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 40
    while process.poll() is None and len(list(spool.glob("*.footage"))) < copies and time.monotonic() < until:
        time.sleep(0.001)
    process.kill()
    process.wait()


def test_a_dead_pcs_spool_reaches_central_under_its_old_ids_whoever_is_killed_meanwhile(scene: Scene) -> None:
    old, new = dead_pc_and_new_one(scene, "BWC2", "BWC3")
    first = str(json.loads((old.state / "status.json").read_text())["ledger"]["uuid"])
    wanted = {
        str(decode_sidecar(path.read_bytes()).asset_id): decode_sidecar(path.read_bytes())
        for path in (old.state / "spool").glob("*.json")
    }
    before = as_it_lies(old.state)

    code, look = adopt(new, old.state)
    assert (code, look["counts"]) == (0, {"adopt": len(wanted)})
    assert not list(new.state.glob("spool/*")), "a look copies nothing"

    for copies in (1, 4):
        killed_once_it_copied(new, old.state, copies)
    new.start()  # half adopted: what is there is whole, the rest is no trouble
    eventually(lambda: new.snapshot().get("central", {}).get("reachable"))
    done = new.command("adopt", str(old.state), "--apply")
    assert (done.returncode, "Another dock-agent works with" in done.stderr) == (2, True)
    new.kill()
    code, applied = adopt(new, old.state, "--apply")
    assert code == 0
    assert set(applied["counts"]) <= {"adopted", "here"}
    assert sum(applied["counts"].values()) == len(wanted)
    new.start()
    eventually(lambda: new.counts().get("STAGED", 0) + new.counts().get("UPLOADED", 0) > 0, why="it has begun")
    new.kill()
    new.start()
    scene.wait_at_central(within_s=90)
    eventually(lambda: new.snapshot().get("queue", {}).get("files") == 0, within_s=60)
    scene.check_bytes()

    assert as_it_lies(old.state) == before, "nothing on the old disk was touched"
    rows = scene.export("assets", told_by=new)
    by_id = {row["asset_id"]: row for row in rows}
    for asset_id, sidecar in wanted.items():
        assert (by_id[asset_id]["camera_serial"], by_id[asset_id]["sha256"]) == (sidecar.camera, sidecar.sha256)
        assert by_id[asset_id]["state"] in ("VERIFIED", "KEPT", "ERASED")
    assert max(Counter((row["camera_serial"], row["source_path"]) for row in rows).values()) == 1, "none twice"
    assert len(scene.central.objects()) == len(scene.digests())
    ledgers = {row["ledger_uuid"]: row for row in scene.export("ledgers", told_by=new)}
    fresh = ledgers[ledger_of(new)]
    assert (fresh["predecessor"], fresh["succession"]) == (first, "replaced")
    assert (new.state / f"ledger-{first}.db").is_file(), "the old ledger is kept as evidence"
    assert new.command("verify").returncode == 0
    assert adopt(new, old.state)[1]["counts"] == {"here": len(wanted)}


def test_what_is_damaged_or_another_stations_is_named_and_left(scene: Scene) -> None:
    pc = scene.pc
    pc.start()
    scene.dock("BWC1")
    pc.wait_safe("BWC1")
    eventually(lambda: pc.snapshot()["central"]["events_unsent"] == 0)
    done = pc.command("adopt", str(pc.state))
    assert (done.returncode, "this station's own" in done.stderr) == (2, True)
    new = scene.another_pc("new")
    new.state.mkdir(mode=0o700)
    shutil.copy(pc.state / "credential.json", new.state)
    done = new.command("adopt", str(pc.state))
    assert (done.returncode, "An agent works with" in done.stderr) == (2, True)
    pc.kill()

    spool = pc.state / "spool"
    at_central, nameless, whole = sorted(path.stem for path in spool.glob("*.footage"))
    rotten, cut, sound = (str(put(spool, "BWC2", content)) for content in (b"rotten", b"a long one", b"sound"))
    foreign = str(put(spool, "BWC9", b"foreign", station="west-9"))
    for asset, content in ((at_central, b"x"), (rotten, b"x" * 6), (cut, b"a")):
        (spool / f"{asset}.footage").chmod(0o600)
        (spool / f"{asset}.footage").write_bytes(content)
    (spool / f"{nameless}.json").write_text("{")
    (spool / f"{uuid4()}.part").write_bytes(b"half")

    code, applied = adopt(new, spool, "--apply")
    assert code == 1
    assert {row["asset"]: row["fate"] for row in applied["copies"]} == {
        at_central: "at_central",
        nameless: "no_sidecar",
        whole: "adopted",
        rotten: "rotten",
        cut: "size_differs",
        sound: "adopted",
        foreign: "another_station",
    }
    assert {path.stem for path in (new.state / "spool").glob("*.footage")} == {whole, sound}
    said = " ".join(new.command("adopt", str(spool)).stdout.split())
    assert "another station's" in said
    assert "1 copies were never completed" in said


def put(spool: Path, camera: str, content: bytes, station: str = "east-1") -> UUID:
    """A copy as a station of that name left it."""
    asset, at = uuid4(), datetime(2026, 11, 2, tzinfo=UTC)
    copy = SpoolFolder(spool, 0).begin(asset, len(content))
    copy.write(memoryview(content))
    sidecar = Sidecar(
        asset_id=asset,
        station=station,
        ledger_uuid=uuid4(),
        camera=camera,
        path_b64=encode_path(f"{asset}.MP4".encode()),
        size=len(content),
        mtime_ns=0,
        kind="video",
        docked_at=at,
        sha256=hashlib.sha256(content).hexdigest(),
        staged_at=at,
    )
    copy.commit(encode_sidecar(sidecar), len(content))
    return asset


def test_what_no_receipt_is_known_of_comes_first(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "kept.db") as ledger:
        ledger.execute("CREATE TABLE assets (asset_id TEXT, receipt_id TEXT)")
        known, unknown = uuid4(), uuid4()
        ledger.executemany("INSERT INTO assets VALUES (?, ?)", [(str(known), "r"), (str(unknown), None)])
    ledger.close()
    assert without_receipt(tmp_path / "kept.db") == {unknown}
    (tmp_path / "broken.db").write_text("no database")
    assert without_receipt(tmp_path / "broken.db") == frozenset()


class DiskWithBadBlock(KernelCalls):
    """EIO wherever a read touches one byte of one file."""

    def __init__(self, path: Path, bad: int) -> None:
        self._inode, self._bad = path.stat().st_ino, bad

    def pread(self, fd: int, length: int, offset: int) -> bytes:
        if os.fstat(fd).st_ino == self._inode and offset <= self._bad < offset + length:
            raise OSError(errno.EIO, "Input/output error")
        return super().pread(fd, length, offset)


def test_a_copy_that_the_old_disk_cannot_read_is_kept_as_far_as_it_goes(tmp_path: Path) -> None:
    content = os.urandom(1_500_000)
    copy = tmp_path / "old" / f"{put(tmp_path / 'old', 'BWC7', content)}.footage"
    for bad in (700_000, 0):
        old = OldSpool(copy.parent, files=DiskWithBadBlock(copy, bad))
        (seen,) = old.copies()
        here = SpoolFolder(tmp_path / f"here {bad}", 0)
        assert old.copy_into(here, seen) is Fate.UNREADABLE
        assert list(here.sidecars()) == []
        kept = old.salvage_into(here, seen)
        assert 0 <= bad - kept <= SECTOR, "up to the block that fails"
        found = list(here.sidecars())
        assert len(found) == bool(kept)
        for asset_id, told in found:
            sidecar = decode_sidecar(told)
            assert (asset_id, sidecar.salvage, sidecar.size) == (salvage_id(seen.asset_id), True, kept)
            assert (here.path / f"{asset_id}.footage").read_bytes() == content[:kept]
        assert here.orphans() == []


@pytest.mark.part("root")
def test_root_adopts_for_the_user_of_the_service_whoever_owned_the_old_disk() -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as open_to_all:  # no other user may pass pytest's own
        home = Path(open_to_all)
        home.chmod(0o755)
        asset = put(home / "old" / "spool", "BWC1", b"footage")
        answer = next(one for one in samples() if isinstance(one, EnrollAnswer))
        credential_file.write(home / "state" / "credential.json", "http://127.0.0.1:9", answer)
        config = home / "agent.toml"
        config.write_text(
            f'[station]\nid = "east-1"\n[central]\nurl = "http://127.0.0.1:9"\n[paths]\nstate = "{home}/state"\n'
            '[spool]\nmin_free = "1MiB"\n'
        )
        for folder, user in ((home / "old", 4321), (home / "state", 1234)):
            for path in [folder, *folder.rglob("*")]:
                os.chown(path, user, user)
        (home / "old").chmod(0o700)
        done = subprocess.run(
            [*DOCK_AGENT, "adopt", "--config", str(config), str(home / "old"), "--apply"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert {path.stat().st_uid for path in (home / "state").rglob("*")} == {1234}
        assert (home / "state" / "spool" / f"{asset}.footage").read_bytes() == b"footage"
