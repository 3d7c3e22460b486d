"""Brings every settled file of one card into custody: recognised by its digest, or staged into the spool."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID, uuid4

from agent.errors import CardGone, SpoolBroken, SpoolFull
from agent.pipeline.bench import Bench, Board
from agent.pipeline.grouped_records import SMALL, Ended, GroupedRecords
from agent.pipeline.growing import Growth
from agent.pipeline.open_card import OpenCard
from agent.pipeline.take_stock import Stock, take_up_before_gone
from agent.ports import StageOrder
from agent.rules import changes as c
from agent.rules.erasure import CLOCK_LIMIT_MS
from agent.rules.footage import Asset, CardFile, DockSession, StageOutcome, StageVerdict
from agent.rules.profiles import Profile, classify, is_flagged, is_in_progress
from agent.rules.recording_time import MARGIN
from agent.rules.stock import is_settled, recognise, seen, staging_order
from protocol.sidecar import Sidecar, encode_path, encode_sidecar

AT_ONCE = 500
"""Changes per commit: 20,000 in one would keep every other bay from the ledger for ten seconds."""


class CardStaging:
    """Promises that a file counts as handled only after the ledger holds what became of it."""

    def __init__(self, bench: Bench, docked: DockSession, profile: Profile, settle: timedelta, board: Board) -> None:
        self._bench = bench
        self._docked = docked
        self._profile = profile
        self._settle = settle
        self._board = board
        self._stock: Stock | None = None
        self._begun: UUID | None = None
        self._records = GroupedRecords(bench, self._recorded)

    def found(self, stock: Stock) -> None:
        """Give every file that resembles nothing we know its asset: from now on it is missed when it vanishes."""
        if self._bench.ledger.rebuilt:
            return  # each file is read first: central may know it under an id of the lost ledger
        fresh: list[c.Change] = []
        for file in stock.unhandled():
            known = recognise(file, self._past(file))
            if known.continues is None and not known.resembles and known.set_aside is None:
                fresh.append(self._found(file, uuid4()))
        for start in range(0, len(fresh), AT_ONCE):
            self._bench.ledger.commit(*fresh[start : start + AT_ONCE])

    def due(self, stock: Stock) -> list[CardFile]:
        """Files that are ready to be read, in the order in which they shall be."""
        now_ns = self._bench.clock.now().monotonic_ns
        return staging_order(
            (file, is_flagged(self._profile, file.path))
            for file in stock.unhandled()
            if is_settled(file, stock.first_seen, now_ns, self._settle_of(file))
        )

    def stage(self, file: CardFile, card: OpenCard, stock: Stock) -> None:
        """Bring one file into custody. What became of a small file may be recorded together with the next ones:
        call `flush` after the last.

        Raises:
            SpoolFull: it waits on the card.
            SpoolBroken, CardGone, CardStalled: nothing was recorded for it.
        """
        self._stock = stock
        if file.size > SMALL:
            self.flush()  # nobody waits for minutes to be called staged
        past = self._past(file)
        known = recognise(file, past)
        if known.set_aside is not None:
            others = tuple(asset for asset in past if not (asset.salvage and asset.mtime_ns == file.mtime_ns))
            self._leave_behind(others, known.set_aside)
            stock.handled[seen(file)] = known.set_aside.asset_id
            return
        if known.resembles:
            if self._is_one_of(known.resembles, file, card, stock):
                return
            past = self._past(file)  # reading it took a while
        continues = known.continues if self._still_holds(known.continues, file, card) else None
        self._leave_behind(past, continues)
        asset = self._enter(file, continues, card)
        salvage_id = uuid4()
        order = StageOrder(
            asset_id=asset.asset_id,
            file=file,
            sidecar=self._sidecar(asset),
            time=self._profile.time,
            not_after=self._not_after(),
            salvage_id=salvage_id,
        )
        with self._bench.growing.copying(asset, file.size, rebuilt=self._bench.ledger.rebuilt) as growth:
            self._begun = asset.asset_id
            outcome = card.work.stage(order, lambda done: self._progress(done, growth))
            self._begun = None
            growth.copied(outcome)
            self._record(order, outcome, stock)

    def take_up(self) -> None:
        """When card work has ended without an answer: its last copy may have become durable. Forgotten, it would
        be lost as soon as the camera has something else under that name."""
        if self._begun is not None and self._bench.take_up(self._begun):
            self._bench.staged()
        self._begun = None

    def flush(self) -> None:
        """Record what became of the files that were staged so far. Raises IllegalMove: one of them was overtaken."""
        self._records.flush()

    def _recorded(self, ended: Ended) -> None:
        if self._stock is not None:
            self._stock.handled[seen(ended.file)] = ended.asset_id
        self._board.bytes_copied += ended.file.size
        self._board.bytes_left = max(0, self._board.bytes_left - ended.file.size)
        if isinstance(ended.change, c.AssetStaged):
            self._bench.staged()

    def _still_holds(self, continues: Asset | None, file: CardFile, card: OpenCard) -> bool:
        """Whether the card has the very bytes of an asset whose copy was lost, or that a lost ledger knew. Central
        may hold those under its id, and would refuse others for ever: they are another asset. Costs one more read,
        only when the copy was lost."""
        if continues is None:
            return True
        if continues.sha256 is None and self._bench.ledger.rebuilt:
            return (continues.size, continues.mtime_ns) == (file.size, file.mtime_ns)
        if continues.sha256 is None or continues.upload_attempt == 0:
            return True
        outcome = self._digested(file, card)
        return outcome.verdict is not StageVerdict.STAGED or outcome.sha256 == continues.sha256

    def _enter(self, file: CardFile, continues: Asset | None, card: OpenCard) -> Asset:
        """The FOUND asset of this file as it is now."""
        if continues is not None and (continues.size, continues.mtime_ns, continues.session) == (
            file.size,
            file.mtime_ns,
            self._docked.session,
        ):
            return continues
        asset_id = continues.asset_id if continues else self._former_id(file, card) or uuid4()
        self._bench.ledger.commit(self._found(file, asset_id))
        entered = self._bench.ledger.asset(asset_id)
        if entered is None:
            raise RuntimeError(f"asset {asset_id} was committed and is not there")
        return entered

    def _former_id(self, file: CardFile, card: OpenCard) -> UUID | None:
        """After a lost ledger: under which id central already holds these bytes. Costs one more read, only then."""
        if not self._bench.ledger.rebuilt:
            return None
        outcome = self._digested(file, card)
        if outcome.verdict is not StageVerdict.STAGED or outcome.sha256 is None:
            return None
        former = self._bench.old_id(self._docked.camera, file.path, outcome.sha256, file.size)
        return former if former is not None and self._bench.ledger.asset(former) is None else None

    def _settle_of(self, file: CardFile) -> timedelta:
        if is_in_progress(self._profile, file.path):
            return max(self._settle, self._bench.settings.in_progress_settle)
        return self._settle

    def _is_one_of(self, resembles: tuple[Asset, ...], file: CardFile, card: OpenCard, stock: Stock) -> bool:
        """Read the file; whether nothing more is to be done with it now."""
        outcome = self._digested(file, card)
        if outcome.verdict is StageVerdict.UNREADABLE:
            # Perhaps it is one of them, perhaps new footage under an old name, size and time: what can be read of it
            # is kept, and a person is told which file it is.
            return False
        if outcome.verdict is not StageVerdict.STAGED:
            self._unread(file, outcome, stock)
            return True
        same = next((asset for asset in resembles if asset.sha256 == outcome.sha256), None)
        if same is None:
            return False
        self._leave_behind(self._past(file), same)
        self._records.enter(Ended(file, same.asset_id, self._seen_again(same, file)))
        return True

    def _seen_again(self, same: Asset, file: CardFile) -> c.AssetSeenAgain | None:
        if same.on_card and same.session == self._docked.session and same.mtime_ns == file.mtime_ns:
            return None
        return c.AssetSeenAgain(
            at=self._bench.clock.now(),
            asset_id=same.asset_id,
            session=self._docked.session,
            sha256=same.sha256 or "",
            size=file.size,
            mtime_ns=file.mtime_ns,
            docked_at=self._docked.seen_at,
            bay=self._docked.bay,
        )

    def _digested(self, file: CardFile, card: OpenCard) -> StageOutcome:
        """Read it without copying. An I/O error counts even when the next read of the same file meets none."""
        outcome = card.work.digest(file, self._progress)
        if outcome.verdict is StageVerdict.UNREADABLE and self._stock is not None:
            self._stock.trouble("card_unreadable", outcome.detail)
        return outcome

    def _unread(self, file: CardFile, outcome: StageOutcome, stock: Stock) -> None:
        if outcome.verdict is StageVerdict.CARD_GONE:
            raise CardGone("the card went away while it was read")
        # Changed or vanished: the next listing tells.
        stock.first_seen[seen(file)] = self._bench.clock.now().monotonic_ns

    def _past(self, file: CardFile) -> tuple[Asset, ...]:
        """Everything this camera ever had under this name."""
        return self._bench.ledger.assets_at(self._docked.camera, file.path)

    def _leave_behind(self, past: tuple[Asset, ...], stands: Asset | None) -> None:
        """Only `stands`, or what is new, is under this name now: whatever else was there has left the card."""
        left = [asset for asset in past if asset.on_card and (stands is None or asset.asset_id != stands.asset_id)]
        for asset in left:
            take_up_before_gone(self._bench, asset)
        if left:
            at, session = self._bench.clock.now(), self._docked.session
            self._bench.ledger.commit(
                *(c.AssetGone(at=at, asset_id=asset.asset_id, session=session) for asset in left)
            )

    def _record(self, order: StageOrder, outcome: StageOutcome, stock: Stock) -> None:
        at = self._bench.clock.now()
        match outcome.verdict:
            case StageVerdict.STAGED:
                self._records.enter(Ended(order.file, order.asset_id, self._staged(order, outcome)))
            case StageVerdict.SALVAGED:
                self._salvaged(order, outcome)
                stock.trouble("card_unreadable", outcome.detail)
                stock.handled[seen(order.file)] = order.asset_id
                self._bench.staged()
            case StageVerdict.UNREADABLE:
                self._bench.ledger.commit(
                    c.AssetQuarantined(at=at, asset_id=order.asset_id, reason="unreadable", detail=outcome.detail)
                )
                stock.trouble("card_unreadable", outcome.detail)
                stock.handled[seen(order.file)] = order.asset_id
            case StageVerdict.CHANGED | StageVerdict.VANISHED:
                stock.first_seen[seen(order.file)] = at.monotonic_ns
            case StageVerdict.SPOOL_FULL:
                raise SpoolFull(
                    "the spool has no room for another copy.", hint="Files wait on their cameras; free the disk."
                )
            case StageVerdict.SPOOL_BROKEN:
                raise SpoolBroken(
                    f"the spool's disk failed: {outcome.detail}.",
                    hint="The card still has the file. Check the disk, then restart the agent.",
                )
            case StageVerdict.CARD_GONE:
                raise CardGone("the card went away while it was read")
            case _:
                assert_never(outcome.verdict)

    def _salvaged(self, order: StageOrder, outcome: StageOutcome) -> None:
        if order.salvage_id is None:
            raise ValueError("a stage order without a salvage id cannot be salvaged")
        at = self._bench.clock.now()
        part = CardFile(order.file.path, outcome.size, order.file.mtime_ns)
        self._bench.ledger.commit(
            c.AssetQuarantined(at=at, asset_id=order.asset_id, reason="unreadable", detail=outcome.detail),
            c.AssetFound(
                at=at,
                asset_id=order.salvage_id,
                session=self._docked.session,
                camera=self._docked.camera,
                bay=self._docked.bay,
                path=part.path,
                size=part.size,
                mtime_ns=part.mtime_ns,
                kind=classify(self._profile, part.path),
                flagged=is_flagged(self._profile, part.path),
                docked_at=self._docked.seen_at,
                salvage=True,
            ),
            self._staged_as(order.salvage_id, outcome, salvage=True),
        )

    def _found(self, file: CardFile, asset_id: UUID) -> c.AssetFound:
        return c.AssetFound(
            at=self._bench.clock.now(),
            asset_id=asset_id,
            session=self._docked.session,
            camera=self._docked.camera,
            bay=self._docked.bay,
            path=file.path,
            size=file.size,
            mtime_ns=file.mtime_ns,
            kind=classify(self._profile, file.path),
            flagged=is_flagged(self._profile, file.path),
            docked_at=self._docked.seen_at,
        )

    def _staged(self, order: StageOrder, outcome: StageOutcome) -> c.AssetStaged:
        return self._staged_as(order.asset_id, outcome, salvage=False)

    def _staged_as(self, asset_id: UUID, outcome: StageOutcome, *, salvage: bool) -> c.AssetStaged:
        return c.AssetStaged(
            at=self._bench.clock.now(),
            asset_id=asset_id,
            sha256=outcome.sha256 or "",
            size=outcome.size,
            recorded_at=outcome.recorded_at,
            recorded_source=outcome.recorded_source,
            recorded_until=outcome.recorded_until,
            salvage=salvage,
        )

    def _not_after(self) -> datetime | None:
        """Footage is older than its dock. Our clock may say so only while central's agrees with it."""
        offset_ms = self._bench.clock.now().offset_ms
        if offset_ms is None or abs(offset_ms) > CLOCK_LIMIT_MS:
            return None
        return self._bench.clock.now().wall + MARGIN

    def _sidecar(self, asset: Asset) -> bytes:
        return encode_sidecar(
            Sidecar(
                asset_id=asset.asset_id,
                station=self._bench.settings.station,
                ledger_uuid=self._bench.ledger.uuid,
                camera=asset.camera,
                path_b64=encode_path(asset.path),
                size=asset.size,
                mtime_ns=asset.mtime_ns,
                kind=asset.kind.value,
                flagged=asset.flagged,
                session=self._docked.session,
                bay=asset.bay,
                docked_at=asset.docked_at,
            )
        )

    def _progress(self, done: int, growth: Growth | None = None) -> None:
        self._board.file_done = done
        if growth is not None:
            growth.grew(done)
