"""The command `station replace`."""

from __future__ import annotations

import argparse

from central import clock
from central.fleet.enrolment import replace_station


def replace(options: argparse.Namespace) -> None:
    print(replace_station(options.station, clock.now(), revoke_now=options.revoke_now))
