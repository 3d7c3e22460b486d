"""The commands `station add` and `station replace`."""

from __future__ import annotations

import argparse

from central import clock
from central.fleet.enrolment import add_station, replace_station


def add(options: argparse.Namespace) -> None:
    print(add_station(options.station, clock.now()))


def replace(options: argparse.Namespace) -> None:
    print(replace_station(options.station, clock.now(), revoke_now=options.revoke_now))
