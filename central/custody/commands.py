"""The command `epoch raise`."""

# ruff: noqa: ARG001 - every command gets its options
from __future__ import annotations

import argparse

from central import clock
from central.custody.epochs import raise_store_epoch


def raise_epoch(options: argparse.Namespace) -> None:
    print(raise_store_epoch(clock.now()))
