"""A file dropped into the watched folder is imported once it is whole, and the folder says what became of it."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from central.judging import roster_folder
from central.judging.roster_folder import Dropped, RosterFolder
from central.judging.rosters import bring_roster, confirm_roster
from central.roster.importing import Bringing, discard
from central.roster.models import RosterImport, Shift, ShiftVersion
from tests.roster.rows import EVENING, HOUR, NOW, as_file, shift

pytestmark = pytest.mark.django_db

SETTLE = timedelta(seconds=2)


@pytest.fixture
def folder(tmp_path: Path) -> RosterFolder:
    return RosterFolder(tmp_path, SETTLE)


def settled(folder: RosterFolder) -> list[Dropped]:
    """Look twice, the time to settle apart."""
    assert folder.take(NOW) == []
    return folder.take(NOW + SETTLE)


def files(folder: RosterFolder) -> set[str]:
    return {str(path.relative_to(folder.path)) for path in folder.path.rglob("*") if path.is_file()}


def test_a_whole_file_is_imported_and_lies_in_done(folder: RosterFolder) -> None:
    (folder.path / "november.csv").write_bytes(as_file([shift("S1")]))
    (dropped,) = settled(folder)
    assert (dropped.name, dropped.became) == ("november.csv", "done")
    assert files(folder) == {"done/november.csv"}
    assert Shift.objects.get(pk="S1").camera_serial == "C1"
    assert RosterImport.objects.get().brought_by == "folder"


def test_a_file_that_still_grows_is_left_alone(folder: RosterFolder) -> None:
    path = folder.path / "november.csv"
    content = as_file([shift("S1"), shift("S2")])
    path.write_bytes(content[:-40])
    folder.take(NOW)
    path.write_bytes(content)
    assert folder.take(NOW + SETTLE) == []
    assert [one.became for one in folder.take(NOW + 2 * SETTLE)] == ["done"]
    assert Shift.objects.count() == 2


def test_a_file_that_was_imported_before_the_power_went_is_moved_away_and_changes_nothing(
    folder: RosterFolder,
) -> None:
    content = as_file([shift("S1")])
    (folder.path / "november.csv").write_bytes(content)
    bring_roster(content, Bringing("folder", NOW, "november.csv"))
    (dropped,) = settled(folder)
    assert dropped.said[0] == "1 shifts: 0 were added, 0 changed, 1 unchanged"
    assert ShiftVersion.objects.count() == 1


@pytest.mark.parametrize("name", [".november.csv", "november.csv.part", "november.csv.tmp", "november.csv~"])
def test_a_file_under_the_name_of_an_unfinished_one_is_left_alone(folder: RosterFolder, name: str) -> None:
    (folder.path / name).write_bytes(as_file([shift("S1")]))
    assert settled(folder) == []
    assert files(folder) == {name}


def test_a_file_with_errors_lies_in_refused_beside_every_one_of_them(folder: RosterFolder) -> None:
    bad = as_file([shift("S1"), shift("S2", ends_at=EVENING - 9 * HOUR), shift("S3", officer_id="")])
    (folder.path / "november.csv").write_bytes(bad)
    (dropped,) = settled(folder)
    assert dropped.became == "refused"
    assert files(folder) == {"refused/november.csv", "refused/november.csv.errors"}
    lines = (folder.path / "refused" / "november.csv.errors").read_text().splitlines()
    assert lines[0] == "2 error(s); nothing was imported"
    assert [line.split(":")[0] for line in lines[1:]] == ["row 3, ends_at", "row 4, officer_id"]
    assert not Shift.objects.exists()


def test_the_same_name_again_and_again_overwrites_nothing(folder: RosterFolder) -> None:
    for _ in range(3):
        (folder.path / "roster.csv").write_bytes(as_file([shift("S1")]))
        settled(folder)
        folder.take(NOW)
    assert len(files(folder)) == 3
    assert {name.split(".")[0] for name in files(folder)} == {"done/roster"}


def test_a_window_in_the_name_withdraws_and_what_looks_wrong_waits_until_a_person_decides(
    folder: RosterFolder,
) -> None:
    (folder.path / "first.csv").write_bytes(as_file([shift("S1"), shift("S2")]))
    settled(folder)
    (folder.path / "day 2026-11-22..2026-11-23.csv").write_bytes(as_file([shift("S1")]))
    (dropped,) = settled(folder)
    number = RosterImport.objects.get(state="waiting").pk
    waiting = f"waiting/{number}-day 2026-11-22..2026-11-23.csv"
    assert files(folder) == {"done/first.csv", waiting, f"{waiting}.errors"}
    assert f"dock-central roster confirm {number}" in (folder.path / f"{waiting}.errors").read_text()
    assert Shift.objects.get(pk="S2").status == "scheduled"
    confirm_roster(number, "it@pd.example", NOW)
    folder.take(NOW + HOUR)
    assert files(folder) == {"done/first.csv", "done/day 2026-11-22..2026-11-23.csv"}
    assert Shift.objects.get(pk="S2").status == "withdrawn"
    assert dropped.became == "waiting"


def test_what_a_person_discards_moves_to_refused(folder: RosterFolder) -> None:
    (folder.path / "first.csv").write_bytes(as_file([shift("S1"), shift("S2")]))
    settled(folder)
    (folder.path / "2026-11-22..2026-11-23.csv").write_bytes(as_file([shift("S1")]))
    settled(folder)
    discard(RosterImport.objects.get(state="waiting").pk, "it@pd.example", NOW)
    folder.take(NOW + HOUR)
    assert "refused/2026-11-22..2026-11-23.csv" in files(folder)
    told = (folder.path / "refused" / "2026-11-22..2026-11-23.csv.errors").read_text()
    assert told == "discarded by it@pd.example; nothing was imported\n"


def test_a_window_that_is_none_is_a_reason_to_refuse(folder: RosterFolder) -> None:
    (folder.path / "2026-11-31..2026-12-01.csv").write_bytes(as_file([shift("S1")]))
    assert [one.became for one in settled(folder)] == ["refused"]
    assert not Shift.objects.exists()


def test_links_and_folders_are_never_followed(folder: RosterFolder, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.csv"
    outside.write_bytes(as_file([shift("S1")]))
    (folder.path / "link.csv").symlink_to(outside)
    (folder.path / "folder.csv").mkdir()
    os.mkfifo(folder.path / "fifo.csv")
    assert settled(folder) == []
    assert outside.exists()


def test_a_folder_that_is_missing_is_a_trouble_that_ends_when_it_is_back(folder: RosterFolder) -> None:
    folder.path.rmdir()
    assert folder.take(NOW) == []
    assert folder.trouble.endswith("cannot be used: No such file or directory")
    folder.path.mkdir()
    assert folder.take(NOW) == []
    assert folder.trouble == ""


def test_a_file_that_cannot_be_moved_away_is_imported_once_and_complained_about(
    folder: RosterFolder,
) -> None:
    (folder.path / "roster.csv").write_bytes(as_file([shift("S1")]))
    (folder.path / "done").symlink_to(folder.path / "nowhere")
    assert [one.became for one in settled(folder)] == ["done"]
    assert "cannot be moved away" in folder.trouble
    assert folder.take(NOW + HOUR) == []
    assert RosterImport.objects.count() == 1
    (folder.path / "done").unlink()
    (folder.path / "roster.csv").write_bytes(as_file([shift("S1"), shift("S2")]))
    assert [one.became for one in settled(folder)] == ["done"]
    assert folder.trouble == ""


def test_by_default_the_folder_is_in_the_data_directory_and_is_made(
    tmp_path: Path, settings: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    from central.data_dir import DataDir

    settings.DATA = DataDir(tmp_path)  # type: ignore[attr-defined]
    monkeypatch.setattr(roster_folder, "_folder", [])
    roster_folder.import_dropped(NOW)
    (tmp_path / "roster" / "r.csv").write_bytes(as_file([shift("S1")]))
    roster_folder.import_dropped(NOW + SETTLE)
    assert [one.became for one in roster_folder.import_dropped(NOW + 2 * SETTLE)] == ["done"]
    assert roster_folder.folder_trouble() == ""
