"""What a listing means beside what the ledger knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from agent.rules.footage import CardFile, RefusedEntry, State
from agent.rules.stock import (
    VANISHED_AFTER,
    is_durable_as,
    is_settled,
    is_vanished,
    may_hide_footage,
    missing,
    nanoseconds,
    recognise,
    seen,
    staging_order,
)
from tests.rules.receipted import ASSET, RECEIPT, SHA

FILE = CardFile(ASSET.path, ASSET.size, ASSET.mtime_ns)
STEP = 1_000_000_000


@pytest.mark.parametrize(
    ("watched_ns", "settle_s", "settled"),
    [(0, 0, True), (0, 2, False), (2 * STEP - 1, 2, False), (2 * STEP, 2, True), (-STEP, 0, False)],
)
def test_a_file_is_settled_once_it_was_watched_unchanged_for_long_enough(
    watched_ns: int, settle_s: int, settled: bool
) -> None:
    first = {seen(FILE): 5 * STEP}
    assert is_settled(FILE, first, 5 * STEP + watched_ns, timedelta(seconds=settle_s)) is settled


@pytest.mark.parametrize("changed", [{"size": 8}, {"mtime_ns": 18}, {"path": b"other"}])
def test_a_file_that_looks_different_is_watched_anew(changed: dict[str, object]) -> None:
    first = {seen(FILE): 0}
    assert not is_settled(replace(FILE, **changed), first, 9 * STEP, timedelta(0))  # type: ignore[arg-type]


def test_spans_are_counted_in_nanoseconds_without_rounding() -> None:
    assert nanoseconds(timedelta(days=3, microseconds=1)) == 3 * 86_400 * STEP + 1000


def test_a_file_counts_as_gone_only_after_listings_far_enough_apart() -> None:
    limit = nanoseconds(VANISHED_AFTER)
    assert limit >= 2 * STEP
    assert [is_vanished(7, 7 + past) for past in (0, limit - 1, limit)] == [False, False, True]


@pytest.mark.parametrize(
    ("state", "resembles"),
    [
        *((state, True) for state in State if state is not State.FOUND),
        (State.FOUND, False),
    ],
)
def test_an_asset_with_a_digest_and_this_size_must_be_compared(state: State, resembles: bool) -> None:
    asset = replace(ASSET, state=state)
    known = recognise(FILE, [asset])
    assert known.resembles == ((asset,) if resembles else ())
    assert known.continues == (None if resembles else asset)


@pytest.mark.parametrize("changed", [{"size": 8}, {"sha256": None}, {"salvage": True}])
def test_what_cannot_be_the_same_content_is_not_compared(changed: dict[str, object]) -> None:
    known = recognise(FILE, [replace(ASSET, **changed)])  # type: ignore[arg-type]
    assert (known.resembles, known.continues, known.set_aside) == ((), None, None)


@pytest.mark.parametrize("state", [State.ERASED, State.KEPT, State.GONE])
def test_what_left_without_a_receipt_is_never_taken_up_again(state: State) -> None:
    assert recognise(FILE, [replace(ASSET, state=state, receipt=None)]).resembles == ()


@pytest.mark.parametrize("state", [State.STAGED, State.UPLOADED, State.QUARANTINED])
def test_what_still_waits_for_its_receipt_is_compared(state: State) -> None:
    waiting = replace(ASSET, state=state, receipt=None)
    assert recognise(FILE, [waiting]).resembles == (waiting,)


def test_a_later_time_alone_does_not_make_it_another_file() -> None:
    assert recognise(replace(FILE, mtime_ns=99), [ASSET]).resembles == (ASSET,)


@pytest.mark.parametrize(
    ("changed", "aside"),
    [
        ({}, True),
        ({"size": 8}, False),
        ({"mtime_ns": 18}, False),
        ({"sha256": SHA}, False),
        ({"on_card": False}, False),
    ],
)
def test_a_file_quarantined_unread_stays_aside_while_it_looks_the_same(
    changed: dict[str, object], aside: bool
) -> None:
    unread = replace(ASSET, state=State.QUARANTINED, sha256=None, receipt=None)
    unread = replace(unread, **changed)  # type: ignore[arg-type]
    assert recognise(FILE, [unread]).set_aside == (unread if aside else None)


def test_a_file_of_an_empty_history_is_new() -> None:
    known = recognise(FILE, [])
    assert (known.resembles, known.continues, known.set_aside) == ((), None, None)


def test_only_what_should_be_on_the_card_can_be_missing() -> None:
    away, other = replace(ASSET, on_card=False), replace(ASSET, path=b"other", asset_id=uuid4())
    assert missing([ASSET, away, other], {FILE.path: FILE}) == (other,)
    assert missing([ASSET, away], {}) == (ASSET,)


def test_flagged_files_go_first_then_the_newest_then_by_name() -> None:
    old, new, twin = CardFile(b"c", 1, 1), CardFile(b"b", 1, 2), CardFile(b"a", 1, 2)
    flagged = CardFile(b"z", 1, 0)
    assert staging_order([(old, False), (new, False), (flagged, True), (twin, False)]) == [flagged, twin, new, old]


@pytest.mark.parametrize("reason", ["too_deep", "other_volume", "unreadable", "name_refused", "of tomorrow"])
def test_behind_what_could_not_be_listed_there_may_be_footage(reason: str) -> None:
    entry = RefusedEntry(b"a", reason)
    assert may_hide_footage([RefusedEntry(b"l", "symlink"), entry]) == (entry,)


@pytest.mark.parametrize("reason", ["symlink", "fifo", "socket", "device"])
def test_behind_links_and_devices_there_is_none(reason: str) -> None:
    assert may_hide_footage([RefusedEntry(b"a", reason)]) == ()


@pytest.mark.parametrize(
    ("changed", "durable"),
    [
        ({"receipt": None}, True),
        ({"spooled": False}, True),
        ({"spooled": False, "receipt": None}, False),
        ({"size": 8}, False),
        ({"mtime_ns": 18}, False),
    ],
)
def test_a_file_left_behind_is_safe_with_a_copy_or_a_receipt(changed: dict[str, object], durable: bool) -> None:
    assert RECEIPT is ASSET.receipt
    assert is_durable_as(replace(ASSET, **changed), FILE) is durable  # type: ignore[arg-type]
