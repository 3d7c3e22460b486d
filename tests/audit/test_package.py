"""The auditor's package, unpacked elsewhere and looked at with Python's standard library and openssl alone."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from central.custody.signing import load_signer
from tests.made_once import made_once

BARE = [getattr(sys, "_base_executable", sys.executable), "-I", "-S"]
"""Without any installed package, ours included."""


@pytest.fixture(scope="module")
def made() -> Path:
    def in_a_process_of_its_own(folder: Path) -> None:
        command = [sys.executable, "-m", "tests.audit.department", str(folder)]
        subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).resolve().parents[2])

    found = made_once("audit", in_a_process_of_its_own)
    assert found is not None
    return found


@pytest.fixture
def package(made: Path, tmp_path: Path) -> Path:
    return unpacked(made / "package0.zip", tmp_path / "elsewhere")


def unpacked(archive: Path, folder: Path) -> Path:
    with zipfile.ZipFile(archive) as file:
        file.extractall(folder)
    return folder


def run(package: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*BARE, str(package / script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")


def is_signed(package: Path) -> bool:
    names = ("-inkey", "signing-key.pem", "-rawin", "-in", "SHA256SUMS", "-sigfile", "SHA256SUMS.sig")
    done = subprocess.run(
        ["openssl", "pkeyutl", "-verify", "-pubin", *names], cwd=package, capture_output=True, check=False
    )
    return done.returncode == 0


def read(package: Path, name: str) -> Any:
    return json.loads((package / name).read_text())


def change(package: Path, name: str, edit: Callable[[Any], None]) -> None:
    rows = read(package, name)
    edit(rows)
    (package / name).write_text(json.dumps(rows))


def test_a_bare_python_finds_every_figure_again_and_openssl_who_signed(package: Path, made: Path) -> None:
    told = read(package, "figures.json")
    splits = ("units", "months", "types", "priorities")
    figures = [one for split in splits for group in told[split] for one in group["figures"]]
    assert [one["name"] for one in told["units"]] == ["", "East Patrol", "West Patrol"]
    assert sum(one["denominator"] for one in told["figures"]) > 1000
    done = run(package, "recompute.py")
    published = len(told["figures"]) + len(figures) + 3 * len(told["days_late"])
    assert "the rows do not carry" not in done.stdout
    assert done.stdout.startswith(f"{published} figures found again"), done.stdout + done.stderr
    assert done.returncode == 0
    assert is_signed(package)
    assert (package / "signing-key.pem").read_bytes() == load_signer(made / "receipt_key.pem").public_pem


def test_one_changed_row_is_named_as_a_file_that_was_changed_and_as_figures_that_differ(package: Path) -> None:
    def acquit(rows: list[dict[str, Any]]) -> None:
        whole = [
            row for row in rows if row["ends_at"] == row["duty_ends_at"] and "10-15" < row["ends_at"][5:] < "10-30"
        ]
        late = next(row for row in whole if row["plain_verdict"] == "late")
        late["plain_verdict"] = late["verdict"] = "on_time"

    change(package, "rows/shifts.json", acquit)
    done = run(package, "recompute.py")
    assert done.returncode == 1
    assert "rows/shifts.json: was changed after it was signed" in done.stdout
    assert "M1 on_time ignored" in done.stdout
    assert is_signed(package)  # so far only the file is another than the signed list says


def test_who_also_corrects_the_list_of_digests_breaks_its_signature(package: Path) -> None:
    sums = package / "SHA256SUMS"
    sums.write_text(sums.read_text().replace("0", "1", 1))
    assert not is_signed(package)


@pytest.mark.parametrize(
    ("name", "says"),
    [("M1_M2_M3", "M1 on_time ignored (units 'East Patrol')"), ("M4a_M5", "M4a videos ignored (months '2026-10')")],
)
def test_a_counted_row_that_is_changed_shows_in_the_figures_of_its_unit_and_month(
    package: Path, name: str, says: str
) -> None:
    def turn(rows: list[dict[str, Any]]) -> None:
        for row in rows:
            if row["unit"] == "East Patrol" and row["part"] in ("late", "in_time", "on_time"):
                row["part"] = "pending"

    change(package, f"counted/{name}.json", turn)
    assert says in run(package, "recompute.py").stdout


def test_a_figure_that_is_changed_is_named(package: Path) -> None:
    def polish(told: dict[str, Any]) -> None:
        told["units"][1]["figures"][0]["numerator"] += 1

    change(package, "figures.json", polish)
    done = run(package, "recompute.py")
    assert "figures.json: was changed" in done.stdout
    assert "1 files and 1 figures differ" in done.stdout


def test_files_that_are_missing_or_were_added_are_named(package: Path) -> None:
    (package / "rows" / "docks.csv").unlink()
    (package / "rows" / "more.csv").write_text("")
    said = run(package, "recompute.py").stdout
    assert "rows/docks.csv: is missing" in said
    assert "rows/more.csv: is not in SHA256SUMS" in said


def test_every_column_of_every_table_is_explained(package: Path) -> None:
    explained = {(row["table"], row["column"]): row["meaning"] for row in read(package, "dictionary.json")}
    tables = {path.stem: path for path in (package / "rows").glob("*.csv")}
    tables |= {f"counted/{path.stem}": path for path in (package / "counted").glob("*.csv")}
    for table, path in tables.items():
        with path.open(newline="") as file:
            columns = next(csv.reader(file))
        unexplained = [name for name in ("", *columns) if not explained.get((table, name))]
        assert unexplained == [], f"{table}: add these to central/audit/dictionary.toml"


def test_rows_that_stay_at_central_are_counted_by_their_rule(package: Path) -> None:
    outside = {row["table"]: row for row in read(package, "rows/outside.json")}
    assert outside["assets"]["count"] + outside["assets"]["packaged"] == 300
    assert outside["assets"]["rule"] == "outside_the_span"
    assert outside["assets"]["packaged"] == len(read(package, "rows/assets.json"))
    assert outside["shifts"]["count"] > 0


def test_everything_that_a_figure_leaves_out_is_a_row(package: Path) -> None:
    told = read(package, "figures.json")["figures"]
    wanted = {
        (one["measure"], one["name"], one["excuses"], *left) for one in told for left in one["left_out"].items()
    }
    assert {tuple(row.values()) for row in read(package, "rows/exclusions.json")} == wanted
    assert {part for *_, part, _ in wanted} >= {"indeterminate", "pending", "no_duty", "excused", "seen_again"}


def test_the_statement_of_coverage_says_of_a_station_that_never_spoke_that_nothing_is_known(package: Path) -> None:
    (row,) = read(package, "rows/coverage.json")
    assert (row["station_id"], row["bay"], row["state"]) == ("east-1", None, "unwatched")
    assert row["until"] == "2026-11-01T00:00:00Z"


def test_with_pseudonyms_no_officer_stands_in_any_file_and_the_figures_are_the_same(
    package: Path, made: Path, tmp_path: Path
) -> None:
    other = unpacked(made / "package1.zip", tmp_path / "pseudonyms")
    assert run(other, "recompute.py").returncode == 0
    plain, hidden = read(package, "rows/shifts.json"), read(other, "rows/shifts.json")
    assert {row["officer_id"] for row in plain} == {"7", "8"}
    names = {(one["officer_id"], other["officer_id"]) for one, other in zip(plain, hidden, strict=True)}
    assert len(names) == 2
    assert all(name.startswith("p-") for _, name in names)
    assert {row["officer_id"] for row in read(other, "counted/M1_M2_M3.json")} <= {name for _, name in names}
    assert {row["source_path"] for row in read(other, "rows/assets.json")} == {None}
    strip = ("at",)
    figures = [{k: v for k, v in read(one, "figures.json").items() if k not in strip} for one in (package, other)]
    assert figures[0]["figures"] == figures[1]["figures"]


def test_two_people_draw_the_same_sample_and_know_of_which_population(package: Path) -> None:
    own = ("assets", "--seed", "tuesday", "--where", "kind=video")
    one, other = (json.loads(run(package, "sample.py", *own).stdout) for _ in range(2))
    assert one == other
    assert one["size"] == len(set(one["ids"])) < one["population"]
    assert one["ids"] != json.loads(run(package, "sample.py", *own[:2], "friday").stdout)["ids"]
    assert "between 0 and 1" in run(package, "sample.py", "assets", "--seed", "1", "--margin", "5").stderr


def test_a_package_is_private_and_no_copy_of_the_database_is_left(made: Path) -> None:
    assert (made / "package0.zip").stat().st_mode & 0o777 == 0o600
    assert not list(made.glob("package-*"))
    assert not list(made.glob(".package*"))
