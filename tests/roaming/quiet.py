"""The end of every story: faults stop, everything is docked, and nothing may be left undone (I4, I7)."""

from __future__ import annotations

import random

from agent.rules.footage import Asset, State
from agent.rules.pairing import claims, video_names
from simulator.central_store import Faults
from tests.roaming.camera import Camera
from tests.roaming.invariants import require, shown
from tests.roaming.truth import is_named
from tests.roaming.world import STATIONS, World

ROUNDS = 60
"""Far more than any backlog of a story needs; a station that still moves after them never rests."""
UNDONE = (State.STAGED, State.UPLOADED)
HOME = {"BWC1": "east-1", "BWC2": "east-1", "BWC1's twin": "west-2"}


def come_to_rest(world: World) -> None:
    """Everything that the world did wrong ends; then the stations work until nothing moves any more."""
    world.say("— all faults stop, every camera is docked —")
    true_time = world.clock.now().wall
    for name, hardware in world.stations.items():
        hardware.line.faults = Faults()
        hardware.spool.disk.total = 1 << 20
        hardware.clock.set_wall(true_time)
        if name not in world.running:
            world.start(name)
    _work(world, 1)
    world.let_pass(120)
    _work(world, 1)  # what waited to be erased goes from the docks in which it was proven
    for camera in world.cameras.values():
        if camera.station:
            world._pull(camera, random.Random(0))
        camera.card.unreadable_folders.clear()
    _work(world, 1)
    for camera in world.cameras.values():
        world._plug(camera, HOME[camera.title])
    _until_still(world)


def _work(world: World, rounds: int) -> None:
    for _ in range(rounds):
        for name in STATIONS:
            world.running[name].everything()
            world.let_pass(1)
        world.check()


def _until_still(world: World) -> None:
    still = 0
    for _ in range(ROUNDS):
        before = [hardware.ledger.head() for hardware in world.stations.values()]
        _work(world, 1)
        world.let_pass(4000)  # beyond the longest wait between two attempts
        still = still + 1 if before == [hardware.ledger.head() for hardware in world.stations.values()] else 0
        if still == 3:
            return
    require(False, f"I4: the stations still move after {ROUNDS} rounds without any fault")


def check_all_done(world: World) -> None:
    """I4 and I7 at rest."""
    for camera in world.cameras.values():
        _check_camera(world, camera)
    for name, hardware in world.stations.items():
        for asset in hardware.ledger._assets():
            require(asset.state not in UNDONE, f"I4: {name} never finished {asset.path!r}, which is {asset.state}")
        held = world.store.held.ledgers.get(hardware.ledger.uuid)
        told = {number: body for number, (_, body) in held.events.items()} if held else {}
        ours = {event.number: event.body for event in hardware.ledger.events_after(0, 1 << 30)}
        require(told == ours, f"I7: central holds {len(told)} of {len(ours)} events of {name}")
    _check_contents(world)


def _check_camera(world: World, camera: Camera) -> None:
    process = world.running[camera.station]
    presence = camera.presence
    session = next((one for one in process.bays.sessions() if presence and one.presence.key == presence.key), None)
    require(session is not None and session.docked is not None, f"I7: the dock of {camera.title} is not recorded")
    assert session is not None
    assert session.docked is not None
    for path, file in camera.card.files.items():
        known = process.ledger.assets_at(session.docked.camera, path)
        done = [asset for asset in known if _is_done(world, asset, file.content)]
        states = [(asset.state.value, asset.reason) for asset in known]
        require(done, f"I4: {path.decode()} of {camera.title} has neither receipt nor quarantine: {states}")
    if not camera.card.had_error:
        there = process.ledger.assets_on_card(session.docked.camera)
        # A sidecar goes after its video, and a quarantined video goes only when IT has looked at it.
        aside = {name for asset in there if asset.state is State.QUARANTINED for name in video_names(asset.path)}
        waits = [a for a in there if a.state is State.VERIFIED and claims(a.path).isdisjoint(aside)]
        require(not waits, f"I4: receipted, and never erased nor kept: {[asset.path for asset in waits]}")


def _is_done(world: World, asset: Asset, content: bytes) -> bool:
    if asset.state is State.QUARANTINED:
        return bool(asset.reason)
    receipt = asset.receipt
    return receipt is not None and receipt.store_epoch == world.store.epoch and is_named(content, receipt.sha256)


def _check_contents(world: World) -> None:
    """Every content ever taken in is at central, or its copy waits beside a quarantined asset, or on its card."""
    truth = world.truth
    aside = {
        content
        for hardware in world.stations.values()
        for asset in hardware.ledger._assets()
        if asset.state is State.QUARANTINED
        for content in truth.in_spools()
        if asset.sha256 and is_named(content, asset.sha256)
    }
    left = truth.owed - truth.at_central() - truth.rotted - truth.on_cards() - aside
    require(not left, f"I4: never arrived at central: {shown(left)}")
