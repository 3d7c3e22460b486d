"""Central put back from yesterday's copy of DIR: with its epoch raised as it must be, and with that forgotten."""

from __future__ import annotations

from tests.dock_station import eventually, files_below
from tests.state_loss.scene import Scene, ledger_of, told


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
    rows = scene.export("assets", told_by=pc)
    assert not any(map(marked, rows))
    assert {row["sha256"] for row in rows} == scene.digests()
    (ledger,) = scene.export("ledgers")
    assert (ledger["missing_from"], ledger["set_back_open"]) == (None, False), "the history is whole again"
    assert ledger["head_number"] >= ledger["set_back_from"]
    assert not pc.snapshot()["central_went_back"]


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
    rows = [asset for asset in scene.export("assets", told_by=pc) if "lost" in asset["marks"]]
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
    (ledger,) = scene.export("ledgers", told_by=pc)
    assert ledger["set_back_open"]
    assert ledger["set_back_from"] > 0
    assert "epoch raise" in told(pc)
    assert files_below(card) == scene.held["BWC3"], "receipted, and still not erased"
    copies = list((pc.state / "spool").glob("*.footage"))
    assert len(copies) == len(scene.digests()), "nor is any copy released"
    assert scene.central.command("epoch", "raise").returncode == 0
    pc.wait_safe("BWC3", within_s=90)
    assert not files_below(card)
    scene.check_bytes()
    assert not scene.export("ledgers")[0]["set_back_open"]


def test_a_receipt_whose_object_is_gone_erases_nothing_although_no_history_looks_set_back(scene: Scene) -> None:
    """Only the folder of objects is lost; the database remembers every event and every receipt."""
    pc = scene.pc
    pc.write_config('[erase]\npolicy = "never"\n')
    pc.start()
    card = scene.dock("BWC1")
    eventually(lambda: pc.counts().get("KEPT") == len(scene.held["BWC1"]), why="receipted, and still on the card")
    pc.stop()
    away = pc.undock("BWC1")
    scene.central.kill()
    for path in scene.central.objects().values():
        path.chmod(0o600)
        path.unlink()
    scene.restart_central()
    pc.write_config()
    pc.start()
    eventually(lambda: len(pc.logged("station_ready")) == 2)
    away.rename(card)
    eventually(
        lambda: card.exists() and not files_below(card), within_s=90, why="erased on receipts for what was sent again"
    )
    scene.check_bytes()
    assert len(pc.logged("asset_verified")) == 2 * len(scene.held["BWC1"])


def test_a_station_that_the_copy_does_not_know_is_enrolled_again_and_brings_everything_back(scene: Scene) -> None:
    pc = scene.pc
    yesterday = scene.empty_central()
    pc.start()
    card = scene.dock("BWC1")
    pc.wait_safe("BWC1")
    ledger = ledger_of(pc)
    eventually(lambda: pc.snapshot()["central"]["events_unsent"] == 0)
    scene.restore_central(yesterday, raise_epoch=True)
    eventually(lambda: pc.snapshot()["central"]["trouble"] == "auth_refused")
    pc.stop()
    pc.enroll()
    pc.start()
    scene.wait_at_central(within_s=90)
    scene.check_bytes()
    pc.wait_safe("BWC1", within_s=90)
    assert not files_below(card)
    (row,) = scene.export("ledgers", told_by=pc)
    assert row["set_back_from"]
    assert (row["ledger_uuid"], row["missing_from"]) == (ledger, None), "the same history, whole again"
    assert scene.export("docks")[0]["docked_at"]


def marked(asset: dict[str, object]) -> bool:
    return bool({"not_stored", "lost", "rotten"} & set(asset["marks"]))  # type: ignore[call-overload]
