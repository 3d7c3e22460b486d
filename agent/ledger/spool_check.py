"""Compares the spool with the ledger: every copy that is owed is there, whole; what is there is known."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from agent.errors import DockError
from agent.ledger.connection import Readers
from agent.ledger.findings import Findings
from agent.ledger.recording import load_asset
from agent.ports import Spool, SpooledFile
from agent.rules.footage import Asset, State
from protocol.sidecar import decode_sidecar

BLOCK = 1 << 20

Digest = Callable[[SpooledFile], str]


def sha256_of(copy: SpooledFile) -> str:
    """The SHA-256 of a copy as it can be read now, in bounded memory."""
    digest = hashlib.sha256()
    offset = 0
    while block := copy.read_at(offset, BLOCK):
        digest.update(block)
        offset += len(block)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that does not fit, or that was caught in flight: looked at again before it is a finding."""

    code: str
    what: str


@dataclass(slots=True)
class SpoolCheck:
    """One comparison. `deep` also reads every copy and compares its SHA-256."""

    readers: Readers
    spool: Spool
    deep: bool = True
    digest: Digest = sha256_of
    copies: int = 0
    bytes_read: int = 0
    doubts: set[UUID] = field(default_factory=set)
    _owed: set[UUID] = field(default_factory=set)

    def look_at(self, asset: Asset) -> None:
        """Check the copy that this asset is owed, if any."""
        if asset.spooled:
            self.copies += 1
            self._owed.add(asset.asset_id)
            if self._doubt_of(asset) is not None:
                self.doubts.add(asset.asset_id)

    def look_around(self) -> None:
        """Check that the ledger knows every copy that is there, and that its sidecar fits."""
        for asset_id, sidecar in self.spool.sidecars():
            self._owed.discard(asset_id)
            if self._doubt_of_sidecar(self._asset(asset_id), asset_id, sidecar) is not None:
                self.doubts.add(asset_id)
        self.doubts |= self._owed  # copies without a sidecar, or without anything

    def conclude(self, findings: Findings) -> None:
        """Look once more at everything doubtful: what was work in flight fits by now."""
        sidecars = dict(self._sidecars_in_doubt())
        for asset_id in sorted(self.doubts):
            for doubt in self._doubts_again(asset_id, sidecars.get(asset_id)):
                findings.add(doubt.code, f"asset {asset_id}", doubt.what, "copy")
        for name in self.spool.orphans():
            findings.add("spool_orphan", name, "It is neither a copy nor the sidecar of one.", "spool")

    def _sidecars_in_doubt(self) -> Iterator[tuple[UUID, bytes]]:
        if self.doubts:
            yield from (pair for pair in self.spool.sidecars() if pair[0] in self.doubts)

    def _doubts_again(self, asset_id: UUID, sidecar: bytes | None) -> Iterator[Doubt]:
        asset = self._asset(asset_id)
        doubts = []
        if asset is not None and asset.spooled:
            doubts.append(self._doubt_of(asset))
            if sidecar is None and doubts == [None]:
                doubts.append(Doubt("sidecar_missing", "No sidecar lies beside its copy: a lost ledger needs it."))
        if sidecar is not None:
            doubts.append(self._doubt_of_sidecar(asset, asset_id, sidecar))
        # It may have been released while we looked: the ledger has the last word.
        now = self._asset(asset_id)
        if (now and now.spooled) == (asset and asset.spooled):
            yield from (doubt for doubt in doubts if doubt is not None)

    def _asset(self, asset_id: UUID) -> Asset | None:
        with self.readers.snapshot() as connection:
            return load_asset(connection, asset_id)

    def _doubt_of(self, asset: Asset) -> Doubt | None:
        try:
            size = self.spool.size(asset.asset_id)
            if size is None:
                return Doubt("copy_missing", "The ledger says that a copy is in the spool; it is not there.")
            if size != asset.size:
                return Doubt("copy_size", f"The copy has {size} bytes, the ledger says {asset.size}.")
            if self.deep and self._read(asset) != asset.sha256:
                return Doubt("copy_rotten", "The bytes of the copy are not those that were staged.")
        except FileNotFoundError:
            return Doubt("copy_missing", "The copy vanished while it was being read.")
        except (DockError, OSError) as error:
            return Doubt("copy_unreadable", f"The copy cannot be read: {error}.")
        return None

    def _read(self, asset: Asset) -> str:
        copy = self.spool.open(asset.asset_id)
        try:
            self.bytes_read += asset.size
            return self.digest(copy)
        finally:
            copy.close()

    def _doubt_of_sidecar(self, asset: Asset | None, asset_id: UUID, content: bytes) -> Doubt | None:
        if asset is None:
            return Doubt("copy_unknown", "The spool holds a copy of an asset that the ledger does not know.")
        if not asset.spooled:
            # FOUND: staged a moment ago, or left by a crash and staged again at the next dock.
            in_flight = asset.state is State.FOUND
            return None if in_flight else Doubt("copy_unreleased", "Its copy is still there after its release.")
        try:
            sidecar = decode_sidecar(content)
        except ValueError as error:
            return Doubt("sidecar_unreadable", f"The sidecar beside its copy cannot be read: {error}.")
        told = (sidecar.asset_id, sidecar.camera, sidecar.path, sidecar.sha256, sidecar.size)
        if told != (asset_id, asset.camera, asset.path, asset.sha256, asset.size):
            return Doubt("sidecar_differs", "The sidecar beside its copy tells of another file.")
        return None
