"""The command `package`."""

from __future__ import annotations

import argparse
from importlib.metadata import version
from zoneinfo import ZoneInfo

from django.conf import settings

from central import clock
from central.audit.package import Told, write_package
from central.audit.pseudonyms import Pseudonyms
from central.audit.snapshot import of_one_instant
from central.custody.signing import load_signer
from central.instants import rfc3339
from central.measures.measuring import Asked, measure
from central.measures.reading import read
from central.measures.window import Window, window_between
from central.refusals import CommandRefused


def span_of(options: argparse.Namespace, nothing_was: str) -> Window:
    """The span of `--from` and `--to`, of which both are needed.

    Raises:
        CommandRefused: one of them is no date and no instant, or it ends before it begins.
    """
    try:
        return window_between(options.begins, options.ends, ZoneInfo(settings.CONFIG.web.time_zone))
    except ValueError as error:
        raise CommandRefused(f"{error}; {nothing_was}") from error


def package(options: argparse.Namespace) -> None:
    window = span_of(options, "no package was written")
    if options.out.exists():
        raise CommandRefused(f"{options.out} is there already; nothing was written")
    if not options.out.parent.is_dir():
        raise CommandRefused(f"{options.out.parent} is no folder; nothing was written")
    key = settings.DATA.secret_key.read_bytes() if options.pseudonyms else None
    with of_one_instant(settings.DATA.root):
        told = told_now(window)
        digest = write_package(
            options.out, told, load_signer(settings.DATA.receipt_key), Pseudonyms(key), version("bwc-dock")
        )
    print(f"{digest}  {options.out}")
    print(f"As of {rfc3339(told.asked.at)}: {len(told.measures.figures)} figures, each found again from its rows.")


def told_now(window: Window) -> Told:
    """What is to be said of this span now."""
    asked = Asked(clock.now(), window, zone=ZoneInfo(settings.CONFIG.web.time_zone))
    rows = read(asked, settings.CONFIG)
    return Told(asked, rows, measure(rows, asked), settings.CONFIG)
