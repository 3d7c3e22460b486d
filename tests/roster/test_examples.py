"""The example files that people copy are read, and say what central does without them."""

from __future__ import annotations

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from central.config import NEW_FILE, CentralConfig, Roster
from central.config_reading import read_config
from central.dispatches.csv_file import read_dispatches
from central.roster.csv_file import read_roster
from protocol.settings import SettingsError

CONFIG = Path(__file__).resolve().parents[2] / "config"


def test_the_example_roster_has_two_shifts_and_no_error() -> None:
    rows, errors = read_roster((CONFIG / "roster.example.csv").read_bytes(), ZoneInfo("UTC"))
    assert (len(rows), errors) == (2, [])
    assert rows[1].stations == ("east-1", "west-1")


def test_the_example_dispatches_are_read_without_an_error() -> None:
    sheet = read_dispatches((CONFIG / "dispatch.example.csv").read_bytes(), ZoneInfo("UTC"))
    assert (len(sheet.rows), sheet.errors) == (3, ())


def test_the_example_configuration_is_the_one_that_init_writes() -> None:
    assert (CONFIG / "central.example.toml").read_text() == NEW_FILE


def test_what_the_example_says_of_rosters_are_the_defaults(tmp_path: Path) -> None:
    section = NEW_FILE.split("[roster]\n")[1].split("\n\n")[0]
    keys = re.findall(r"^# (\w+ = \S+)", section, re.MULTILINE)
    assert [key.split(" ")[0] for key in keys] == list(Roster.__struct_fields__)
    path = tmp_path / "central.toml"
    path.write_text("[roster]\n" + "\n".join(key for key in keys if not key.startswith("folder")))
    assert read_config(path) == CentralConfig()


def test_a_folder_that_would_depend_on_where_central_was_started_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "central.toml"
    path.write_text('[roster]\nfolder = "roster"\n')
    with pytest.raises(SettingsError, match=r"roster\.folder.*whole path"):
        read_config(path)
