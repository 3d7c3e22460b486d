"""The commands `camera add|set|import` and `officer set|import`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from central import clock
from central.administration import camera_file, officer_file
from central.administration.cameras import bring_cameras, say_camera
from central.administration.importing import Outcome
from central.administration.officers import bring_officers, say_officer
from central.fleet.auditing import whoever_runs_this
from central.refusals import CommandRefused


def bring_file(options: argparse.Namespace, what: str, bring: Callable[..., Outcome]) -> Outcome:
    """Bring the file in and say on stderr what that did.

    Raises:
        CommandRefused: it cannot be read, or all that is wrong with it. Nothing was imported.
    """
    try:
        content = options.file.read_bytes()
    except OSError as error:
        raise CommandRefused(f"cannot read {options.file}: {error.strerror}; nothing was imported") from error
    outcome = bring(content, clock.now(), whoever_runs_this(), dry_run=options.dry_run)
    if outcome.errors:
        listed = "\n".join(f"{options.file}: {error}" for error in outcome.errors)
        raise CommandRefused(f"{len(outcome.errors)} error(s); nothing was imported\n{listed}")
    print(outcome.counted(what, dry_run=options.dry_run), file=sys.stderr)
    return outcome


def import_cameras(options: argparse.Namespace) -> None:
    bring_file(options, "cameras", bring_cameras)


def import_officers(options: argparse.Namespace) -> None:
    bring_file(options, "officers", bring_officers)


def add_camera(options: argparse.Namespace) -> None:
    _say_camera(options, is_new=True)


def set_camera(options: argparse.Namespace) -> None:
    _refuse_nothing(options, "label", "state", "note")
    _say_camera(options, is_new=False)


def _say_camera(options: argparse.Namespace, *, is_new: bool) -> None:
    said = camera_file.Said(options.serial, options.label, options.state, options.note)
    say_camera(said, clock.now(), whoever_runs_this(), is_new=is_new)


def set_officer(options: argparse.Namespace) -> None:
    _refuse_nothing(options, "name", "email", "unit", "note", "left")
    left = None if options.left is None else options.left == "yes"
    said = officer_file.Said(options.officer, options.name, options.email, options.unit, options.note, left)
    say_officer(said, clock.now(), whoever_runs_this())


def _refuse_nothing(options: argparse.Namespace, *names: str) -> None:
    if all(getattr(options, name) is None for name in names):
        told = ", ".join(f"--{name}" for name in names)
        raise CommandRefused(f"say at least one of {told}; nothing was changed")
