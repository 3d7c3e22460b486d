"""I1–I7, asked after every step. Each check compares the world with the model's own truth, never with the agent's.

I1 a file is unlinked only with a durable receipt for exactly its bytes, of the central that stands. I2 every byte
ever seen is on its card, in a spool or at central. I3 every ledger's chain holds. I4 once faults stop, every file
reaches its receipt or a named quarantine (`quiet.py`). I5 central holds one object per content, and nothing that no
camera recorded. I6 no asset moves without an event that says so. I7 no event and no dock is lost.
"""

from __future__ import annotations

from uuid import UUID

from agent.ledger.replay import NoEvidence, differences, replayed
from agent.rules.bay_words import BayState
from agent.rules.footage import Asset
from protocol import events as e
from protocol.chain import GENESIS, event_hash
from simulator.ledger import MemoryLedger
from tests.roaming.truth import Truth, is_named


class Broken(AssertionError):
    """An invariant does not hold."""


def require(holds: object, sentence: str) -> None:
    if not holds:
        raise Broken(sentence)


def shown(contents: set[bytes]) -> str:
    return ", ".join(repr(content[:32]) for content in sorted(contents))


class LedgerWatch:
    """Follows one ledger from event to event."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self.ledger = ledger
        self._number, self._hash = 0, GENESIS
        self._of_asset: dict[UUID, list[e.Event]] = {}
        self._checked: dict[UUID, Asset] = {}

    def check(self) -> None:
        self._follow_chain()
        for asset in self.ledger._assets():
            if self._checked.get(asset.asset_id) is not asset:
                self._check_evidence(asset)
                self._checked[asset.asset_id] = asset

    def _follow_chain(self) -> None:
        for event in self.ledger.events_after(self._number, 1 << 30):
            follows = event.number == self._number + 1 and event.previous_hash == self._hash
            digest = event_hash(self.ledger.uuid, event.number, event.previous_hash, event.body)
            require(follows and digest == event.hash, f"I3: event {event.number} does not follow from the one before")
            self._number, self._hash = event.number, event.hash
            told = e.decode_body(event.body)
            asset_id = getattr(told, "asset_id", None)
            if asset_id is not None:
                self._of_asset.setdefault(asset_id, []).append(told)
        head = self.ledger.head()
        require((head.number if head else 0) == self._number, "I3: the ledger became shorter")

    def _check_evidence(self, asset: Asset) -> None:
        events = self._of_asset.get(asset.asset_id, [])
        try:
            told = replayed(events, self.ledger._memory.receipts)
        except NoEvidence as error:
            raise Broken(f"I6: the events of asset {asset.asset_id} do not hold: {error}") from error
        require(told is not None, f"I6: no event tells of asset {asset.asset_id}")
        assert told is not None
        differing = differences(asset, told, recovered=isinstance(events[0], e.AssetStaged))
        require(not differing, f"I6: asset {asset.asset_id} differs from its events in {differing}")


def check_nothing_lost(truth: Truth) -> None:
    lost = truth.missing()
    require(not lost, f"I2: neither on a card nor in a spool nor at central: {shown(lost)}")


def check_central(truth: Truth) -> None:
    named: dict[bytes, str] = {}
    for sha256, content in truth.sound_objects():
        require(is_named(content, sha256), f"I5: object {sha256} holds other bytes")
        require(truth.is_footage(content), f"I5: no camera ever recorded {content[:32]!r}")
        require(named.setdefault(content, sha256) == sha256, "I5: one content, two objects")


def check_words(said: BayState, unknown: set[bytes], where: str) -> None:
    """No officer is told to take a camera whose footage is on its card alone."""
    if said in (BayState.MAY_BE_TAKEN, BayState.SAFE_TO_REMOVE):
        require(not unknown, f"{where} says {said!s} and only the card holds {shown(unknown)}")
