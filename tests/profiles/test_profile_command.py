"""`dock-agent profile`: what it tells of a card, and that it changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.cli.arguments import main
from tests.hostile.bay import digests
from tests.profiles.conftest import FACTS, SERIAL, Card
from tests.profiles.test_shipped_profiles import MODELS


def tell(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["profile", *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def facts(model: str) -> list[str]:
    given = FACTS[model]
    told = [f"--fact={key}={value}" for key, value in given.items() if key not in ("source", "folder_name")]
    return [f"--as={given['source']}", *told]


@pytest.mark.parametrize("model", MODELS)
def test_it_tells_what_each_shipped_profile_makes_of_its_card(
    model: str, card: Card, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = card(model)
    before = digests(folder)
    times = {path: path.stat() for path in folder.rglob("*")}
    code, told = tell(capsys, "test", str(folder), *facts(model))
    assert (told["profile"], told["chosen"]) == (model, "matched")
    assert code == bool(told["warnings"])
    counts = told["counts"]
    assert counts["files"] == len(before) == len(told["files"])
    assert counts["kinds"]["video"] == (8 if model == "blackvue" else 4)
    assert counts["after_receipt"] == 0, "shipped profiles never erase until they are switched on"
    assert told["clock_offset_s"] is None
    assert all(file["belongs_to"] for file in told["files"] if file["kind"] == "sidecar")
    assert all(file["recorded_at"] for file in told["files"] if file["kind"] == "video")
    whole = [file for file in told["files"] if file["kind"] == "video" and file["recorded_until"]]
    assert len(whole) == counts["kinds"]["video"] * 3 // 4, "the half-written clip has no index"
    assert digests(folder) == before
    after = {path: path.stat() for path in folder.rglob("*")}
    assert {p: (s.st_atime_ns, s.st_mtime_ns, s.st_ctime_ns) for p, s in after.items() if p.is_file()} == {
        p: (s.st_atime_ns, s.st_mtime_ns, s.st_ctime_ns) for p, s in times.items() if p.is_file()
    }


def test_counts_come_first_then_reasons_then_files(card: Card, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "test", str(card("generic-msc"))]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "profile    generic-msc (it fits)"
    assert lines[1] == f"camera     {SERIAL}, by marker, unique"
    assert lines[2].startswith("files      8: 4 video, 3 sidecar, 1 marker, 0 other")
    assert lines.index("profiles") < lines.index("facts") < lines.index("files")
    assert any("novatek" in line and "usb_vendor_id is not told, not 0603" in line for line in lines)


def test_with_the_stations_configuration_it_says_what_would_be_erased(
    card: Card, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "acme.toml").write_text(
        'name = "acme"\n[[match]]\nsource = "usb"\nmarker = "BWC.ID"\nfile = "DCIM/*"\n'
        '[[identity]]\nsource = "marker"\nunique = true\n[files]\nvideo = ["*.mp4"]\n[erase]\nkinds = ["video"]\n'
    )
    (site / "wrong.toml").write_text('name = "wrong"\ncolour = 1\n')
    config = tmp_path / "agent.toml"
    config.write_text(
        f'[station]\nid = "e"\n[central]\nurl = "http://127.0.0.1:1"\n[paths]\nprofiles = "{site}"\n'
        "[profile.acme]\nerase = true\n[profile.wrong]\nerase = true\n"
    )
    code, told = tell(capsys, "test", str(card("generic-msc")), "--config", str(config))
    assert (code, told["profile"], told["counts"]["after_receipt"]) == (1, "acme", 4)
    assert told["counts"]["fates"] == {"after_receipt": 4, "profile_keeps_kind": 4}
    assert any("wrong.toml:2: colour" in warning for warning in told["warnings"])
    code, listed = tell(capsys, "list", "--config", str(config))
    assert code == 1
    by_name = {one["name"]: one for one in listed["profiles"]}
    assert by_name["acme"]["erase"]
    assert not by_name["generic-msc"]["erase"]
    assert len(listed["problems"]) == 1


def test_a_card_that_no_profile_knows_is_told_as_such(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / "holiday.mp4").write_bytes(b"x")
    (stick / "elsewhere").symlink_to("/etc/passwd")
    code, told = tell(capsys, "test", str(stick), "--as", "usb")
    assert (code, told["profile"], told["chosen"]) == (1, "unknown", "fallback")
    assert told["refused"] == [{"path": "elsewhere", "reason": "symlink"}]
    assert told["identity"]["unique"] is False
    assert {one["profile"] for one in told["candidates"]} >= set(MODELS)
    assert all(one["unfit"] for one in told["candidates"] if not one["weight"])


def test_a_file_that_is_still_being_written_a_lone_sidecar_and_a_nameless_file_are_told(
    card: Card, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = card("generic-msc")
    for name in ("next.mp4.tmp", "alone.json", "notes.xyz"):
        (folder / name).write_bytes(b"x")
    _, told = tell(capsys, "test", str(folder), "--profile", "generic-msc")
    files = {file["path"]: file for file in told["files"]}
    assert files["next.mp4.tmp"]["in_progress"]
    assert files["notes.xyz"]["kind"] == "other"
    assert [word for word in ("alone.json", "next.mp4.tmp") if any(word in text for text in told["warnings"])]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nowhere",), "is no folder"),
        ((".", "--profile", "acme"), "There is no profile 'acme'"),
        ((".", "--profile", "/nowhere/acme.toml"), "there is no such file"),
    ],
)
def test_what_cannot_be_tried_is_refused(
    arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["profile", "test", *arguments]) == 2
    assert says in capsys.readouterr().err


def test_the_help_says_what_it_tells_and_what_it_changes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["profile", "test", "--help"])
    text = capsys.readouterr().out
    for word in ("Nothing on the card is changed", "--fact", "exit codes", "identity_not_unique", "docs/profiles.md"):
        assert word in text
