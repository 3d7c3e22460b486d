"""A station's memory deleted, put back from a copy, or in two PCs at once."""

from __future__ import annotations

import shutil

from tests.dock_station import DockStation, eventually
from tests.state_loss.scene import Scene, ledger_of, told


def delete_ledger(pc: DockStation) -> None:
    for path in pc.state.glob("ledger.db*"):
        path.unlink()


def test_a_deleted_ledger_costs_no_byte_and_the_new_one_names_the_head_that_central_knows(scene: Scene) -> None:
    pc = scene.pc
    pc.start()
    scene.dock("BWC1")
    pc.wait_safe("BWC1")
    first = ledger_of(pc)
    eventually(lambda: pc.snapshot()["central"]["events_unsent"] == 0)
    scene.central.kill()
    card = scene.dock("BWC2")
    eventually(lambda: pc.says("BWC2") == "may be taken", why="staged while central is away")
    pc.kill()
    delete_ledger(pc)
    shutil.rmtree(card)  # the officer took the camera away, and it is run over by a truck
    scene.restart_central()
    pc.start()
    scene.wait_at_central()
    scene.check_bytes()
    files = len(scene.digests())
    eventually(
        lambda: pc.counts().get("VERIFIED") == files, why="what was receipted before is verified anew, not sent"
    )
    old, new = scene.export("ledgers", told_by=pc)
    assert (old["ledger_uuid"], new["predecessor"], new["succession"]) == (first, first, "lost")
    assert new["ledger_uuid"] == ledger_of(pc)
    assert len(scene.central.objects()) == len(scene.digests()), "nothing is stored twice"
    assert pc.snapshot()["ledger"]["rebuilt_because"] == "lost"
    assert pc.command("verify").returncode == 0


def test_a_ledger_put_back_from_an_old_copy_is_named_as_a_fork_and_a_new_one_goes_on(scene: Scene) -> None:
    pc = scene.pc
    pc.start()
    scene.dock("BWC1")
    pc.wait_safe("BWC1")
    eventually(lambda: pc.snapshot()["central"]["events_unsent"] == 0)
    pc.stop()
    copy = (pc.state / "ledger.db").read_bytes()
    pc.start()
    scene.dock("BWC2")
    pc.wait_safe("BWC2")
    forked = ledger_of(pc)
    eventually(lambda: pc.snapshot()["central"]["events_unsent"] == 0)
    pc.kill()
    delete_ledger(pc)
    (pc.state / "ledger.db").write_bytes(copy)
    scene.dock("BWC3")
    pc.start()
    eventually(lambda: pc.logged("ledger_ended"), why="the fork ends this ledger")
    eventually(lambda: pc.snapshot().get("ledger", {}).get("uuid") not in (None, forked))
    for serial in ("BWC1", "BWC2", "BWC3"):
        pc.wait_safe(serial)
    scene.check_bytes()
    (new,) = [row for row in scene.export("ledgers", told_by=pc) if row["succession"]]
    assert (new["predecessor"], new["succession"]) == (forked, "forked")
    assert scene.export("forks")[0]["ledger_uuid"] == forked
    assert (pc.state / f"ledger-{forked}.db").exists(), "the old copy is kept as evidence"
    assert f"forked: ledger {forked}" in told(pc)
    assert pc.command("verify").returncode == 0
    assert len(scene.central.objects()) == len(scene.digests())


def test_a_ledger_put_back_from_before_a_dock_keeps_the_copies_that_it_does_not_know(scene: Scene) -> None:
    """The copies are younger than the ledger, central never had them, and their camera is gone."""
    pc = scene.pc
    pc.start()
    scene.dock("BWC1")
    pc.wait_safe("BWC1")
    eventually(lambda: pc.snapshot()["central"]["events_unsent"] == 0)
    pc.stop()
    copy = (pc.state / "ledger.db").read_bytes()
    pc.start()
    eventually(lambda: pc.snapshot().get("central", {}).get("reachable"))
    scene.central.kill()
    card = scene.dock("BWC2")
    eventually(lambda: pc.says("BWC2") == "may be taken", why="staged while central is away")
    pc.kill()
    shutil.rmtree(card)
    delete_ledger(pc)
    (pc.state / "ledger.db").write_bytes(copy)
    scene.restart_central()
    pc.start()
    scene.wait_at_central()
    scene.check_bytes()
    rows = scene.export("assets", told_by=pc)
    assert {row["sha256"] for row in rows} >= scene.digests("BWC2")
    assert len(scene.central.objects()) == len(scene.digests())
    assert pc.command("verify").returncode == 0


def test_two_pcs_with_one_disk_keep_all_footage_safe_and_are_both_named(scene: Scene) -> None:
    pc = scene.pc
    pc.start()
    scene.dock("BWC1")
    pc.wait_safe("BWC1")
    original = ledger_of(pc)
    eventually(lambda: pc.snapshot()["central"]["events_unsent"] == 0)
    pc.stop()
    clone = scene.another_pc("clone")
    shutil.copytree(pc.state, clone.state)
    pc.start()
    eventually(lambda: pc.snapshot().get("central", {}).get("reachable"))
    scene.dock("BWC2")
    scene.dock("BWC3", pc=clone)
    clone.start()
    eventually(lambda: clone.logged("ledger_ended") or pc.logged("ledger_ended"), why="one of the two forks")
    pc.wait_safe("BWC2")
    clone.wait_safe("BWC3")
    scene.check_bytes()
    assert {ledger_of(pc), ledger_of(clone)} > {original}, "each has a ledger of its own"
    scene.central.wait_for_log("ledger_spoke_again", within_s=60)
    eventually(lambda: clone.snapshot()["central"]["events_unsent"] == 0)
    first, second = scene.export("ledgers", told_by=pc)
    assert (second["predecessor"], second["succession"]) == (original, "forked")
    assert first["spoke_again_at"], "both PCs go on speaking: people are told"
    assert scene.export("forks")
