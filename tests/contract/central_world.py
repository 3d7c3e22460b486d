"""Footage on its way to central, over the double and over a real network: what the suites of this folder share."""

from __future__ import annotations

import hashlib
import random
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from agent.adapters.central_api import CentralApi, uploads_url
from agent.adapters.http_session import HttpSession
from agent.adapters.receipt_keys import PinnedKeys
from agent.adapters.tus import TusStore
from agent.ports import (
    Central,
    FootageStore,
    Hashing,
    ReceiptKeys,
    SignedStatement,
    UploadIntent,
    UploadState,
    VerifyAnswer,
)
from agent.rules.footage import Instant
from simulator.central import MemoryCentral
from simulator.clock import SimulatedClock
from simulator.disk import Inode
from simulator.spool import MemorySpooled
from tests.contract.conftest import RunningCentral
from tests.contract.deadline import eventually

CHUNK = 256 * 1024
NOW = Instant(datetime.now(UTC), 1_000, "boot-1")


class World(ABC):
    store: FootageStore
    central: Central
    keys: ReceiptKeys
    station: str

    @abstractmethod
    def away(self, is_away: bool) -> None: ...
    @abstractmethod
    def refuse_credential(self) -> None: ...
    @abstractmethod
    def cut_next_body(self, after: int) -> None:
        """The connection breaks after about so many bytes."""

    @abstractmethod
    def lose_next_answer(self) -> None:
        """Central does what it was asked, and its answer is lost."""

    @abstractmethod
    def stored(self, sha256: str) -> bytes | None:
        """What central holds under this name, unverified."""

    @abstractmethod
    def rot(self, sha256: str) -> None:
        """Flip a bit in a stored object."""

    @abstractmethod
    def raise_epoch(self) -> None: ...
    @abstractmethod
    def close(self) -> None: ...


class InMemory(World):
    def __init__(self) -> None:
        self._central = MemoryCentral(SimulatedClock(NOW.wall))
        self.store = self.central = self.keys = self._central
        self.station = self._central.station

    def away(self, is_away: bool) -> None:
        self._central.faults.away = is_away

    def refuse_credential(self) -> None:
        self._central.faults.refuses_credential = True

    def cut_next_body(self, after: int) -> None:
        self._central.faults.cuts_after = after

    def lose_next_answer(self) -> None:
        self._central.faults.loses_answers = 1

    def stored(self, sha256: str) -> bytes | None:
        found = self._central.objects.get(sha256)
        return None if found is None else bytes(found)

    def rot(self, sha256: str) -> None:
        self._central.objects[sha256][0] ^= 1

    def raise_epoch(self) -> None:
        self._central.store_epoch += 1

    def close(self) -> None: ...


class OverTheNetwork(World):
    def __init__(self, running: RunningCentral) -> None:
        self._running = running
        self._credential = running.enrolled.credential
        self._http = HttpSession(running.url, credential=lambda: self._credential, stall_s=30.0)
        self.store = TusStore(self._http, uploads_url(running.url))
        self.central = CentralApi(self._http, running.url)
        self.keys = PinnedKeys([running.enrolled.receipt_key])
        self.station = running.enrolled.station

    def away(self, is_away: bool) -> None:
        self._running.proxy.link.away = is_away

    def refuse_credential(self) -> None:
        self._credential = "wrong"

    def cut_next_body(self, after: int) -> None:
        self._running.proxy.link.cut_after = after

    def lose_next_answer(self) -> None:
        self._running.proxy.link.swallow_answer = True

    def stored(self, sha256: str) -> bytes | None:
        path = self._running.server.objects().get(sha256)
        return None if path is None else path.read_bytes()

    def rot(self, sha256: str) -> None:
        path = self._running.server.objects()[sha256]
        content = bytearray(path.read_bytes())
        content[0] ^= 1
        path.chmod(0o600)
        path.write_bytes(content)

    def raise_epoch(self) -> None:
        done = self._running.server.command("epoch", "raise")
        assert done.returncode == 0, done.stderr

    def close(self) -> None:
        self._running.proxy.heal()
        self._http.close()


@pytest.fixture(params=["memory", "network"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    made: World = (
        InMemory() if request.param == "memory" else OverTheNetwork(request.getfixturevalue("running_central"))
    )
    with closing(made):
        yield made


class Footage:
    """One asset and its bytes."""

    def __init__(self, size: int = 600_000, content: bytes | None = None, path: bytes = b"DCIM/\xff a.MP4") -> None:
        self.content = random.randbytes(size) if content is None else content
        self.asset_id = uuid4()
        self.sha256 = hashlib.sha256(self.content).hexdigest()
        self.size = len(self.content)
        self.camera = f"BWC-{self.asset_id.hex[:8]}"
        self.path = path

    def intent(self, attempt: int = 1, size: int | None = None) -> UploadIntent:
        return UploadIntent(self.asset_id, self.size if size is None else size, attempt, self.camera, self.path)


def append(world: World, footage: Footage, state: UploadState, length: int = CHUNK) -> UploadState:
    source = MemorySpooled(Inode(bytearray(footage.content)))
    length = min(length, footage.size - state.offset)
    return world.store.append(state.url, state.offset, source, length, footage.size)


def upload(world: World, footage: Footage, attempt: int = 1) -> UploadState:
    state = world.store.create(footage.intent(attempt), b"")
    while not state.complete:
        state = append(world, footage, state)
    return state


def verify(world: World, footage: Footage, sha256: str = "") -> VerifyAnswer:
    answers: list[VerifyAnswer] = []

    def is_answered() -> bool:
        answers.append(world.central.verify(footage.asset_id, sha256 or footage.sha256, footage.size))
        return not isinstance(answers[-1], Hashing)

    eventually(is_answered)
    return answers[-1]


def receipted(world: World, footage: Footage) -> SignedStatement:
    answer = verify(world, footage)
    assert isinstance(answer, SignedStatement)
    assert world.keys.is_signed(answer)
    return answer
