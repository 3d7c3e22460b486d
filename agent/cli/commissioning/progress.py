"""How far commissioning came, kept in the state folder so that it can be run again."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from agent.adapters.credential_file import write_private
from agent.errors import NeedsOperator

FILE = "commissioning.json"


class SeenBay(Struct, kw_only=True, frozen=True):
    """A bay, and what was plugged into it when it was labelled."""

    port: str
    label: str
    camera: str = ""
    seen_at: datetime | None = None


class Progress(Struct, kw_only=True, frozen=True):
    begun_at: datetime
    by: str = ""
    bays: tuple[SeenBay, ...] = ()
    finished_at: datetime | None = None

    def with_bay(self, bay: SeenBay) -> Progress:
        others = tuple(one for one in self.bays if one.port != bay.port)
        return msgspec.structs.replace(self, bays=(*others, bay))


def taken_up(state: Path, now: datetime) -> Progress:
    """What an earlier run left. After a finished one a new commissioning begins, and the bays it saw stay seen."""
    try:
        left = msgspec.json.decode((state / FILE).read_bytes(), type=Progress)
    except FileNotFoundError:
        return Progress(begun_at=now)
    except (OSError, msgspec.DecodeError) as error:
        raise NeedsOperator(
            f"{state / FILE} cannot be used: {error}.",
            code="commissioning_unreadable",
            hint="Remove it to begin anew: labels are in the configuration, footage and receipts in the ledger.",
        ) from error
    return left if left.finished_at is None else Progress(begun_at=now, by=left.by, bays=left.bays)


def keep(state: Path, progress: Progress) -> None:
    """Durably, for the user whose state folder it is. Raises NeedsOperator."""
    path = state / FILE
    try:
        write_private(path, msgspec.json.format(msgspec.json.encode(progress), indent=2))
        give_to_owner(state, path)
    except OSError as error:
        raise NeedsOperator(f"{path} could not be written: {error.strerror}.", code="state_unusable") from error


def give_to_owner(state: Path, *paths: Path) -> None:
    """What root leaves in the state folder belongs to whom that belongs. Raises OSError."""
    if os.geteuid() == 0:
        owner = state.stat()
        for path in paths:
            os.chown(path, owner.st_uid, owner.st_gid)
