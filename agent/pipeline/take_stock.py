"""Compares a fresh listing with the ledger and records what came, what left and what is refused."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from uuid import UUID

from agent.pipeline.bench import Bench
from agent.rules import changes as c
from agent.rules.footage import Asset, CardFile, DockSession, Listing, State
from agent.rules.stock import Seen, is_vanished, may_hide_footage, missing, seen
from agent.rules.volumes import is_dark, may_still_come
from protocol.sidecar import encode_path

AT_ONCE = 500
"""Changes per commit: a damaged card's hundred thousand refusals must not keep every other bay from the ledger."""


class Stock:
    """What this run knows of one card: which files were dealt with, since when each looks as it does.

    Nothing of it outlives the run: after a restart every file is read again before it counts as known.
    """

    def __init__(
        self, bench: Bench, docked: DockSession, volumes: frozenset[bytes] = frozenset({b""}), since_ns: int = 0
    ) -> None:
        """`volumes` are the names of those that are mounted; the session has been at this card since `since_ns`
        (monotonic)."""
        self._bench = bench
        self._docked = docked
        self._volumes = volumes
        self._since_ns = since_ns
        self.handled: dict[Seen, UUID] = {}
        """Files that need no more reading in this session, with their asset."""
        self.first_seen: dict[Seen, int] = {}
        """Monotonic nanoseconds."""
        self.listing: Listing | None = None
        self.listed: dict[bytes, CardFile] = {}
        self._listing_digest = ""
        self._refused: set[bytes] = set()
        self._missing_since: dict[UUID, int] = {}
        self._expected: tuple[int, tuple[Asset, ...]] | None = None
        self.troubled = docked.io_error

    def take(self, listing: Listing) -> None:
        """Record this listing and everything that follows from it alone."""
        now = self._bench.clock.now()
        self.listing = listing
        self.listed = {file.path: file for file in listing.files}
        marks = {seen(file) for file in listing.files}
        for mark in marks:
            self.first_seen.setdefault(mark, now.monotonic_ns)
        for gone in self.first_seen.keys() - marks:
            del self.first_seen[gone]
            self.handled.pop(gone, None)
        self._record_listing(listing)
        self._record_refused(listing)
        if listing.io_errors:
            self.trouble("card_unreadable", "; ".join(listing.io_errors[:3]))
        if listing.complete:
            self._settle_missing(now.monotonic_ns)
        self._read_again()

    def trouble(self, reason: str, detail: str = "") -> None:
        """From now on this card is not written to in this session."""
        if not self.troubled:
            at = self._bench.clock.now()
            self._bench.ledger.commit(
                c.CardTroubled(
                    at=at, session=self._docked.session, bay=self._docked.bay, reason=reason, detail=detail
                )
            )
        self.troubled = True

    def unhandled(self) -> list[CardFile]:
        return [file for file in self.listed.values() if seen(file) not in self.handled]

    def unseen(self) -> int:
        """Places on the card that may hold footage which this listing could not show."""
        if self.listing is None:
            return 1
        return len(may_hide_footage(self.listing.refused)) or int(not self.listing.complete)

    def expected(self) -> tuple[Asset, ...]:
        """Assets that the ledger holds to be on this card. Read anew only when the ledger has another head: of a
        card with 20,000 files that is a second's work, and it is asked for many times in a round."""
        head = self._bench.ledger.head()
        number = head.number if head else 0
        if self._expected is None or self._expected[0] != number:
            self._expected = number, self._bench.ledger.assets_on_card(self._docked.camera)
        return self._expected[1]

    def is_durable(self) -> bool:
        """Whether every file of the card, as last listed, is in the spool or at central."""
        if self.listing is None or not self.listing.complete or self.unhandled():
            return False
        return all(asset.spooled or asset.receipt is not None for asset in self.expected())

    def _read_again(self) -> None:
        """Files whose asset is FOUND once more: a person sent it back, or the spool's copy was lost."""
        found = {asset.asset_id for asset in self.expected() if asset.state is State.FOUND}
        for mark in [mark for mark, asset_id in self.handled.items() if asset_id in found]:
            del self.handled[mark]

    def _record_listing(self, listing: Listing) -> None:
        entries = [
            [encode_path(file.path), file.size, file.mtime_ns]
            for file in sorted(listing.files, key=lambda file: file.path)
        ]
        refused = [[encode_path(entry.path), entry.reason] for entry in listing.refused]
        content = json.dumps({"files": entries, "refused": refused}, separators=(",", ":")).encode()
        digest = hashlib.sha256(content).hexdigest()
        if digest == self._listing_digest:
            return
        is_own_volume = self._docked.source == "usb"  # a folder's room is its host's
        self._bench.ledger.commit(
            c.CardListed(
                at=self._bench.clock.now(),
                session=self._docked.session,
                files=len(listing.files),
                total_bytes=sum(file.size for file in listing.files),
                refused=len(listing.refused),
                listing_sha256=digest,
                complete=listing.complete,
                listing=content,
                card_size_bytes=listing.volume_bytes if is_own_volume else None,
                card_free_bytes=listing.volume_free_bytes if is_own_volume else None,
            )
        )
        self._listing_digest = digest

    def _record_refused(self, listing: Listing) -> None:
        fresh = [entry for entry in listing.refused if entry.path not in self._refused]
        at = self._bench.clock.now()
        for start in range(0, len(fresh), AT_ONCE):
            group = fresh[start : start + AT_ONCE]
            self._bench.ledger.commit(
                *(
                    c.FileRefused(at=at, session=self._docked.session, path=entry.path, reason=entry.reason)
                    for entry in group
                )
            )
            self._refused.update(entry.path for entry in group)

    def _settle_missing(self, now_ns: int) -> None:
        refused = self.listing.refused if self.listing is not None else ()
        docked_for = timedelta(microseconds=(now_ns - self._since_ns) / 1000)
        absent = [
            asset
            for asset in missing(self.expected(), self.listed)
            if not is_dark(asset.path, refused) and not may_still_come(asset.path, self._volumes, docked_for)
        ]
        for asset_id in self._missing_since.keys() - {asset.asset_id for asset in absent}:
            del self._missing_since[asset_id]
        gone: list[c.Change] = []
        for asset in absent:
            if is_vanished(self._missing_since.setdefault(asset.asset_id, now_ns), now_ns):
                take_up_before_gone(self._bench, asset)
                gone.append(self._departed(asset))
        if gone:
            self._bench.ledger.commit(*gone)

    def _departed(self, asset: Asset) -> c.Change:
        at = self._bench.clock.now()
        # The intent to erase was recorded before the unlink, so a crash in between ends here.
        begun = asset.erase_started_at is not None and asset.receipt is not None
        if begun and asset.state is State.VERIFIED:
            return c.AssetErased(at=at, asset_id=asset.asset_id, session=self._docked.session)
        return c.AssetGone(at=at, asset_id=asset.asset_id, session=self._docked.session)


def take_up_before_gone(bench: Bench, asset: Asset) -> None:
    """A copy that was called lost, because the spool's disk failed for a while, may be sound: without the card it is
    all there is, and an asset that is GONE without a receipt never travels."""
    if asset.state is State.FOUND and bench.take_up(asset.asset_id):
        bench.staged()
