"""A new PC in an old one's place, and what was left on the old one's disk."""

from __future__ import annotations

import shutil

from tests.dock_station import eventually, files_below
from tests.state_loss.scene import Scene, ledger_of, told


def test_a_new_pc_takes_over_and_the_old_one_erases_nothing_and_says_why(scene: Scene) -> None:
    old = scene.pc
    old.start()
    scene.dock("BWC1")
    old.wait_safe("BWC1")
    first = ledger_of(old)
    eventually(lambda: old.snapshot()["central"]["events_unsent"] == 0)
    scene.central.kill()
    scene.dock("BWC2")
    eventually(lambda: old.says("BWC2") == "may be taken", why="in the old PC's spool only")
    old.stop()
    old.undock("BWC2")
    scene.restart_central()
    code = scene.central.command("station", "replace", old.name).stdout.strip()
    new = scene.another_pc("new")
    done = new.command("enroll", "--central", scene.central.url, "--code", code)
    assert done.returncode == 0, done.stderr

    card = scene.dock("BWC3", pc=old)
    old.start()
    eventually(lambda: old.snapshot().get("central", {}).get("trouble") == "auth_refused")
    eventually(lambda: old.says("BWC3") == "may be taken", why="copying goes on")
    assert "CREDENTIAL" in told(old)
    assert files_below(card) == scene.held["BWC3"]
    old.stop()
    assert files_below(card) == scene.held["BWC3"], "without central nothing is erased"

    # The operator brings the old disk's spool to the new PC, which runs already.
    new.start()
    eventually(lambda: new.snapshot().get("central", {}).get("reachable"))
    new.stop()
    shutil.copytree(old.state / "spool", new.state / "spool", dirs_exist_ok=True)
    new.start()
    scene.wait_at_central(within_s=90)
    scene.check_bytes()
    closed, fresh = scene.export("ledgers", told_by=new)
    assert (closed["ledger_uuid"], closed["closed_at"] is not None) == (first, True)
    assert (fresh["ledger_uuid"], fresh["predecessor"], fresh["succession"]) == (ledger_of(new), first, "replaced")
    paths = {row["source_path"] for row in scene.export("assets") if row["sha256"] in scene.digests("BWC2")}
    assert paths >= set(scene.held["BWC2"]), "the sidecars say whose footage it is"

    # The camera itself comes to the new PC: what is receipted under the old PC's asset is known again.
    (old.away / "BWC2").rename(new.cameras / "BWC2")
    new.wait_safe("BWC2", within_s=90)
    assert not files_below(new.cameras / "BWC2")
    assert len(scene.central.objects()) == len(scene.digests())
    assert new.command("verify").returncode == 0


def test_a_pc_that_was_replaced_by_mistake_is_enrolled_again_and_goes_on_under_a_new_ledger(scene: Scene) -> None:
    pc = scene.pc
    pc.start()
    scene.dock("BWC1")
    pc.wait_safe("BWC1")
    first = ledger_of(pc)
    pc.stop()
    code = scene.central.command("station", "replace", pc.name).stdout.strip()
    assert pc.command("enroll", "--central", scene.central.url, "--code", code).returncode == 0
    scene.dock("BWC2")
    pc.start()
    eventually(lambda: pc.logged("ledger_ended"))
    pc.wait_safe("BWC2")
    scene.check_bytes()
    rows = scene.export("ledgers", told_by=pc)
    assert (rows[1]["predecessor"], rows[1]["succession"]) == (first, "closed")
    assert rows[0]["closed_at"]
