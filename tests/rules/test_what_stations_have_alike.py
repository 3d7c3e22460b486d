"""The digests by which central notices that stations are set up otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec

from agent import config

ROOT = Path(__file__).resolve().parents[2]
DIGEST = """
from agent.adapters.profile_files import load_profiles
from agent.rules.profiles import digest_input
print(digest_input(load_profiles()))
"""


def profiles_as_digested(seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run(
        [sys.executable, "-c", DIGEST],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def test_the_same_profiles_give_the_same_bytes_in_every_process() -> None:
    first, second = profiles_as_digested("1"), profiles_as_digested("2")
    assert len(first) > 100
    assert first == second


def test_what_is_a_stations_own_does_not_count_and_everything_else_does() -> None:
    east = config.Config(config.Station(id="east"), config.Central(url="https://central.example"))
    west = msgspec.structs.replace(
        east,
        station=config.Station(id="west"),
        bays={"1-1": "Bay 1"},
        paths=config.Paths(state="/srv/dock"),
        source=[],
    )
    assert west.digest_input() == east.digest_input()
    other = msgspec.structs.replace(west, spool=config.Spool(min_free=config.Bytes(1)))
    assert other.digest_input() != east.digest_input()
