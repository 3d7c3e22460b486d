"""The main job, played with real processes, real files and a real server."""

from __future__ import annotations

import json
import shutil

from tests.central_server import CentralServer
from tests.dock_station import DockStation, eventually, files_below


def exported(central: CentralServer, what: str) -> list[dict[str, object]]:
    done = central.command("export", what, "--format", "json")
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def test_footage_reaches_central_byte_for_byte_and_only_then_leaves_the_card(
    station: DockStation, central: CentralServer
) -> None:
    station.start()
    card = station.dock("BWC0412", "--files", "2", "--size", "3MiB")
    held = files_below(card)

    vanished_early = []

    def watch() -> bool:
        """At every look: what is no longer on the card is whole at central."""
        there = {name for name in held if (card / name).exists()}
        stored = central.objects()
        vanished_early.extend(name for name in held.keys() - there if held[name] not in stored)
        return station.says("BWC0412") == "safe to remove"

    eventually(watch, within_s=60)
    assert vanished_early == []
    assert set(files_below(card)) == {"BWC.ID"}, "only the marker is kept by the profile"
    for name, digest in held.items():
        assert files_below(central.objects()[digest].parent)[central.objects()[digest].name] == digest, name

    rows = eventually(
        lambda: (
            [row for row in exported(central, "assets") if row["state"] == "ERASED"]
            if len([row for row in exported(central, "assets") if row["erased_at"]]) == len(held) - 1
            else None
        )
    )
    for row in rows:
        order = [row[name] for name in ("docked_at", "staged_at", "uploaded_at", "verified_at", "erased_at")]
        assert order == sorted(order, key=str), row
        assert row["recorded_at"] is not None
        assert row["sha256"] in held.values()
    dock = exported(central, "docks")[0]
    assert dock["camera_serial"] == "BWC0412"
    assert dock["drained_at"] is not None
    assert station.command("verify").returncode == 0


def test_an_undock_is_recorded_and_the_camera_comes_back_as_a_new_dock(
    station: DockStation, central: CentralServer
) -> None:
    station.start()
    station.dock("BWC0001", "--files", "1", "--size", "300KiB")
    station.wait_safe("BWC0001")
    station.undock("BWC0001")
    eventually(lambda: not station.snapshot()["bays"])
    station.dock("BWC0001")
    station.wait_safe("BWC0001")
    docks = eventually(lambda: d if len(d := exported(central, "docks")) == 2 else None)
    first, second = sorted(docks, key=lambda dock: str(dock["docked_at"]))
    assert first["undocked_at"] is not None
    assert second["undocked_at"] is None
    assert str(second["absent_until"]) >= str(first["docked_at"])
    assert len(exported(central, "assets")) == 4, "the marker was seen again, not taken for a new file"


def test_files_that_a_policy_keeps_stay_on_the_card_and_the_bay_is_safe(
    station: DockStation, central: CentralServer
) -> None:
    station.write_config('[erase]\npolicy = "never"\n')
    station.start()
    card = station.dock("BWC0002", "--files", "1", "--size", "300KiB")
    held = files_below(card)
    station.wait_safe("BWC0002")
    assert files_below(card) == held
    assert set(held.values()) <= set(central.objects())
    assert station.counts() == {"KEPT": len(held)}


def test_while_central_is_away_files_are_staged_and_nothing_vanishes_from_a_card(
    station: DockStation, central: CentralServer
) -> None:
    station.start()
    eventually(lambda: station.snapshot().get("central", {}).get("reachable"))
    central.kill()
    card = station.dock("BWC0003", "--files", "2", "--size", "300KiB")
    held = files_below(card)
    eventually(lambda: station.counts().get("STAGED") == len(held))
    eventually(lambda: station.says("BWC0003") == "may be taken")
    assert files_below(card) == held
    central.start(listen=central.url.removeprefix("http://"))
    station.wait_safe("BWC0003", within_s=90)
    assert set(held.values()) <= set(central.objects())


def test_footage_of_a_camera_pulled_too_early_is_taken_at_its_next_dock(
    station: DockStation, central: CentralServer
) -> None:
    station.start()
    card = station.dock("BWC0004", "--files", "3", "--size", "8MiB")
    held = files_below(card)
    eventually(lambda: station.counts().get("FOUND", 0) > 0 or station.counts().get("STAGED", 0) > 0)
    station.undock("BWC0004")
    eventually(lambda: not [bay for bay in station.snapshot()["bays"] if bay["doing"]])
    assert files_below(station.away / "BWC0004") == held or set(held.values()) - set(
        files_below(station.away / "BWC0004").values()
    ) <= set(central.objects())
    station.dock("BWC0004")
    station.wait_safe("BWC0004", within_s=90)
    assert set(held.values()) <= set(central.objects())


def test_with_the_ledger_deleted_no_footage_is_lost_and_none_is_stored_twice(
    station: DockStation, central: CentralServer
) -> None:
    station.write_config('[erase]\npolicy = "never"\n')
    station.start()
    card = station.dock("BWC0005", "--files", "2", "--size", "1MiB")
    held = files_below(card)
    station.wait_safe("BWC0005")
    eventually(lambda: len(exported(central, "assets")) == len(held))
    before = {row["asset_id"]: row["sha256"] for row in exported(central, "assets")}
    station.kill()
    (station.state / "ledger.db").unlink()
    # Half of the spool's copies go as well: those files must come from the card again.
    lost = sorted((station.state / "spool").glob("*.footage"))[::2]
    for copy in lost:
        copy.unlink()
        copy.with_suffix(".json").unlink()
    station.start()
    eventually(lambda: station.logged("ledger_opened")[-1]["rebuilt"])
    eventually(lambda: station.counts().get("KEPT") == len(held), within_s=60)
    assert files_below(card) == held
    assert set(held.values()) == set(central.objects())
    eventually(
        lambda: {row["asset_id"]: row["sha256"] for row in exported(central, "assets")} == before,
        why="the same assets under the same ids, none new",
    )
    assert station.command("verify").returncode == 0


def test_a_second_camera_of_the_same_name_at_another_station_keeps_its_own_custody(
    station: DockStation, central: CentralServer, tmp_path
) -> None:
    other = DockStation(tmp_path, central, "west-1")
    other.enroll()
    try:
        station.start()
        other.start()
        card = station.dock("BWC0006", "--files", "1", "--size", "300KiB")
        shutil.copytree(card, other.away / "BWC0006")
        held = files_below(other.away / "BWC0006")
        other.dock("BWC0006")
        station.wait_safe("BWC0006")
        other.wait_safe("BWC0006")
        rows = eventually(lambda: r if len(r := exported(central, "assets")) >= 2 * len(held) else None)
        assert {row["station_id"] for row in rows} == {"east-1", "west-1"}
        assert set(central.objects()) >= set(held.values())
    finally:
        other.kill()


def test_a_drop_folder_delivers_footage_and_never_proves_that_a_camera_is_there(
    station: DockStation, central: CentralServer
) -> None:
    drop = station.home / "drop"
    drop.mkdir()
    station.write_config(
        source=f'[[source]]\nkind = "folder"\npath = "{drop}"\npresence = "none"\nsettle = "300ms"\n'
    )
    station.start()
    card = station.dock("BWC0007", "--files", "1", "--size", "300KiB", at=drop)
    held = files_below(card)
    station.wait_safe("BWC0007")
    assert set(held.values()) <= set(central.objects())
    late = card / "late.mp4"
    late.write_bytes(b"dropped into the same folder later")
    digest = files_below(card)["late.mp4"]
    eventually(lambda: digest in central.objects() and not late.exists())
    assert all(dock["proves_dock"] is False for dock in exported(central, "docks"))


def test_a_dock_found_after_a_restart_names_the_last_proof_of_absence_before_it(
    station: DockStation, central: CentralServer
) -> None:
    station.start()
    station.dock("BWC0008", "--files", "1", "--size", "200KiB")
    station.wait_safe("BWC0008")
    station.stop()
    station.dock("BWC0009", "--files", "1", "--size", "200KiB")
    station.start()
    station.wait_safe("BWC0009")
    docks = eventually(lambda: d if len(d := exported(central, "docks")) == 2 else None)
    there, found = sorted(docks, key=lambda dock: str(dock["camera_serial"]))
    assert str(there["docked_at"]) <= str(found["absent_until"]) < str(found["docked_at"])
    assert there["undocked_at"] is None, "it stayed in its bay all the time"
