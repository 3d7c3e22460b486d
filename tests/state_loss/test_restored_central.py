"""Central put back from yesterday's copy of DIR: with its epoch raised as it must be, and with that forgotten."""

from __future__ import annotations

from tests.dock_station import eventually, files_below
from tests.state_loss.scene import SMALL, Scene, told


def test_what_a_restored_central_lost_is_sent_again_from_the_spool(scene: Scene) -> None:
    pc = scene.pc
    pc.start()
    scene.dock("BWC1")
    pc.wait_safe("BWC1")
    yesterday = scene.back_up_central()
    erased = scene.dock("BWC2")
    pc.wait_safe("BWC2")
    assert scene.gone_from(erased), "erased from its card on a receipt that will not be remembered"
    eventually(lambda: pc.snapshot()["central"]["events_unsent"] == 0)
    scene.restore_central(yesterday, raise_epoch=True)
    scene.wait_at_central(within_s=90)
    scene.check_bytes()
    pc.wait_safe("BWC2", within_s=90)
    rows = eventually(lambda: not any(map(marked, found := scene.export("assets"))) and found)
    assert {row["sha256"] for row in rows} == scene.digests()
    (ledger,) = scene.export("ledgers")
    assert (ledger["missing_from"], ledger["set_back_open"]) == (None, False), "the history is whole again"
    assert ledger["head_number"] >= ledger["set_back_from"]
    assert "restored from a copy" not in told(pc)


def test_what_a_restored_central_lost_for_good_is_named_everywhere(scene: Scene) -> None:
    pc = scene.pc
    pc.write_config('[spool]\nmin_free = "1MiB"\nkeep = "0s"\n')
    pc.start()
    scene.dock("BWC1")
    pc.wait_safe("BWC1")
    yesterday = scene.back_up_central()
    gone = scene.gone_from(pc.cameras / "BWC1")
    card = scene.dock("BWC2")
    pc.wait_safe("BWC2")
    lost = scene.gone_from(card)
    eventually(lambda: not list((pc.state / "spool").glob("*.footage")), why="every copy is released")
    eventually(lambda: pc.snapshot()["central"]["events_unsent"] == 0)
    scene.restore_central(yesterday, raise_epoch=True)
    eventually(lambda: len(pc.snapshot().get("quarantined", [])) == len(lost), within_s=90)
    assert {one["reason"] for one in pc.snapshot()["quarantined"]} == {"lost_at_central"}
    rows = eventually(
        lambda: len(f := [a for a in scene.export("assets") if "lost" in a["marks"]]) == len(lost) and f
    )
    assert {row["sha256"] for row in rows} == lost
    assert {row["state"] for row in rows} == {"QUARANTINED"}
    assert gone <= set(scene.central.objects()), "what the copy held is not called lost"
    assert pc.command("verify").returncode == 0


def test_when_nobody_raises_the_epoch_nothing_is_erased_until_somebody_does(scene: Scene) -> None:
    pc = scene.pc
    pc.start()
    scene.dock("BWC1")
    pc.wait_safe("BWC1")
    yesterday = scene.back_up_central()
    scene.dock("BWC2")
    pc.wait_safe("BWC2")
    eventually(lambda: pc.snapshot()["central"]["events_unsent"] == 0)
    scene.restore_central(yesterday, raise_epoch=False)
    eventually(lambda: pc.snapshot().get("central_went_back"), why="central holds less than it once confirmed")
    card = scene.dock("BWC3")
    scene.wait_at_central(within_s=90)
    scene.check_bytes()
    eventually(lambda: pc.says("BWC3") == "may be taken")
    eventually(lambda: pc.snapshot()["central"]["events_unsent"] == 0)
    (ledger,) = eventually(lambda: (rows := scene.export("ledgers"))[0]["set_back_open"] and rows)
    assert ledger["set_back_from"] > 0
    assert "epoch raise" in told(pc)
    assert files_below(card) == scene.held["BWC3"], "receipted, and still not erased"
    copies = list((pc.state / "spool").glob("*.footage"))
    assert len(copies) == len(scene.digests()), "nor is any copy released"
    assert scene.central.command("epoch", "raise").returncode == 0
    pc.wait_safe("BWC3", within_s=90)
    assert set(files_below(card)) == {"BWC.ID"}
    scene.check_bytes()
    assert not scene.export("ledgers")[0]["set_back_open"]


def test_a_receipt_that_central_does_not_remember_erases_nothing_even_before_anyone_noticed(scene: Scene) -> None:
    """The copy is older than the receipt, and no event told central of it: its history does not look set back."""
    pc = scene.pc
    pc.write_config('[erase]\nmin_age = "8s"\n')
    pc.start()
    eventually(lambda: pc.snapshot().get("central", {}).get("reachable"))
    yesterday = scene.back_up_central()
    card = scene.dock("BWC1", *SMALL)
    eventually(lambda: pc.counts().get("VERIFIED") or pc.counts().get("KEPT"), why="receipted, too young to erase")
    held = files_below(card)
    objects = scene.central.data_dir / "objects"
    # Only the footage is put back from the copy: the database still knows every event and receipt.
    scene.central.kill()
    for path in objects.rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.unlink()
    assert not files_below(objects)
    assert yesterday.exists()
    scene.restart_central()
    scene.wait_at_central(within_s=90)
    pc.wait_safe("BWC1", within_s=90)
    scene.check_bytes()
    assert set(files_below(card)) < set(held)
    assert len(pc.logged("asset_verified")) > len(held), "verified twice: before the loss and after it"


def marked(asset: dict[str, object]) -> bool:
    return bool({"not_stored", "lost", "rotten"} & set(asset["marks"]))  # type: ignore[call-overload]
