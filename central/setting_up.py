"""The commands `init` and `serve`."""

# ruff: noqa: ARG001 - every command gets its options
from __future__ import annotations

import argparse
import secrets

import structlog
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from central import clock
from central.config import NEW_FILE
from central.custody.signing import load_signer, new_key_pem
from central.data_dir import DataDir, write_private
from central.refusals import CommandRefused
from central.serving import AlreadyServed, serve_until_stopped, take_serve_lock

log = structlog.get_logger()


def init(options: argparse.Namespace) -> None:
    """Complete what is missing under DIR and overwrite nothing."""
    data: DataDir = settings.DATA
    try:
        data.create()
        write_private(data.config, NEW_FILE.encode())
        write_private(data.secret_key, secrets.token_urlsafe(50).encode())
        write_private(data.receipt_key, new_key_pem())
        write_private(data.database, b"")
    except OSError as error:
        raise CommandRefused(
            f"cannot create {data.root}: {error}; choose another --data or mend its rights"
        ) from error
    _upgrade_schema()


def serve(options: argparse.Namespace) -> None:
    """Upgrade the schema, then serve until a signal says stop."""
    data: DataDir = settings.DATA
    _refuse_what_is_not_built_yet()
    load_signer(data.receipt_key)
    try:
        take_serve_lock(data.serve_lock)
    except AlreadyServed:
        raise CommandRefused(f"another process serves {data.root} already; stop it first") from None
    data.create()
    _upgrade_schema()
    _understand_parked()
    serve_until_stopped(options.listen, options.stall_timeout)


def _upgrade_schema() -> None:
    """Bring the database to this version's schema. The connection is closed: nothing may live across a fork."""
    call_command("migrate", interactive=False, verbosity=0)
    connections.close_all()


def _understand_parked() -> None:
    """Events that an older central could not read may be plain to this one."""
    from central.custody.parked import understand_parked  # models: only once Django is set up

    understand_parked(clock.now())
    connections.close_all()


def _refuse_what_is_not_built_yet() -> None:
    """A setting that asks for another store must never be silently ignored."""
    config = settings.CONFIG
    for key, value in (("storage.url", config.storage.url), ("database.url", config.database.url)):
        if value:
            raise CommandRefused(
                f"{settings.DATA.config}: {key} = {value!r}: this version keeps everything under DIR; "
                f"remove the key. Nothing was started."
            )
