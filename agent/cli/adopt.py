"""`dock-agent adopt`: takes what a dead PC's spool holds into this station's."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from agent import config
from agent.adapters import credential_file, probe_machine
from agent.adapters.central_api import CentralApi
from agent.adapters.http_session import HttpSession
from agent.adapters.old_ledger import keep_ledger, without_receipt
from agent.adapters.old_spool import OldSpool, is_same, spool_of, state_of
from agent.adapters.receipt_keys import PinnedKeys
from agent.adapters.spool_disk import COPY, SpoolFolder
from agent.cli.arguments import EXIT_FINDINGS
from agent.config import Config
from agent.daemon.opening import only_one
from agent.errors import DockError, Refused, SpoolFull
from agent.ledger.read import LedgerView
from agent.ports import Hashing, SignedStatement, UnknownAsset, VerifyAnswer
from agent.rules.adoption import DAMAGED, LEFT, Fate, OldCopy, fate_before_reading, salvage_id
from agent.rules.diagnosis.finding import size

WORDS = {
    Fate.ADOPT: "would be copied",
    Fate.ADOPTED: "copied: every byte hashed, durable here",
    Fate.SALVAGED: "damaged: the part before the first error was kept as a salvage",
    Fate.HERE: "here already",
    Fate.AT_CENTRAL: "damaged, but central holds it whole: nothing is missing",
    Fate.ANOTHER_STATION: "another station's: it must travel under that station's name",
    Fate.NO_SIDECAR: "cannot be attributed to a camera",
    Fate.SIZE_DIFFERS: "damaged: it has another size than when it was staged",
    Fate.ROTTEN: "damaged: its SHA-256 is another than when it was staged",
    Fate.UNREADABLE: "damaged: the old disk does not read it",
    Fate.NO_ROOM: "waits for room in this spool",
}


@dataclass(frozen=True, slots=True)
class Judged:
    old: OldCopy
    fate: Fate
    kept: int = 0
    """Bytes of a salvage."""


def main(arguments: argparse.Namespace) -> int:
    settings = config.load(arguments.config)
    folder: Path = arguments.folder
    credential = credential_file.read(settings.credential_file)
    with contextlib.ExitStack() as stack:
        reading = stack.enter_context(_as_owner_of(settings.state))
        with reading():
            _refuse(folder, settings)
            old, old_state = OldSpool(spool_of(folder), reading), state_of(folder)
        adoption = Adoption(settings, old, PinnedKeys(credential.receipt_keys), stack)
        if arguments.apply:
            stack.callback(only_one(settings.state).close)  # beside a running agent copies could meet its sweep
            kept, ledger = _keep_ledger(old_state, settings.state, reading)
            first = frozenset() if kept is None else without_receipt(kept)
            # Should this spool have no room for all, what central never receipted goes first.
            copies = sorted(old.copies(), key=lambda copy: copy.asset_id not in first)
            judged = [adoption.take_in(copy) for copy in copies]
        else:
            ledger, judged = "", [adoption.judge(copy) for copy in old.copies()]
        unfinished = old.never_completed()
    if arguments.json:
        print(json.dumps(_as_json(judged, ledger, applied=arguments.apply)))
    else:
        for line in _as_lines(old.path, judged, unfinished, ledger, applied=arguments.apply):
            print(line)
    return EXIT_FINDINGS if any(one.fate in LEFT for one in judged) else 0


class Adoption:
    """Judges and takes in one copy after the other. What was done stays done: to run it again is to go on."""

    def __init__(self, settings: Config, old: OldSpool, keys: PinnedKeys, stack: contextlib.ExitStack) -> None:
        self._settings = settings
        self._old = old
        self._keys = keys
        self._spool_path = settings.state / "spool"
        ledger = settings.state / "ledger.db"
        self._view = stack.enter_context(LedgerView(ledger)) if ledger.exists() else None
        self._http = HttpSession(
            settings.central.url,
            verify=settings.central.ca_file or True,
            credential=lambda: credential_file.read(settings.credential_file).token,
            stall_s=settings.central.stall,
        )
        stack.callback(self._http.close)
        self._central = CentralApi(self._http, settings.central.url)

    def judge(self, old: OldCopy) -> Judged:
        """Without reading its bytes."""
        return Judged(old, fate_before_reading(old, self._settings.station.id, is_here=self._is_here(old.asset_id)))

    def take_in(self, old: OldCopy) -> Judged:
        """Raises SpoolBroken."""
        judged = self.judge(old)
        try:
            if judged.fate is Fate.ADOPT:
                judged = Judged(old, self._old.copy_into(self._spool(), old))
            if judged.fate in (Fate.SIZE_DIFFERS, Fate.ROTTEN, Fate.UNREADABLE):
                return self._damaged(judged)
        except SpoolFull:
            return Judged(old, Fate.NO_ROOM)
        return judged

    def _damaged(self, judged: Judged) -> Judged:
        """Central may hold it whole. Else what the disk still reads of an unreadable one is kept; bytes that read and
        are wrong are nobody's footage, and stay on the old disk for whoever can tell more."""
        old = judged.old
        try:
            answer: VerifyAnswer = self._central.verify(old.asset_id, old.sha256, old.expected_size)
        except Refused:
            answer = UnknownAsset()  # it has no bytes of this asset, or not all
        except DockError:
            return judged  # nobody could say: the next run asks again
        if isinstance(answer, SignedStatement) and self._keys.is_signed(answer):
            return Judged(old, Fate.AT_CENTRAL)
        if isinstance(answer, Hashing):
            return judged  # it reads it back just now: the next run hears what it found
        if judged.fate is not Fate.UNREADABLE:
            return judged
        if self._is_here(salvage_id(old.asset_id)):
            return Judged(old, Fate.SALVAGED)
        kept = self._old.salvage_into(self._spool(), old)
        return Judged(old, Fate.SALVAGED, kept) if kept else judged

    def _is_here(self, asset_id: UUID) -> bool:
        if (self._spool_path / f"{asset_id}{COPY}").exists():
            return True
        asset = None if self._view is None else self._view.asset(asset_id)
        if asset is None or asset.receipt is None or self._view is None:
            return False
        epoch = self._view.note("store_epoch")  # central was restored since: what the receipt says may be lost
        return epoch is None or asset.receipt.store_epoch == int(epoch)

    def _spool(self) -> SpoolFolder:
        return SpoolFolder(self._spool_path, self._settings.spool.min_free)


def _refuse(folder: Path, settings: Config) -> None:
    """Raises Refused: this is not a dead PC's spool."""
    spool, state = spool_of(folder), state_of(folder)
    if not spool.is_dir():
        raise Refused(f"{folder} is no folder.", hint="Name the old disk's state folder, or its spool.")
    if is_same(spool, settings.state / "spool") or is_same(state, settings.state):
        raise Refused(f"{folder} is this station's own.", hint="Name the old disk's state folder, or its spool.")
    if (holder := probe_machine.holder_of(state / "lock")) is not None:
        raise Refused(
            f"An agent works with {state} (process {holder}).",
            hint="A spool in use is not adopted: stop that agent first.",
        )


@contextlib.contextmanager
def _as_owner_of(state: Path) -> Iterator[Callable[[], contextlib.AbstractContextManager[object]]]:
    """As root: write as the user of the state folder, who must read it later; what is yielded is entered to open
    files of the old disk, which belong to anybody."""
    owner = state.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        yield contextlib.nullcontext
        return

    @contextlib.contextmanager
    def reading() -> Iterator[None]:
        os.seteuid(0)
        try:
            yield
        finally:
            os.seteuid(owner.st_uid)

    group = os.getegid()
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield reading
    finally:
        os.seteuid(0)
        os.setegid(group)


def _keep_ledger(
    old_state: Path, state: Path, reading: Callable[[], contextlib.AbstractContextManager[object]]
) -> tuple[Path | None, str]:
    """The file that it is kept as, if it could be; a sentence for people."""
    try:
        kept = keep_ledger(old_state, state, reading)
    except (OSError, ValueError) as error:
        return None, f"The old ledger was not kept: {error}. What central holds of it stays there."
    if not kept:
        return None, f"There is no old ledger in {old_state}. What central holds of it stays there."
    return state / kept, f"The old ledger is kept as {state / kept}: evidence, with whatever central never heard."


def _as_lines(spool: Path, judged: Sequence[Judged], unfinished: int, ledger: str, *, applied: bool) -> Iterator[str]:
    yield f"{spool}: {len(judged)} copies, {size(sum(max(one.old.size, 0) for one in judged))}."
    groups = Counter((one.old.camera or "unknown camera", one.fate) for one in judged)
    for (camera, fate), files in sorted(groups.items()):
        sizes = [one.old.size for one in judged if (one.old.camera or "unknown camera", one.fate) == (camera, fate)]
        yield f"  {camera:<16}{files:>5} files  {size(sum(max(n, 0) for n in sizes)):>10}  {WORDS[fate]}"
    for one in judged:
        if one.fate in DAMAGED:
            yield f"! {_damage(one)}"
    if unfinished:
        yield f"{unfinished} copies were never completed; their files are still on their cards."
    if ledger:
        yield ledger
    yield _what_next(judged, applied=applied)


def _damage(one: Judged) -> str:
    shown = one.old.path.decode("utf-8", "backslashreplace") or "unknown path"
    kept = f" ({one.kept} of {one.old.expected_size} bytes)" if one.kept else ""
    detail = f": {one.old.trouble}" if one.old.trouble else ""
    return f"{one.old.asset_id} {one.old.camera or '?'} {shown}: {WORDS[one.fate]}{kept}{detail}"


def _what_next(judged: Sequence[Judged], *, applied: bool) -> str:
    fates = {one.fate for one in judged}
    if not applied:
        return "Nothing was copied or changed: this was a look. With --apply it is done; every byte is hashed then."
    if Fate.NO_ROOM in fates:
        return "Start the agent, let it drain, stop it, run this again. Keep the old disk. Nothing on it was changed."
    if fates & LEFT:
        return (
            "Start the agent. Keep the old disk: what is named above is on it alone, unless its camera still has it "
            "(dock that camera again). Nothing on the old disk was changed."
        )
    return "Start the agent. When `dock-agent status` says that nothing waits for a receipt, all of it is at central."


def _as_json(judged: Sequence[Judged], ledger: str, *, applied: bool) -> dict[str, object]:
    return {
        "applied": applied,
        "ledger": ledger,
        "counts": dict(Counter(one.fate.value for one in judged)),
        "copies": [
            {
                "asset": str(one.old.asset_id),
                "camera": one.old.camera or None,
                "path": one.old.path.decode("utf-8", "backslashreplace"),
                "size": one.old.size,
                "fate": one.fate.value,
                "salvaged_bytes": one.kept,
                "detail": one.old.trouble,
            }
            for one in judged
        ],
    }
