"""The command `custody`."""

from __future__ import annotations

import argparse
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from central import clock
from central.custody.models import Asset
from central.custody.signing import load_signer
from central.fleet.auditing import whoever_runs_this
from central.papers.bundle import files_of
from central.papers.issuing import NotIssued, issue
from central.papers.reading import Desk, Wish
from central.refusals import CommandRefused


def custody(options: argparse.Namespace) -> None:
    """Writes into DIR/custody_PAPER and prints that folder's name, alone on stdout."""
    asset = _asset(options.asset)
    if not options.out.is_dir():
        raise CommandRefused(f"{options.out} is no folder; nothing was issued")
    wish = Wish(whoever_runs_this(), frozenset({"command"}), options.reason, options.request_number)
    try:
        paper = issue(asset, wish, desk(), load_signer(settings.DATA.receipt_key), clock.now())
    except NotIssued as error:
        raise CommandRefused(f"{error}; nothing was issued") from None
    folder = options.out / f"custody_{paper.paper_id}"
    try:
        _write(folder, files_of(paper, frozenset({options.format})))
    except OSError as error:
        told = f"paper {paper.paper_id} is on record and could not be written: {error}"
        raise CommandRefused(f"{told}; free some room and issue another one") from error
    print(folder)


def desk() -> Desk:
    """Where this central writes its records."""
    signer, config = load_signer(settings.DATA.receipt_key), settings.CONFIG
    return Desk(ZoneInfo(config.web.time_zone), signer.key_id, config.lateness.early_tolerance)


def _asset(text: str) -> Asset:
    try:
        found = Asset.objects.select_related("object", "station").filter(pk=UUID(text)).first()
    except ValueError:
        raise CommandRefused(f"{text!r} is no asset's number; `export assets` has them; nothing was issued") from None
    if found is None:
        raise CommandRefused(f"central knows no asset {text}; nothing was issued")
    return found


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
