"""Any single objection keeps the file, and each has its name."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations
from uuid import uuid4

import pytest

from agent.rules.erasure import CLOCK_LIMIT_MS, CardFacts, CentralFacts, Erase, ErasePolicy, Keep, may_erase
from agent.rules.footage import Asset, CardFile, FileKind, State
from tests.rules.receipted import AGE, ASSET, NOW, OTHER_SHA, RECEIPT

Case = tuple[Asset, CardFacts, ErasePolicy, CentralFacts, datetime]
GOOD: Case = (
    ASSET,
    CardFacts(identity_unique=True, troubled=False, seen_as=CardFile(b"DCIM/a.MP4", 7, 17)),
    ErasePolicy(
        after_receipt=True,
        min_age=AGE,
        profile_erases=True,
        erasable=frozenset({FileKind.VIDEO, FileKind.SIDECAR}),
    ),
    CentralFacts(station="east-1", store_epoch=3, clock_offset_ms=0.0),
    NOW,
)


def asset(**changes: object) -> Case:
    return (replace(GOOD[0], **changes), *GOOD[1:])  # type: ignore[arg-type]


def receipt(**changes: object) -> Case:
    return asset(receipt=replace(RECEIPT, **changes))  # type: ignore[arg-type]


def card(**changes: object) -> Case:
    return (GOOD[0], replace(GOOD[1], **changes), *GOOD[2:])  # type: ignore[arg-type]


def policy(**changes: object) -> Case:
    return (*GOOD[:2], replace(GOOD[2], **changes), *GOOD[3:])  # type: ignore[arg-type]


def central(**changes: object) -> Case:
    return (*GOOD[:3], replace(GOOD[3], **changes), GOOD[4])  # type: ignore[arg-type]


LASTING: list[tuple[str, Case]] = [
    ("policy_never", policy(after_receipt=False)),
    ("profile_keeps_kind", asset(kind=FileKind.OTHER)),
    ("profile_keeps_kind", policy(erasable=frozenset())),
    ("profile_erase_off", policy(profile_erases=False)),
    ("identity_not_unique", card(identity_unique=False)),
    ("hold", receipt(hold=True)),
    ("salvage", asset(salvage=True)),
]
PASSING: list[tuple[str, Case]] = [
    *(("not_verified", asset(state=state)) for state in State if state is not State.VERIFIED),
    ("not_verified", asset(receipt=None)),
    ("receipt_for_another_asset", receipt(asset_id=uuid4())),
    ("receipt_for_another_asset", receipt(station="west-1")),
    ("receipt_for_another_asset", central(station="west-1")),
    ("receipt_for_other_bytes", receipt(sha256=OTHER_SHA)),
    ("receipt_for_other_bytes", receipt(size=8)),
    ("receipt_for_other_bytes", asset(sha256=OTHER_SHA)),
    ("receipt_for_other_bytes", asset(sha256=None)),
    ("central_away", central(store_epoch=None)),
    ("central_went_back", central(went_back=True)),
    ("receipt_unknown_at_central", central(receipt_stands=False)),
    ("receipt_of_other_epoch", central(store_epoch=4)),
    ("receipt_of_other_epoch", central(store_epoch=2)),
    ("receipt_of_other_epoch", receipt(store_epoch=0)),
    ("card_troubled", card(troubled=True)),
    ("not_on_card", card(seen_as=None)),
    ("not_on_card", asset(on_card=False)),
    ("card_file_changed", card(seen_as=CardFile(b"DCIM/b.MP4", 7, 17))),
    ("card_file_changed", card(seen_as=CardFile(b"DCIM/a.MP4", 8, 17))),
    ("card_file_changed", card(seen_as=CardFile(b"DCIM/a.MP4", 7, 18))),
    ("video_remains", card(video_remains=True)),
    ("clock_untrusted", central(clock_offset_ms=None)),
    ("clock_untrusted", central(clock_offset_ms=CLOCK_LIMIT_MS + 1)),
    ("clock_untrusted", central(clock_offset_ms=-CLOCK_LIMIT_MS - 1)),
    ("too_young", asset(verified_at=None)),
    ("too_young", asset(verified_at=NOW - AGE + timedelta(microseconds=1))),
    ("too_young", asset(verified_at=NOW + timedelta(days=1))),
]


def test_a_file_with_nothing_against_it_may_go() -> None:
    assert may_erase(*GOOD) == Erase()


@pytest.mark.parametrize(("reason", "case"), LASTING)
def test_each_lasting_objection_keeps_the_file_for_the_rest_of_the_dock(reason: str, case: Case) -> None:
    assert may_erase(*case) == Keep(reason, lasting=True)


@pytest.mark.parametrize(("reason", "case"), PASSING)
def test_each_passing_objection_keeps_the_file_for_now(reason: str, case: Case) -> None:
    assert may_erase(*case) == Keep(reason, lasting=False)


def test_two_objections_never_cancel_each_other() -> None:
    """Two differences of one kind may agree with each other (a receipt and an asset of the same other bytes)."""
    for (first, one), (second, other) in combinations(LASTING + PASSING, 2):
        if first == second:
            continue
        both = tuple(_merged(*parts) for parts in zip(GOOD, one, other, strict=True))
        assert isinstance(may_erase(*both), Keep), (one, other)  # type: ignore[arg-type]


def _merged(good: object, one: object, other: object) -> object:
    if one == good or other == good or isinstance(good, datetime):
        return other if one == good else one
    changed = {
        name: getattr(other, name)
        for name in good.__slots__  # type: ignore[attr-defined]
        if getattr(other, name) != getattr(good, name)
    }
    return replace(one, **changed)  # type: ignore[type-var]


@pytest.mark.parametrize("offset_ms", [-CLOCK_LIMIT_MS, CLOCK_LIMIT_MS])
def test_a_clock_just_within_its_limit_is_trusted(offset_ms: float) -> None:
    assert may_erase(*central(clock_offset_ms=offset_ms)) == Erase()


def test_the_limit_is_five_minutes() -> None:
    assert isinstance(may_erase(*central(clock_offset_ms=300_001)), Keep)
    assert may_erase(*central(clock_offset_ms=-300_000)) == Erase()


def test_without_a_least_age_a_receipt_of_this_very_moment_counts() -> None:
    assert may_erase(replace(ASSET, verified_at=NOW), GOOD[1], replace(GOOD[2], min_age=timedelta(0)), *GOOD[3:]) == (
        Erase()
    )


def test_a_marker_is_kept_even_where_a_profile_names_it() -> None:
    everything = replace(GOOD[2], erasable=frozenset(FileKind))
    marker = replace(ASSET, kind=FileKind.MARKER)
    assert may_erase(marker, GOOD[1], everything, *GOOD[3:]) == Keep("profile_keeps_kind", lasting=True)
    assert may_erase(replace(ASSET, kind=FileKind.OTHER), GOOD[1], everything, *GOOD[3:]) == Erase()


def test_the_spool_holding_no_copy_is_no_objection_for_the_receipt_stands() -> None:
    assert may_erase(*asset(spooled=False)) == Erase()
