"""The settings dialect of both sides, and the example files that people copy."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import config
from agent.errors import ConfigError
from protocol.settings import parse_duration, parse_rate, parse_size

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "config" / "agent.example.toml"
LEAST = '[station]\nid = "a"\n[central]\nurl = "http://127.0.0.1:1"\n'


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "agent.toml"
    path.write_text(text)
    return path


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        config.load(written(tmp_path, text))
    return caught.value.problems


def test_the_example_file_says_exactly_the_defaults() -> None:
    example = config.load(EXAMPLE)
    bare = config.Config(station=example.station, central=example.central, bays=example.bays)
    assert example == bare


def test_the_example_file_shows_every_key_of_every_table() -> None:
    text = EXAMPLE.read_text()
    uncommented = "\n".join(
        line.removeprefix("# ") if line.startswith("# ") else line for line in text.splitlines()[3:]
    )
    document = tomllib.loads(uncommented)
    for name in config.Config.__struct_fields__:
        assert name in document, name


@pytest.mark.parametrize(
    ("text", "seconds"), [("5s", 5), ("24h", 86400), ("1h30m", 5400), ("500ms", 0.5), ("7d", 604800), ("15min", 900)]
)
def test_durations_are_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "h", "-5s", "5 dogs", "5s later", "1e3s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "size"), [("10GiB", 10 * 2**30), ("64MiB", 2**26), ("5GB", 5 * 10**9), ("4096", 4096)]
)
def test_sizes_are_bytes(text: str, size: int) -> None:
    assert parse_size(text) == size


def test_rates_count_bits_where_they_say_so() -> None:
    assert parse_rate("50Mbit/s") == 6_250_000
    assert parse_rate("6MiB/s") == 6 * 2**20
    with pytest.raises(ValueError, match="above zero"):
        parse_rate("0Mbit/s")


@given(st.text(max_size=20))
def test_no_text_breaks_the_parsers(text: str) -> None:
    for parse in (parse_duration, parse_size, parse_rate):
        try:
            assert parse(text) >= 0
        except ValueError:
            continue


def test_every_problem_is_listed_at_once_with_line_value_reason_and_example(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        '[station]\nident = "x"\n[central]\nurl = "https://c.example"\n[spool]\nkeep = "soon"\nmin_free = 5\n'
        '[[source]]\nkind = "tape"\n[uplaod]\nworkers = 3\n',
    )
    text = "\n".join(found)
    assert "agent.toml:2: station.ident: unknown key" in text
    assert "station.id: this key is missing" in text
    assert "agent.toml:6: spool.keep = 'soon'" in text
    assert 'example: min_free = "10GiB"' in text
    assert "agent.toml:9: source[0].kind = 'tape'" in text
    assert "did you mean 'upload'?" in text
    assert len(found) == 6


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (LEAST.replace("127.0.0.1", "central.example"), "plain http is for loopback only"),
        (LEAST.replace("http://127.0.0.1:1", "ftp://x"), "is not a web address"),
        (LEAST + '[[source]]\nkind = "folder"\n', "a folder source needs a path"),
        (LEAST + '[[source]]\nkind = "usb"\npath = "/x"\n', "a usb source has no path"),
        (LEAST + '[[source]]\nkind = "usb"\n[[source]]\nkind = "usb"\n', "only one usb source"),
        (LEAST + '[[source]]\nkind = "folder"\npath = "/x"\n' * 2, "already another source's path"),
        (LEAST + '[upload]\nlimits = [{from = "07:00", to = "07:00", rate = "1Mbit/s"}]\n', "is empty"),
        (LEAST + '[heartbeat]\ninterval = "10ms"\n', "at least 1s"),
        (LEAST + '[status]\nlisten = "nowhere"\n', "must be HOST:PORT"),
        (LEAST + "[station\n", "this is not TOML"),
    ],
)
def test_contradictions_are_named(tmp_path: Path, text: str, reason: str) -> None:
    assert any(reason in problem for problem in problems(tmp_path, text))


@pytest.mark.parametrize(
    "url", ["http://localhost:8000", "http://127.0.0.9", "http://[::1]:80", "https://c.example/dock"]
)
def test_loopback_and_https_are_fine(tmp_path: Path, url: str) -> None:
    assert config.load(written(tmp_path, LEAST.replace("http://127.0.0.1:1", url))).central.url == url


def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        config.load(tmp_path / "none.toml")
