"""What of a world can make a difference to what happens next. Ids and instants cannot, nor can past events, of which
the agent reads nothing but how many it has sent: two worlds that differ in nothing else are one state."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

from agent.rules.footage import Asset
from protocol.events import Event, decode_body
from protocol.sidecar import decode_sidecar
from simulator.central import MemoryCentral
from simulator.ledger import KeptLedger
from simulator.volume import Volume
from tests.crash.world import World

Key = tuple[object, ...]


@dataclass
class Canon:
    """Remembers what it has worked out for one life: a ledger is shared by many worlds."""

    _ledgers: dict[tuple[int, int], tuple[KeptLedger, Key]] = field(default_factory=dict)

    def is_new(self, kept: KeptLedger) -> bool:
        """Whether no world of this life had this ledger before."""
        return (id(kept.memory), id(kept.notes)) not in self._ledgers

    def key(self, world: World) -> Key:
        names = _names(world.ledger)
        return (
            self._ledger(world),
            _spool(world.disk, names),
            tuple(sorted((path, digest(content)) for path, content in world.card.files().items())),
            _central(world.central, names),
            world.docked,
            _unsent(world),
        )

    def _ledger(self, world: World) -> Key:
        kept = world.ledger
        if kept is None:
            return ()
        where = id(kept.memory), id(kept.notes)
        if where not in self._ledgers:
            self._ledgers[where] = kept, _ledger(kept, f"@{world.plugs}")
        return self._ledgers[where][1]


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:12]


def events_of(kept: KeptLedger) -> list[Event]:
    return [_decoded(event.body) for event in kept.memory.events]


_DECODED: dict[bytes, Event] = {}


def _decoded(body: bytes) -> Event:
    if body not in _DECODED:
        _DECODED[body] = decode_body(body)
    return _DECODED[body]


def _names(kept: KeptLedger | None) -> dict[UUID, str]:
    assets = kept.memory.assets.values() if kept else ()
    return {asset.asset_id: f"{asset.path.decode()}#{number}" for number, asset in enumerate(assets)}


def _ledger(kept: KeptLedger, plug: str) -> Key:
    memory, notes = kept.memory, kept.notes
    sessions = {session: number for number, session in enumerate(memory.sessions)}
    newest = max(sessions.values(), default=0)
    return (
        kept.rebuilt,
        tuple((*_asset(asset), newest - sessions.get(asset.session, 0)) for asset in memory.assets.values()),
        tuple(
            (plug in one.key, one.undocked_at is None, one.drained_at is None, one.io_error)
            for one in memory.sessions.values()
            if one.undocked_at is None
        ),
        bool(sessions),
        notes.get("store_epoch"),
        notes.get("stopped"),
        notes.get("ended"),
        notes.get("central_went_back"),
        notes.get("rechecked_epoch"),
        *(
            bool(notes.get(name))
            for name in ("told_until", "alive_at", "watch_began", "roster_etag", "watched_sources")
        ),
    )


def _asset(asset: Asset) -> Key:
    receipt = asset.receipt
    return (
        asset.path,
        asset.state,
        asset.reason,
        (asset.on_card, asset.spooled, asset.salvage, asset.mismatches),
        asset.sha256 and asset.sha256[:12],
        (asset.upload_attempt > 0, asset.upload_url is not None, asset.upload_offset, asset.uploaded_at is not None),
        (asset.erase_started_at is not None, asset.erased_at is not None),
        receipt and (receipt.asset_id == asset.asset_id, receipt.sha256 == asset.sha256, receipt.store_epoch),
    )


def _spool(disk: Volume, names: dict[UUID, str]) -> Key:
    return tuple(sorted(_spooled(path, content, names) for path, content in disk.files().items()))


def _spooled(path: str, content: bytes, names: dict[UUID, str]) -> tuple[str, str]:
    stem, _, suffix = path.rpartition("/")[2].partition(".")
    try:
        name = names.get(UUID(stem), "unknown")
    except ValueError:
        return path, digest(content)
    if suffix == "footage":
        return f"{name}.{suffix}", digest(content)
    if suffix == "json":
        try:
            sidecar = decode_sidecar(content)
        except ValueError:
            return f"{name}.{suffix}", "broken"
        return f"{name}.{suffix}", f"{sidecar.path!r} {sidecar.sha256} {sidecar.size}"
    return f"{name}.{suffix}", ""  # a partial copy is removed by its name, whatever is in it


def _central(central: MemoryCentral, names: dict[UUID, str]) -> Key:
    held = central.store.held
    return (
        central.store_epoch,
        tuple(
            sorted(
                (names.get(one.intent.asset_id, "?"), one.intent.size, digest(bytes(one.content)))
                for one in held.uploads.values()
            )
        ),
        tuple(sorted((names.get(asset, "?"), sha[:12]) for asset, sha in held.stored.items())),
        tuple(sorted({(names.get(asset, "?"), epoch, sha[:12]) for asset, epoch, sha in held.receipts.values()})),
        tuple(sorted((sha[:12], digest(bytes(content))) for sha, content in held.objects.items())),
        len(central.forks),
    )


def _unsent(world: World) -> Key:
    """How far central is behind, and how much of that the station knows."""
    if world.ledger is None:
        return ()
    held = world.central.store.held.ledgers.get(world.ledger.uuid)
    there, known = held.contiguous if held else 0, int(world.ledger.notes.get("acknowledged", 0))
    return (there > known) - (there < known), len(world.ledger.memory.events) > there
