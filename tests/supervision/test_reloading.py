"""Which keys count at once, and which need a restart."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from agent.config import Config, load
from agent.daemon.reloading import LIVE, keys_of, reloaded

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
OLD = """
[station]
id = "east-1"
[central]
url = "https://central.example"
[bays]
"1-1" = "Bay 1"
"""
NEW = """
[station]
id = "east-1"
[central]
url = "https://other.example"
[paths]
state = "/elsewhere"
[spool]
keep = "1d"
[bays]
"1-1" = "Bay A"
[erase]
policy = "never"
[profile.generic-msc]
erase = true
"""


def read(folder: Path, text: str) -> Config:
    path = folder / "agent.toml"
    path.write_text(text)
    return load(path)


def test_what_can_change_changes_and_the_rest_is_named(tmp_path: Path) -> None:
    old, fresh = read(tmp_path, OLD), read(tmp_path, NEW)
    news = reloaded(old, fresh)
    assert set(news.changed) == {"spool.keep", "bays", "erase.policy"}
    assert set(news.need_restart) == {"central.url", "paths.state", "profile"}
    assert news.config.bays == {"1-1": "Bay A"}
    assert news.config.erase.policy == "never"
    assert news.config.central == old.central
    assert news.config.paths == old.paths
    assert news.config.profile == old.profile


def test_reading_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    config = read(tmp_path, OLD)
    news = reloaded(config, read(tmp_path, OLD))
    assert (news.config, news.changed, news.need_restart) == (config, (), ())


def test_what_needed_a_restart_is_no_news_once_it_is_taken_back(tmp_path: Path) -> None:
    first = reloaded(read(tmp_path, OLD), read(tmp_path, NEW))
    back = reloaded(first.config, read(tmp_path, OLD))
    assert back.need_restart == ()
    assert back.config == read(tmp_path, OLD)


def test_every_live_key_exists_and_the_docs_name_each_key_on_its_side(tmp_path: Path) -> None:
    keys = set(keys_of(read(tmp_path, OLD)))
    assert keys >= set(LIVE)
    table = OPERATIONS.split("## Reload")[1].split("\n## ")[0]
    named = dict(re.findall(r"^\| `([a-z_.]+)` \| (at once|restart)", table, re.MULTILINE))
    assert named == {key: "at once" if key in LIVE else "restart" for key in keys}


def test_the_digest_that_central_compares_follows_what_counts(tmp_path: Path) -> None:
    old, fresh = read(tmp_path, OLD), read(tmp_path, NEW)
    restart_only = msgspec.structs.replace(old, central=fresh.central)
    assert reloaded(old, restart_only).config.digest_input() == old.digest_input()
    assert reloaded(old, fresh).config.digest_input() != old.digest_input()
