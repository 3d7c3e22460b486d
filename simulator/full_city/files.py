"""What each dock brought: files with their objects, receipts and custody events, as rows of central's tables. Hashes,
chains and signatures are real; the bytes of the videos are not there."""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from protocol import events as e
from protocol.chain import GENESIS, event_hash
from protocol.event import ClockReading
from protocol.messages import ReceiptContent
from simulator.kansas_city.city import MINUTE, Station
from simulator.kansas_city.plan import Dock

MIB = 2**20
FIRST_FREE = 58 * 2**30
CARD = 64 * 10**9
SLOW_LINK = 0.15
"""Such a share of stations takes eight times as long for everything."""


@dataclass(frozen=True)
class Row:
    """One row of one table."""

    table: str
    values: dict[str, object]


@dataclass
class Chain:
    """One station's ledger as it grows."""

    station: Station
    ledger: UUID
    pk: int
    number: int = 0
    head: bytes = GENESIS
    told: list[tuple[datetime, e.Event, UUID | None]] = field(default_factory=list)

    def tell(self, at: datetime, event: e.Event, asset: UUID | None = None) -> None:
        self.told.append((at, event, asset))

    def rows(self) -> Iterator[Row]:
        """All that was told, in order of time."""
        self.told.sort(key=lambda one: one[0])
        for at, event, asset in self.told:
            body, previous = e.encode_body(event), self.head
            self.number += 1
            self.head = event_hash(self.ledger, self.number, previous, body.encode())
            name = event.__struct_config__.tag
            yield Row(
                "custody_custodyevent",
                {
                    "ledger_id": self.pk,
                    "number": self.number,
                    "previous_hash": previous.hex(),
                    "hash": self.head.hex(),
                    "body": body,
                    "received_at": stamp(at + timedelta(seconds=20)),
                    "name": name,
                    "at": stamp(at),
                    "asset_id": None if asset is None else asset.hex,
                },
            )
        self.told.clear()


def stamp(at: datetime | None) -> str | None:
    """An instant as Django writes it: without a fraction where there is none, or it would find no equal."""
    return None if at is None else str(at.astimezone(UTC).replace(tzinfo=None))


def reading(at: datetime) -> ClockReading:
    return ClockReading(wall=at, monotonic_ns=0, boot_id="", offset_ms=0.0, uncertainty_ms=20.0)


class Filling:
    """Turns docks into rows, dock after dock of one station."""

    def __init__(self, chain: Chain, sign: Callable[[bytes], str], key_id: str, now: datetime, seed: int) -> None:
        self.chain, self.sign, self.key_id, self.now = chain, sign, key_id, now
        self.dice = random.Random(f"files {chain.station.name} {seed}")
        self.slow = 8.0 if self.dice.random() < SLOW_LINK else 1.0
        self.serial = 0

    def uuid(self) -> UUID:
        return UUID(int=self.dice.getrandbits(128), version=4)

    def dock(self, dock: Dock, files: int) -> Iterator[Row]:
        """A dock with so many files, half of them videos and half their sidecars."""
        session, station, tell = self.uuid(), self.chain.station.name, self.chain.tell
        sizes = [
            self.dice.randrange(40, 900) * MIB if number % 2 == 0 else self.dice.randrange(400, 4000)
            for number in range(files)
        ]
        label = f"Bay {dock.bay.rpartition('.')[2]}"
        tell(dock.since, self._docked(dock, session, label))
        total = sum(sizes)
        free = FIRST_FREE - total
        tell(dock.since + MINUTE / 6, self._listed(dock, session, files, total))
        at, rows = dock.since + MINUTE / 3, []
        for number, size in enumerate(sizes):
            at += timedelta(seconds=self.slow * (0.5 + size / (45 * MIB)))
            rows += self._file(dock, session, number, size, at)
        drained = at + MINUTE / 6
        if drained <= self.now:
            tell(
                drained, e.CameraDrained(at=reading(drained), session=session, camera=dock.camera, drained_at=drained)
            )
        if dock.until is not None:
            gone = e.CameraUndocked(at=reading(dock.until), session=session, camera=dock.camera, absent_at=dock.until)
            tell(dock.until, gone)
        yield Row(
            "custody_docksession",
            {
                "session": session.hex,
                "ledger_id": self.chain.pk,
                "station_id": station,
                "camera": dock.camera,
                "bay": dock.bay,
                "bay_label": label,
                "source": "usb",
                "profile": "acme-x81",
                "identity_source": "marker",
                "identity_unique": 1,
                "proves_dock": 1,
                "absent_until": stamp(dock.since),
                "docked_at": stamp(dock.since),
                "last_present_at": stamp(dock.until),
                "undocked_at": stamp(dock.until),
                "drained_at": stamp(drained) if drained <= self.now else None,
                "files_not_copied": 0,
                "files": files,
                "bytes": total,
                "card_size_bytes": CARD,
                "card_free_bytes": free,
                "clock_offset_s": round(self.dice.gauss(0, 4), 1),
                "offset_ms": 0.0,
                "uncertainty_ms": 20.0,
                "boot_id": "",
                "end_offset_ms": 0.0,
                "end_uncertainty_ms": 20.0,
                "end_boot_id": "",
                "news_serial": 0,
            },
        )
        yield from rows

    def _docked(self, dock: Dock, session: UUID, label: str) -> e.CameraDocked:
        return e.CameraDocked(
            at=reading(dock.since),
            session=session,
            camera=dock.camera,
            identity_source="marker",
            identity_unique=True,
            bay=dock.bay,
            bay_label=label,
            source="usb",
            absent_until=dock.since,
            seen_at=dock.since,
            profile="acme-x81",
        )

    def _listed(self, dock: Dock, session: UUID, files: int, total: int) -> e.CardListed:
        at = dock.since + MINUTE / 6
        digest = hashlib.sha256(session.bytes).hexdigest()
        return e.CardListed(
            at=reading(at),
            session=session,
            files=files,
            bytes=total,
            refused=0,
            listing_sha256=digest,
            card_size_bytes=CARD,
            card_free_bytes=FIRST_FREE - total,
        )

    def _file(self, dock: Dock, session: UUID, number: int, size: int, staged: datetime) -> Sequence[Row]:
        self.serial += 1
        asset, kind = self.uuid(), "video" if number % 2 == 0 else "sidecar"
        recorded = dock.since - timedelta(hours=0.5 + (number // 2) * 1.1 + self.dice.random())
        ending = "MP4" if kind == "video" else "JSON"
        path = f"DCIM/{recorded:%Y%m%d}/{dock.camera}_{recorded:%Y%m%d%H%M%S}_{number // 2 + 1:04}.{ending}"
        sha256 = hashlib.sha256(asset.bytes).hexdigest()
        found = dock.since + MINUTE / 4
        uploaded = staged + timedelta(seconds=self.slow * (2 + size / (12 * MIB)))
        verified = uploaded + timedelta(seconds=self.slow * (3 + size / (80 * MIB)))
        erased = verified + timedelta(seconds=20)
        state = next(
            name
            for name, at in (
                ("ERASED", erased),
                ("VERIFIED", verified),
                ("UPLOADED", uploaded),
                ("STAGED", staged),
                ("FOUND", dock.since),
            )
            if at <= self.now
        )
        receipt = self.uuid()
        self._tell(
            dock, session, asset, path, kind, size, sha256, receipt, (found, staged, uploaded, verified, erased)
        )
        done = verified <= self.now
        rows = []
        if done:
            rows += self._kept(asset, sha256, size, receipt, verified)
        rows.append(
            Row(
                "custody_asset",
                {
                    "asset_id": asset.hex,
                    "station_id": self.chain.station.name,
                    "camera": dock.camera,
                    "source_path": path,
                    "path_b64": base64.b64encode(path.encode()).decode(),
                    "session": session.hex,
                    "size": size,
                    "sha256": sha256 if staged <= self.now else "",
                    "kind": kind,
                    "flagged": int(number == 0 and self.dice.random() < 0.02),
                    "salvage": 0,
                    "mtime_ns": int(recorded.timestamp() * 1e9),
                    "state": state,
                    "marks": "[]",
                    "first_heard_at": stamp(found),
                    "found_at": stamp(found),
                    "recorded_at": stamp(recorded),
                    "recorded_source": "name",
                    "staged_at": _until(staged, self.now),
                    "staged_source": "station" if staged <= self.now else "",
                    "uploaded_at": _until(uploaded, self.now),
                    "uploaded_source": "station" if uploaded <= self.now else "",
                    "verified_at": _until(verified, self.now),
                    "verified_source": "central" if done else "",
                    "erased_at": _until(erased, self.now),
                    "erased_source": "station" if erased <= self.now else "",
                    "kept_reason": "",
                    "quarantined_reason": "",
                    "object_id": sha256 if done else None,
                },
            )
        )
        return rows

    def _tell(
        self,
        dock: Dock,
        session: UUID,
        asset: UUID,
        path: str,
        kind: str,
        size: int,
        sha256: str,
        receipt: UUID,
        instants: Sequence[datetime],
    ) -> None:
        found, staged, uploaded, verified, erased = instants
        b64 = base64.b64encode(path.encode()).decode()
        told: list[tuple[datetime, e.Event]] = [
            (
                found,
                e.AssetFound(
                    at=reading(found),
                    asset_id=asset,
                    session=session,
                    camera=dock.camera,
                    path=path,
                    path_b64=b64,
                    size=size,
                    mtime_ns=0,
                    kind=kind,
                ),
            ),
            (staged, e.AssetStaged(at=reading(staged), asset_id=asset, sha256=sha256, size=size, staged_at=staged)),
            (uploaded, e.AssetUploaded(at=reading(uploaded), asset_id=asset, uploaded_at=uploaded)),
            (
                verified,
                e.AssetVerified(
                    at=reading(verified), asset_id=asset, receipt_id=receipt, verified_at=verified, store_epoch=1
                ),
            ),
            (
                erased,
                e.AssetErased(
                    at=reading(erased), asset_id=asset, session=session, erased_at=erased, receipt_id=receipt
                ),
            ),
        ]
        for at, event in told:
            if at <= self.now:
                self.chain.tell(at, event, asset)

    def _kept(self, asset: UUID, sha256: str, size: int, receipt: UUID, at: datetime) -> Sequence[Row]:
        content = msgspec.json.encode(
            ReceiptContent(
                asset_id=asset,
                station=self.chain.station.name,
                sha256=sha256,
                size=size,
                stored_at=at,
                store_epoch=1,
                hold=False,
                receipt_id=receipt,
                key_id=self.key_id,
            )
        )
        return (
            Row(
                "custody_storedobject",
                {"sha256": sha256, "size": size, "stored_at": stamp(at), "verified_at": stamp(at)},
            ),
            Row(
                "custody_receipt",
                {
                    "receipt_id": receipt.hex,
                    "asset_id": asset.hex,
                    "object_id": sha256,
                    "store_epoch": 1,
                    "content": content.decode(),
                    "signature": self.sign(content),
                    "key_id": self.key_id,
                    "issued_at": stamp(at),
                    "hold": 0,
                },
            ),
        )


def _until(at: datetime, now: datetime) -> str | None:
    return stamp(at) if at <= now else None
