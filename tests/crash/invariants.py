"""I1 to I7 of docs/invariants.md, asked of a world in which the power is off."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from uuid import UUID

import msgspec

from agent.ledger.replay import NoEvidence, differences, replayed
from agent.ports import SignedStatement
from agent.rules.footage import Asset, State
from protocol import events as e
from protocol.chain import GENESIS, event_hash
from protocol.messages import Heartbeat
from protocol.sidecar import decode_sidecar
from simulator.ledger import KeptLedger, MemoryLedger
from tests.crash.canonical import events_of
from tests.crash.world import CAMERA, FILES, World

SPOOL = "state/spool/"


def broken_at(world: World) -> Iterator[str]:
    """What must hold at every instant, and does not."""
    yield from _erased_without_receipt(world)
    yield from _lost(world)
    if world.ledger is not None:
        yield from _without_evidence(world, world.ledger)
    yield from _sent_twice(world)


def broken_in(kept: KeptLedger) -> Iterator[str]:
    """What must hold of a ledger alone after every commit."""
    yield from _unchained(kept)
    yield from _unproven(kept)


def broken_at_the_end(world: World) -> Iterator[str]:
    """What must hold, too, once the work has ended without further faults."""
    yield from broken_at(world)
    if world.ledger is None:
        yield "I4 there is no ledger"
        return
    yield from broken_in(world.ledger)
    yield from _not_receipted(world, world.ledger)
    yield from _untold(world, world.ledger)


def _assets(world: World) -> list[Asset]:
    return list(world.ledger.memory.assets.values()) if world.ledger else []


def _is_receipted(world: World, path: str, content: bytes) -> bool:
    """Whether the durable ledger holds a good receipt for exactly these bytes of this file."""
    wanted = (CAMERA, path.encode(), sha256(content).hexdigest(), len(content))
    return any(
        (asset.camera, asset.path, receipt.sha256, receipt.size) == wanted
        and receipt.asset_id == asset.asset_id
        and receipt.store_epoch == world.central.store_epoch
        and world.central.is_signed(SignedStatement(receipt.content, receipt.signature, receipt.key_id))
        for asset in _assets(world)
        if (receipt := asset.receipt) is not None
    )


def _erased_without_receipt(world: World) -> Iterator[str]:
    there = world.card.files()
    for path, content in FILES.items():
        if path not in there and not _is_receipted(world, path, content):
            yield f"I1 {path} is gone from the card without a receipt"
        if path in there and there[path] != content:
            yield f"I1 {path} was changed on the card"


def _lost(world: World) -> Iterator[str]:
    copies = {content for name, content in world.disk.files().items() if name.endswith(".footage")}
    held = {bytes(content) for content in world.central.objects.values()}
    for path, content in FILES.items():
        if world.card.files().get(path) != content and content not in copies and content not in held:
            yield f"I2 {path} is neither on the card nor in the spool nor at central"


def _unchained(kept: KeptLedger) -> Iterator[str]:
    previous = GENESIS
    for number, event in enumerate(kept.memory.events, 1):
        if (event.number, event.previous_hash) != (number, previous):
            yield f"I3 event {number} does not follow from the one before"
        if event.hash != event_hash(kept.uuid, number, event.previous_hash, event.body):
            yield f"I3 event {number} is not what was hashed"
        previous = event.hash


def _unproven(kept: KeptLedger) -> Iterator[str]:
    history: dict[UUID, list[e.Event]] = {}
    for event in events_of(kept):
        asset_id = getattr(event, "asset_id", None)
        if asset_id is not None:
            history.setdefault(asset_id, []).append(event)
    for asset in kept.memory.assets.values():
        events = history.get(asset.asset_id, [])
        try:
            told = replayed(events, kept.memory.receipts)
        except NoEvidence as error:
            yield f"I6 the history of {asset.path!r} does not hold: {error}"
            continue
        if told is None:
            yield f"I6 no event tells of {asset.path!r}"
        elif differing := differences(asset, told, recovered=isinstance(events[0], e.AssetStaged)):
            yield f"I6 {asset.path!r} differs from its events in {differing}"


def _without_evidence(world: World, kept: KeptLedger) -> Iterator[str]:
    """What a state claims must be durable already."""
    files, held = world.disk.files(), world.central.store.held
    copies = {name.removeprefix(SPOOL): content for name, content in files.items()}
    for asset in kept.memory.assets.values():
        path = asset.path.decode()
        original = FILES.get(path, b"")
        if asset.spooled and copies.get(f"{asset.asset_id}.footage") != original:
            yield f"I6 {path} is called staged and its copy is not in the spool"
        if asset.spooled and not _has_sidecar(copies, asset):
            yield f"I6 {path} is called staged and its copy has no sidecar"
        if asset.state is State.UPLOADED and all(
            bytes(one.content) != original for one in held.uploads.values() if one.intent.asset_id == asset.asset_id
        ):
            yield f"I6 {path} is called uploaded and central has not all of it"
        if asset.receipt is not None and bytes(held.objects.get(asset.sha256 or "", b"")) != original:
            yield f"I6 {path} is called receipted and central does not hold it"
        if asset.state is State.ERASED and path in world.card.files():
            yield f"I6 {path} is called erased and is on the card"
    for session in kept.memory.sessions.values():
        if session.drained_at is not None and not all(a.spooled or a.receipt for a in kept.memory.assets.values()):
            yield "I6 the camera is called drained and a file is not durable"


def _has_sidecar(copies: dict[str, bytes], asset: Asset) -> bool:
    try:
        told = decode_sidecar(copies.get(f"{asset.asset_id}.json", b""))
    except ValueError:
        return False
    return (told.asset_id, told.path, told.sha256, told.size) == (
        asset.asset_id,
        asset.path,
        asset.sha256,
        asset.size,
    )


def _sent_twice(world: World) -> Iterator[str]:
    held = world.central.store.held
    originals = {sha256(content).hexdigest() for content in FILES.values()}
    for sha, content in held.objects.items():
        if sha not in originals or sha256(content).hexdigest() != sha:
            yield f"I5 central holds an object {sha[:12]} that was never on the card"
    announced = [intent.path for _, intent in held.known.values()]
    if len(announced) != len(set(announced)):
        yield f"I5 one file was uploaded as two: {sorted(announced)}"


def _not_receipted(world: World, kept: KeptLedger) -> Iterator[str]:
    for path, content in FILES.items():
        if not _is_receipted(world, path, content):
            yield f"I4 {path} has no receipt"
    states = sorted((asset.path.decode(), asset.state.value) for asset in kept.memory.assets.values())
    if states != sorted((path, "ERASED") for path in FILES):
        yield f"I4 the work did not end: {states}"
    left = [name for name in world.disk.files() if name.startswith(SPOOL)]
    if left or world.card.files():
        yield f"I4 something was left over: {left}, {sorted(world.card.files())}"


def _false_facts(kept: KeptLedger) -> Iterator[str]:
    """The camera was in its bay before the station first ran, and left while it watched."""
    for event in events_of(kept):
        if isinstance(event, e.CameraDocked) and event.absent_until is not None:
            yield f"I7 the camera is called absent until {event.absent_until}, when it was there"


def _untold(world: World, kept: KeptLedger) -> Iterator[str]:
    there = MemoryLedger.reopened(kept)
    held = world.central.store.held.ledgers.get(kept.uuid)
    ours = [event.body for event in kept.memory.events]
    if held is None or [held.events[n][1] for n in sorted(held.events)] != ours or world.central.forks:
        yield "I7 central does not hold every event once, in order"
    if there.open_sessions():
        yield "I7 a dock was never ended"
    told = [type(event) for event in events_of(kept)]
    for begin, end in ((e.CameraDocked, e.CameraUndocked), (e.WatchStarted, e.WatchStopped)):
        if told.count(begin) != told.count(end) or not told.count(begin):
            yield f"I7 {begin.__name__} {told.count(begin)} times, {end.__name__} {told.count(end)} times"
    yield from _false_facts(kept)
    beats = [msgspec.json.decode(body, type=Heartbeat) for body in world.central.heartbeats]
    sequences = [beat.sequence for beat in beats]
    if sequences != sorted(set(sequences)):
        yield f"I7 heartbeats do not count upwards: {sequences}"
    heads = [beat.watched_event or 0 for beat in beats]
    if max(heads) > len(ours):
        yield "I7 a heartbeat covered an event that was never kept"
