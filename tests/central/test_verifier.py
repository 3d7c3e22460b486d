"""Hashing in the background: asked, waited for, handed out once. The hashing itself is a function that waits here."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

from central.custody.object_store import Digest
from central.custody.turns import UploadBusy
from central.custody.verification import Mismatched, Outcome
from central.custody.verifier import Hashing, Unreadable, Verifier

CLAIM = Digest("a" * 64, 10)


class SlowVerify:
    """Reads half of the bytes, then waits to be let go."""

    def __init__(self, result: Outcome | Exception) -> None:
        self.result = result
        self.begun, self.go = threading.Event(), threading.Event()
        self.runs = 0

    def __call__(self, place: Any, asset_id: uuid.UUID, claim: Digest, progress: Callable[[int], None]) -> Outcome:
        self.runs += 1
        progress(5)
        self.begun.set()
        assert self.go.wait(10)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


def verifier(slow: SlowVerify) -> Verifier:
    return Verifier(None, threads=2, verify=slow)  # type: ignore[arg-type]


def test_a_question_in_the_middle_of_hashing_is_answered_with_how_far_it_is() -> None:
    slow, asset_id = SlowVerify(Mismatched(CLAIM)), uuid.uuid4()
    asked = verifier(slow)
    asked.ask(asset_id, CLAIM, 0)
    assert slow.begun.wait(10)
    assert asked.ask(asset_id, CLAIM, 0) == Hashing(5)
    slow.go.set()
    assert asked.ask(asset_id, CLAIM, 10) == Mismatched(CLAIM)
    assert slow.runs == 1
    assert asked.ask(asset_id, CLAIM, 10) == Mismatched(CLAIM)
    assert slow.runs == 2, "a result is handed out once; the next question reads the bytes again"


def test_another_claim_never_gets_the_result_of_the_first() -> None:
    slow, asset_id, other = SlowVerify(Mismatched(CLAIM)), uuid.uuid4(), Digest("b" * 64, 10)
    asked = verifier(slow)
    asked.ask(asset_id, CLAIM, 0)
    assert slow.begun.wait(10)
    assert isinstance(asked.ask(asset_id, other, 0), Hashing)
    slow.go.set()
    assert asked.ask(asset_id, CLAIM, 10) == Mismatched(CLAIM)


def test_a_disk_that_cannot_be_read_is_an_answer_and_the_next_question_tries_again() -> None:
    for error in (OSError(5, "Input/output error"), UploadBusy()):
        slow, asset_id = SlowVerify(error), uuid.uuid4()
        slow.go.set()
        asked = verifier(slow)
        assert isinstance(asked.ask(asset_id, CLAIM, 10), Unreadable)
        assert isinstance(asked.ask(asset_id, CLAIM, 10), Unreadable)
        assert slow.runs == 2


def test_no_more_than_its_threads_hash_at_once() -> None:
    slow = SlowVerify(Mismatched(CLAIM))
    asked = verifier(slow)
    assets = [uuid.uuid4() for _ in range(5)]
    for asset_id in assets:
        asked.ask(asset_id, CLAIM, 0)
    assert slow.begun.wait(10)
    assert slow.runs <= 2
    slow.go.set()
    assert [asked.ask(asset_id, CLAIM, 10) for asset_id in assets] == [Mismatched(CLAIM)] * 5


def test_a_backlog_of_thousands_takes_no_thread_each() -> None:
    slow, before = SlowVerify(Mismatched(CLAIM)), threading.active_count()
    asked = verifier(slow)
    for _ in range(200):
        asked.ask(uuid.uuid4(), CLAIM, 0)
    assert threading.active_count() <= before + 2
    slow.go.set()
    assert asked.ask(uuid.uuid4(), CLAIM, 10) == Mismatched(CLAIM)
