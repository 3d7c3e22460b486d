"""Erases from one card what may be erased, and looks again before it says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from agent.errors import MountRefused
from agent.pipeline.bench import Bench, Board
from agent.pipeline.open_card import OpenCard
from agent.pipeline.take_stock import Stock
from agent.ports import EraseOrder
from agent.rules import changes as c
from agent.rules.erasure import CardFacts, CentralFacts, Erase, ErasePolicy, Keep, may_erase
from agent.rules.footage import Asset, CardFile, DockSession, EraseOutcome, EraseVerdict, FileKind, State
from agent.rules.pairing import claims, video_names
from agent.rules.profiles import Profile
from agent.rules.stock import seen

ROUND = 64
"""Files in one writable mount: a card is never writable for long."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    asset: Asset
    file: CardFile
    outcome: EraseOutcome


@dataclass(frozen=True, slots=True)
class _Standing:
    """What holds for every file of the card now."""

    identity_unique: bool
    troubled: bool


class CardErasing:
    """Rule decides, adapter acts, ledger records; the intent is recorded before the unlink."""

    def __init__(self, bench: Bench, docked: DockSession, profile: Profile, board: Board) -> None:
        self._bench = bench
        self._docked = docked
        self._board = board
        self._profile = profile
        self._refused: set[UUID] = set()
        """Not tried again in this session: the card said no, or holds something else now."""

    @property
    def _policy(self) -> ErasePolicy:
        """Read anew before each file: whoever switches erasing off means the cameras that are docked now, too."""
        switches = self._bench.settings
        return ErasePolicy(
            after_receipt=switches.erase_after_receipt,
            min_age=switches.erase_min_age if switches.erase_min_age else timedelta(0),
            profile_erases=self._profile.erase_enabled,
            erasable=self._profile.erase_kinds,
        )

    def round(self, card: OpenCard, stock: Stock) -> bool:
        """Erase what may be erased now; whether anything was tried.

        Raises:
            CardGone, CardStalled, MountRefused: what was begun is settled by the next complete listing.
        """
        central = self._remembered_central()
        self._void_receipts(stock, central)
        verified = [
            asset
            for asset in stock.expected()
            if asset.state is State.VERIFIED and asset.asset_id not in self._refused
        ]
        if not verified:
            return False
        chosen = self._choose(verified, stock, central)
        if not chosen:
            return False
        standing = self._bench.ask_central()
        if standing.store_epoch is None or standing.went_back:
            return False
        self._board.doing = "erasing"
        # Said before the card becomes writable: from here on nobody may be told to take it.
        self._board.view = replace(self._board.view, erasing=True)
        try:
            self._erase(chosen[:ROUND], card, stock)
        finally:
            self._board.doing = ""
        return True

    def waiting(self, stock: Stock) -> int:
        """How many files on this card are neither erased nor kept by policy."""
        return sum(asset.state in (State.STAGED, State.UPLOADED, State.VERIFIED) for asset in stock.expected())

    def _void_receipts(self, stock: Stock, central: CentralFacts) -> None:
        """Central was restored: what it receipted before, it may have lost. A kept file, too, is sent again."""
        epoch = central.store_epoch
        if epoch is None:
            return
        at = self._bench.clock.now()
        voided = [
            c.ReceiptVoided(at=at, asset_id=asset.asset_id, store_epoch=epoch)
            for asset in stock.expected()
            if asset.state in (State.VERIFIED, State.KEPT)
            and asset.receipt is not None
            and asset.receipt.store_epoch < epoch
        ]
        if voided:
            self._bench.ledger.commit(*voided)
            self._bench.staged()

    def _remembered_central(self) -> CentralFacts:
        """Facts that cost no call, to choose candidates; every single unlink asks central itself."""
        epoch = self._bench.ledger.note("store_epoch")
        return CentralFacts(
            station=self._bench.settings.station,
            store_epoch=int(epoch) if epoch else None,
            clock_offset_ms=self._bench.clock.now().offset_ms,
        )

    def _choose(self, verified: Iterable[Asset], stock: Stock, central: CentralFacts) -> list[Asset]:
        now = self._bench.clock.now()
        chosen: list[Asset] = []
        records: list[c.Change] = []
        over: list[Asset] = []
        on_card = [asset for asset in stock.expected() if asset.kind is FileKind.VIDEO]
        kept = self._names(asset for asset in on_card if asset.state is State.KEPT)
        standing = self._standing(stock)
        for asset in verified:
            is_sidecar = asset.kind is FileKind.SIDECAR
            facts = _facts(asset, stock, standing, video_remains=is_sidecar and self._claims_one_of(asset, kept))
            match may_erase(asset, facts, self._policy, central, now.wall):
                case Erase():
                    chosen.append(asset)
                case Keep(reason="video_remains"):
                    records.append(c.AssetKept(at=now, asset_id=asset.asset_id, reason="video_kept"))
                case Keep(reason="hold") if self._hold_may_be_over(asset):
                    over.append(asset)
                case Keep(reason, lasting=True):
                    records.append(c.AssetKept(at=now, asset_id=asset.asset_id, reason=reason))
        if records:
            self._bench.ledger.commit(*records)
        for asset in over:
            self._send_again(asset, central)
        # A sidecar goes after its video: not while a video that still waits for its own receipt is there.
        going = {asset.asset_id for asset in chosen}
        staying = self._names(asset for asset in on_card if asset.asset_id not in going)
        ready = [a for a in chosen if a.kind is not FileKind.SIDECAR or not self._claims_one_of(a, staying)]
        return sorted(ready, key=lambda asset: (asset.kind is FileKind.SIDECAR, asset.path))

    def _hold_may_be_over(self, asset: Asset) -> bool:
        """Central is there and no longer stands by the receipt that says so: a new one tells."""
        central = self._bench.ask_about(asset)
        return central.store_epoch is not None and not central.went_back and not central.receipt_stands

    def _standing(self, stock: Stock) -> _Standing:
        """Asked again each time: another camera that claims this name may have come, or come and gone."""
        docked = self._bench.ledger.session(self._docked.session)
        if docked is None:
            return _Standing(identity_unique=False, troubled=True)
        return _Standing(
            identity_unique=docked.identity_unique and not self._bench.is_contested(docked.camera),
            troubled=stock.troubled or docked.io_error,
        )

    def _erase(self, chosen: list[Asset], card: OpenCard, stock: Stock) -> None:
        attempts: list[_Attempt] = []
        try:
            mounted = card.remount(writable=True)
        except MountRefused as error:
            # A write-protected or dirty card is still read; nothing in this dock will make it writable.
            stock.trouble("not_writable", str(error))
            card.remount(writable=False)
            return
        try:
            if mounted.dirty or not mounted.writable:
                stock.trouble("file_system_dirty" if mounted.dirty else "not_writable")
                return
            unfinished: set[bytes] = set()
            for asset in chosen:
                if asset.kind is FileKind.SIDECAR and self._claims_one_of(asset, unfinished):
                    continue
                attempt = self._attempt(asset, card, stock)
                if attempt is None:
                    break
                attempts.append(attempt)
                if attempt.outcome.verdict is not EraseVerdict.UNLINKED:
                    unfinished |= video_names(asset.path, self._profile.pairing)
        finally:
            card.remount(writable=False)
        self._confirm(attempts, card, stock)

    def _attempt(self, asset: Asset, card: OpenCard, stock: Stock) -> _Attempt | None:
        """Ask once more, with the world as it is now; None when central went away."""
        fresh = self._bench.ledger.asset(asset.asset_id)
        file = stock.listed.get(asset.path)
        if fresh is None or file is None:
            return None
        now = self._bench.clock.now()
        facts = _facts(fresh, stock, self._standing(stock), video_remains=False)
        central = self._bench.ask_about(fresh)
        decision = may_erase(fresh, facts, self._policy, central, now.wall)
        if isinstance(decision, Keep):
            self._send_again_unless_receipted(fresh, decision, central)
            return None
        self._board.file = file.path.decode("utf-8", "backslashreplace")
        self._bench.ledger.commit(c.EraseStarted(at=now, asset_id=fresh.asset_id, session=self._docked.session))
        outcome = card.work.erase(EraseOrder(file=file, sha256=fresh.sha256 or ""), lambda _: None)
        return _Attempt(fresh, file, outcome)

    def _send_again_unless_receipted(self, asset: Asset, decision: Keep, central: CentralFacts) -> None:
        """Central never heard of this receipt: it was restored from a copy. The file is here; it travels anew."""
        if decision.reason == "receipt_unknown_at_central":
            self._send_again(asset, central)

    def _send_again(self, asset: Asset, central: CentralFacts) -> None:
        """Its receipt is none any more: it travels anew, or is asked for anew where central has the bytes."""
        if central.store_epoch is not None:
            self._bench.ledger.commit(
                c.ReceiptVoided(at=self._bench.clock.now(), asset_id=asset.asset_id, store_epoch=central.store_epoch)
            )
            self._bench.staged()

    def _confirm(self, attempts: list[_Attempt], card: OpenCard, stock: Stock) -> None:
        """Only a complete listing of a fresh read-only mount says that a file is erased."""
        if not attempts:
            return
        listing = card.list()
        there = {file.path for file in listing.files}
        at = self._bench.clock.now()
        records: list[c.Change] = []
        for attempt in attempts:
            asset, verdict = attempt.asset, attempt.outcome.verdict
            if verdict is EraseVerdict.UNREADABLE:
                stock.trouble("card_unreadable", attempt.outcome.detail)
            if verdict in (EraseVerdict.UNLINKED, EraseVerdict.ABSENT) and (
                listing.complete and asset.path not in there
            ):
                records.append(c.AssetErased(at=at, asset_id=asset.asset_id, session=self._docked.session))
                continue
            if verdict in (EraseVerdict.UNLINKED, EraseVerdict.ABSENT) and not listing.complete:
                continue  # nobody can say yet: the intent stands, and the next complete listing settles it
            reason = "still_listed" if verdict is EraseVerdict.UNLINKED else verdict.value
            records.append(
                c.EraseRefused(at=at, asset_id=asset.asset_id, session=self._docked.session, reason=reason)
            )
            self._refused.add(asset.asset_id)
            if verdict is EraseVerdict.DIFFERS:
                # Other content stands under this name now: it is footage too and must be read.
                stock.handled.pop(seen(attempt.file), None)
        self._bench.ledger.commit(*records)
        stock.take(listing)

    def _names(self, videos: Iterable[Asset]) -> set[bytes]:
        return {name for video in videos for name in video_names(video.path, self._profile.pairing)}

    def _claims_one_of(self, sidecar: Asset, names: set[bytes]) -> bool:
        return not claims(sidecar.path, self._profile.pairing).isdisjoint(names)


def _facts(asset: Asset, stock: Stock, standing: _Standing, *, video_remains: bool) -> CardFacts:
    is_whole = stock.listing is not None and stock.listing.complete
    return CardFacts(
        identity_unique=standing.identity_unique,
        troubled=standing.troubled,
        seen_as=stock.listed.get(asset.path) if is_whole else None,
        video_remains=video_remains,
    )
