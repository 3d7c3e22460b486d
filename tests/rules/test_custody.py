"""The life of an asset. Nothing here can be reached by a flag, and nothing is erased without a receipt."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import IllegalMove
from agent.rules import changes as c
from agent.rules.custody import MOVES, apply, born
from agent.rules.footage import Asset, FileKind, Instant, Receipt, State

ID, OTHER, SESSION, LATER = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)
SHA, OTHER_SHA = "a" * 64, "b" * 64
SIZE = 10


def at(seconds: float) -> Instant:
    return Instant(datetime(2026, 3, 1, 16, tzinfo=UTC) + timedelta(seconds=seconds), int(seconds * 1e9), "boot")


def found(**more: object) -> c.AssetFound:
    values = {
        "at": at(1),
        "asset_id": ID,
        "session": SESSION,
        "camera": "cam",
        "bay": "bay",
        "path": b"A.MP4",
        "size": SIZE,
        "mtime_ns": 5,
        "kind": FileKind.VIDEO,
        "flagged": False,
        "docked_at": at(0).wall,
    }
    return c.AssetFound(**{**values, **more})


def receipt(**more: object) -> Receipt:
    values = {
        "content": b"{}",
        "signature": b"s",
        "key_id": "k1",
        "asset_id": ID,
        "station": "east-1",
        "sha256": SHA,
        "size": SIZE,
        "stored_at": at(6).wall,
        "store_epoch": 1,
        "hold": False,
        "receipt_id": UUID(int=9),
    }
    return Receipt(**{**values, **more})


STAGE = c.AssetStaged(
    at=at(2), asset_id=ID, sha256=SHA, size=SIZE, recorded_at=at(-60).wall, recorded_source="container"
)
INTEND = c.UploadIntended(at=at(3), asset_id=ID, attempt=1)
UPLOAD = c.AssetUploaded(at=at(4), asset_id=ID)
VERIFY = c.AssetVerified(at=at(5), asset_id=ID, receipt=receipt())
BEGIN_ERASE = c.EraseStarted(at=at(6), asset_id=ID, session=SESSION)
ERASE = c.AssetErased(at=at(7), asset_id=ID, session=SESSION)
KEEP = c.AssetKept(at=at(7), asset_id=ID, reason="policy")
GONE = c.AssetGone(at=at(8), asset_id=ID, session=SESSION)
RELEASE = c.CopyReleased(at=at(8), asset_id=ID, reason="kept_long_enough")
QUARANTINE = c.AssetQuarantined(at=at(8), asset_id=ID, reason="unreadable")
RETURN = c.AssetReturned(at=at(9), asset_id=ID)
LOSE = c.AssetLost(at=at(9), asset_id=ID, store_epoch=2)
VOID = c.ReceiptVoided(at=at(9), asset_id=ID, store_epoch=2)
LOSE_COPY = c.CopyLost(at=at(9), asset_id=ID, reason="rotten")
MISMATCH = c.UploadMismatched(at=at(5), asset_id=ID, central_sha256=OTHER_SHA)
DISCARD = c.UploadDiscarded(at=at(5), asset_id=ID)
SEE_AGAIN = c.AssetSeenAgain(
    at=at(20), asset_id=ID, session=LATER, sha256=SHA, size=SIZE, mtime_ns=6, docked_at=at(19).wall, bay="bay 2"
)

LIFE = (found(), STAGE, INTEND, UPLOAD, VERIFY, BEGIN_ERASE, ERASE)


def after(*changes: c.AssetChange) -> Asset:
    asset: Asset | None = None
    for change in changes:
        asset = apply(asset, change)
    assert asset is not None
    return asset


FOUND, STAGED, UPLOADED = after(found()), after(*LIFE[:2]), after(*LIFE[:4])
VERIFIED, ERASED = after(*LIFE[:5]), after(*LIFE)
KEPT, QUARANTINED = after(*LIFE[:5], KEEP), after(found(), STAGE, QUARANTINE)
GONE_VERIFIED, GONE_FOUND = after(*LIFE[:5], GONE), after(found(), GONE)

EVERY_STATE = {
    State.FOUND: FOUND,
    State.STAGED: STAGED,
    State.UPLOADED: UPLOADED,
    State.VERIFIED: VERIFIED,
    State.ERASED: ERASED,
    State.KEPT: KEPT,
    State.GONE: GONE_VERIFIED,
    State.QUARANTINED: QUARANTINED,
}

EVERY_CHANGE: tuple[c.AssetChange, ...] = (
    *(found(), STAGE, INTEND, UPLOAD, VERIFY, BEGIN_ERASE, ERASE, KEEP, GONE, RELEASE, QUARANTINE, RETURN, VOID),
    *(LOSE_COPY, MISMATCH, DISCARD, SEE_AGAIN, LOSE),
    c.UploadOpened(at=at(3), asset_id=ID, url="https://central/1"),
    c.UploadAdvanced(at=at(3), asset_id=ID, offset=4),
    c.ReceiptRefused(at=at(5), asset_id=ID, reason="signature"),
    c.EraseRefused(at=at(7), asset_id=ID, session=SESSION, reason="differs"),
    c.AssetRecovered(
        at=at(1),
        asset_id=ID,
        camera="cam",
        path=b"A.MP4",
        size=SIZE,
        mtime_ns=5,
        kind=FileKind.VIDEO,
        flagged=False,
        sha256=SHA,
        salvage=False,
        recorded_at=None,
        recorded_source="",
        docked_at=None,
        staged_at=at(-9).wall,
    ),
)

# Where each change leads from each state; a state that is not named refuses it.
TABLE = {
    "AssetFound": "FOUND>FOUND",
    "AssetStaged": "FOUND>STAGED",
    "UploadIntended": "FOUND>FOUND STAGED>STAGED",
    "UploadAdvanced": "STAGED>STAGED",
    "UploadDiscarded": "STAGED>STAGED UPLOADED>STAGED",
    "AssetUploaded": "STAGED>UPLOADED",
    "UploadMismatched": "UPLOADED>STAGED",
    "ReceiptRefused": "UPLOADED>UPLOADED",
    "AssetVerified": "UPLOADED>VERIFIED",
    "ReceiptVoided": "VERIFIED>STAGED ERASED>STAGED KEPT>STAGED GONE>STAGED",
    "EraseStarted": "VERIFIED>VERIFIED",
    "EraseRefused": "VERIFIED>VERIFIED",
    "AssetErased": "",  # from VERIFIED, but only once the erase was begun
    "AssetKept": "VERIFIED>KEPT KEPT>KEPT",
    "AssetGone": "FOUND>GONE STAGED>STAGED UPLOADED>UPLOADED VERIFIED>GONE KEPT>GONE QUARANTINED>QUARANTINED",
    "AssetSeenAgain": "STAGED>STAGED UPLOADED>UPLOADED VERIFIED>VERIFIED ERASED>VERIFIED KEPT>VERIFIED "
    "GONE>VERIFIED QUARANTINED>QUARANTINED",
    "AssetQuarantined": "FOUND>QUARANTINED STAGED>QUARANTINED UPLOADED>QUARANTINED",
    "AssetLost": "",  # only once neither the spool nor a card has it
    "AssetReturned": "QUARANTINED>STAGED",
    "CopyReleased": "VERIFIED>VERIFIED ERASED>ERASED KEPT>KEPT GONE>GONE",
    "CopyLost": "STAGED>FOUND UPLOADED>FOUND",
    "UploadOpened": "",  # from STAGED, but only once the upload was intended
    "AssetRecovered": "",
}


def moves_of(change: c.AssetChange) -> str:
    allowed = []
    for state, asset in EVERY_STATE.items():
        try:
            allowed.append(f"{state}>{apply(asset, change).state}")
        except IllegalMove:
            continue
    return " ".join(allowed)


@pytest.mark.parametrize("change", EVERY_CHANGE, ids=lambda change: type(change).__name__)
def test_each_change_leads_where_the_table_says_and_nowhere_else(change: c.AssetChange) -> None:
    assert set(moves_of(change).split()) == set(TABLE[type(change).__name__].split())


def test_every_change_of_an_asset_has_a_place_in_the_table() -> None:
    kinds = {
        kind
        for kind in vars(c).values()
        if isinstance(kind, type) and issubclass(kind, c.AssetChange) and kind is not c.AssetChange
    }
    assert {kind.__name__ for kind in kinds} == set(TABLE)
    assert set(MOVES) == kinds - {c.AssetRecovered}


def test_the_whole_life() -> None:
    assert [after(*LIFE[: n + 1]).state for n in range(len(LIFE))] == [
        *(State.FOUND, State.STAGED, State.STAGED, State.UPLOADED, State.VERIFIED, State.VERIFIED, State.ERASED),
    ]
    assert (ERASED.staged_at, ERASED.uploaded_at) == (at(2).wall, at(4).wall)
    assert (ERASED.verified_at, ERASED.erase_started_at, ERASED.erased_at) == (at(6).wall, at(6).wall, at(7).wall)
    assert ERASED.receipt == receipt()
    assert not ERASED.on_card


# --- no erase without a receipt for exactly these bytes -------------------------------------------------


def test_an_erase_needs_its_intent_first() -> None:
    with pytest.raises(IllegalMove, match="intent"):
        apply(VERIFIED, ERASE)


@pytest.mark.parametrize("wrong", [{"asset_id": OTHER}, {"sha256": OTHER_SHA}, {"size": SIZE + 1}])
def test_a_receipt_for_other_bytes_verifies_nothing(wrong: dict[str, object]) -> None:
    with pytest.raises(IllegalMove, match="not for the bytes"):
        apply(UPLOADED, replace(VERIFY, receipt=receipt(**wrong)))


def test_a_refused_erase_must_be_intended_again() -> None:
    refused = after(*LIFE[:6], c.EraseRefused(at=at(7), asset_id=ID, session=SESSION, reason="differs"))
    assert (refused.state, refused.erase_started_at, refused.reason) == (State.VERIFIED, None, "differs")
    with pytest.raises(IllegalMove):
        apply(refused, ERASE)


def test_a_row_without_receipt_cannot_be_erased_or_released_even_if_it_says_verified() -> None:
    forged = replace(VERIFIED, receipt=None)
    for change in (BEGIN_ERASE, ERASE, RELEASE):
        with pytest.raises(IllegalMove):
            apply(forged, change)


def test_the_same_bytes_seen_again_after_an_erase_must_be_erased_anew() -> None:
    again = apply(ERASED, SEE_AGAIN)
    assert (again.state, again.on_card, again.erased_at, again.session) == (State.VERIFIED, True, None, LATER)
    with pytest.raises(IllegalMove):
        apply(again, ERASE)
    assert after(*LIFE, SEE_AGAIN, BEGIN_ERASE, ERASE).state is State.ERASED


@pytest.mark.parametrize("wrong", [{"sha256": OTHER_SHA}, {"size": SIZE + 1}])
def test_other_bytes_under_the_same_name_are_another_asset(wrong: dict[str, object]) -> None:
    with pytest.raises(IllegalMove, match="another asset"):
        apply(ERASED, replace(SEE_AGAIN, **wrong))


def test_a_file_that_vanished_unread_is_not_revived_as_verified() -> None:
    for gone in (GONE_FOUND, after(found(), STAGE, LOSE_COPY, GONE)):
        with pytest.raises(IllegalMove):
            apply(gone, SEE_AGAIN)


# --- no byte is forgotten -------------------------------------------------------------------------------


def test_a_staged_file_goes_on_when_its_camera_is_gone() -> None:
    gone = after(found(), STAGE, GONE)
    assert (gone.state, gone.on_card, gone.spooled) == (State.STAGED, False, True)
    assert after(found(), STAGE, GONE, INTEND, UPLOAD, VERIFY).state is State.VERIFIED


def test_a_lost_copy_sends_the_asset_back_to_its_card_but_only_if_it_is_there() -> None:
    lost = apply(UPLOADED, LOSE_COPY)
    assert (lost.state, lost.spooled, lost.uploaded_at, lost.upload_url) == (State.FOUND, False, None, None)
    with pytest.raises(IllegalMove, match="not on a card"):
        after(found(), STAGE, GONE, LOSE_COPY)


def test_a_copy_is_released_only_with_a_receipt() -> None:
    assert after(*LIFE, RELEASE).spooled is False
    with pytest.raises(IllegalMove):
        apply(STAGED, RELEASE)


def test_a_voided_receipt_sends_what_the_spool_holds_again_also_after_the_erase() -> None:
    voided = apply(ERASED, VOID)
    assert (voided.state, voided.receipt, voided.verified_at, voided.uploaded_at) == (State.STAGED, None, None, None)
    anew = replace(VERIFY, receipt=receipt(store_epoch=2, receipt_id=UUID(int=10)))
    settled = after(*LIFE, VOID, replace(INTEND, attempt=2), UPLOAD, anew, ERASE)
    assert (settled.state, settled.erased_at) == (State.ERASED, at(7).wall)


def test_a_voided_receipt_without_a_copy_sends_the_asset_back_to_its_card() -> None:
    voided = after(*LIFE[:5], KEEP, RELEASE, VOID)
    assert (voided.state, voided.receipt, voided.upload_offset, voided.reason) == (State.FOUND, None, 0, "")
    assert after(*LIFE[:5], KEEP, RELEASE, VOID, found(size=1)).size == 1


def test_a_receipt_is_not_voided_when_nothing_could_be_sent_again() -> None:
    with pytest.raises(IllegalMove, match="nothing to send"):
        after(*LIFE, RELEASE, VOID)


def test_what_is_read_from_the_card_again_was_not_erased() -> None:
    again = after(*LIFE[:6], RELEASE, VOID, found(), STAGE)
    assert again.erase_started_at is None
    with pytest.raises(IllegalMove):
        after(*LIFE[:6], RELEASE, VOID, found(), STAGE, replace(INTEND, attempt=2), UPLOAD, VERIFY, ERASE)


# --- uploads --------------------------------------------------------------------------------------------


def test_attempts_are_counted_through_all_of_an_assets_life() -> None:
    third = after(*LIFE[:4], MISMATCH, replace(INTEND, attempt=2), UPLOAD, MISMATCH, replace(INTEND, attempt=3))
    assert (third.upload_attempt, third.mismatches) == (3, 2)
    restaged = apply(apply(third, LOSE_COPY), STAGE)
    assert restaged.upload_attempt == 3
    with pytest.raises(IllegalMove, match="attempt"):
        apply(restaged, INTEND)
    assert apply(restaged, replace(INTEND, attempt=4)).upload_attempt == 4


@pytest.mark.parametrize("attempt", [0, -1])
def test_attempts_count_from_one(attempt: int) -> None:
    with pytest.raises(IllegalMove):
        apply(STAGED, replace(INTEND, attempt=attempt))


def test_an_upload_is_opened_only_once_it_is_intended() -> None:
    opened = c.UploadOpened(at=at(3), asset_id=ID, url="u")
    with pytest.raises(IllegalMove, match="before it was intended"):
        apply(STAGED, opened)
    assert after(found(), STAGE, INTEND, opened).upload_url == "u"


@pytest.mark.parametrize("offset", [-1, SIZE + 1])
def test_central_can_never_advance_us_past_what_there_is(offset: int) -> None:
    with pytest.raises(IllegalMove):
        apply(STAGED, c.UploadAdvanced(at=at(3), asset_id=ID, offset=offset))


def test_an_offset_may_fall_back() -> None:
    steps = [c.UploadAdvanced(at=at(3), asset_id=ID, offset=offset) for offset in (SIZE, 2)]
    assert after(found(), STAGE, INTEND, *steps).upload_offset == 2


@pytest.mark.parametrize("step", [DISCARD, MISMATCH])
def test_an_upload_that_came_to_nothing_leaves_no_claim_behind(step: c.AssetChange) -> None:
    asset = apply(UPLOADED, step)
    assert (asset.state, asset.uploaded_at, asset.upload_url, asset.upload_offset) == (State.STAGED, None, None, 0)


# --- aside ----------------------------------------------------------------------------------------------


def test_a_quarantined_asset_returns_to_where_its_bytes_are() -> None:
    assert after(found(), QUARANTINE, RETURN).state is State.FOUND
    returned = after(*LIFE[:4], MISMATCH, QUARANTINE, RETURN)
    assert (returned.state, returned.reason, returned.mismatches, returned.returns_to) == (State.STAGED, "", 0, None)
    assert after(*LIFE[:4], QUARANTINE, RETURN).uploaded_at is None


def test_a_quarantine_needs_a_reason() -> None:
    with pytest.raises(IllegalMove, match="reason"):
        apply(STAGED, replace(QUARANTINE, reason=""))


def test_a_file_found_again_in_the_next_session_may_have_grown_but_is_the_same_file() -> None:
    grown = apply(FOUND, found(session=LATER, size=SIZE + 5, flagged=True))
    assert (grown.size, grown.session, grown.flagged) == (SIZE + 5, LATER, True)
    assert apply(grown, found()).flagged
    for wrong in ({"path": b"B.MP4"}, {"camera": "other"}):
        with pytest.raises(IllegalMove, match="another file"):
            apply(FOUND, found(**wrong))


def test_only_a_sighting_or_a_recovered_copy_brings_an_asset_to_life() -> None:
    for change in EVERY_CHANGE:
        if isinstance(change, c.AssetFound | c.AssetRecovered):
            assert apply(None, change) == born(change)
        else:
            with pytest.raises(IllegalMove, match="does not know"):
                apply(None, change)


# --- whatever happens -----------------------------------------------------------------------------------


@st.composite
def histories(draw: st.DrawFn) -> list[c.AssetChange]:
    changes = list(EVERY_CHANGE)
    changes += [replace(INTEND, attempt=n) for n in (2, 3)]
    changes += [replace(STAGE, sha256=OTHER_SHA), replace(VERIFY, receipt=receipt(sha256=OTHER_SHA))]
    return draw(st.lists(st.sampled_from(changes), max_size=40))


@settings(max_examples=400, deadline=None)
@given(histories(), st.integers(0, len(LIFE)))
def test_whatever_happens_no_asset_is_without_its_bytes(history: list[c.AssetChange], so_far: int) -> None:
    asset: Asset | None = None
    for change in (*LIFE[:so_far], *history):
        before = asset
        try:
            asset = apply(asset, change)
        except IllegalMove:
            assert asset is before
            continue
        _is_whole(asset)
        if before is not None:
            _was_not_dropped(before, change, asset)
        if asset.state is State.ERASED and before is not None and before.state is not State.ERASED:
            assert before.state is State.VERIFIED


def _is_whole(asset: Asset) -> None:
    receipted = asset.receipt is not None
    if asset.receipt is not None:
        assert (asset.receipt.sha256, asset.receipt.size) == (asset.sha256, asset.size)
        assert asset.state in (State.VERIFIED, State.ERASED, State.KEPT, State.GONE)
    assert receipted or asset.state not in (State.VERIFIED, State.ERASED, State.KEPT)
    assert asset.state is not State.ERASED or (not asset.on_card and asset.erased_at is not None)
    assert asset.state not in (State.STAGED, State.UPLOADED) or asset.spooled
    assert (asset.state is State.QUARANTINED) == (asset.returns_to is not None)
    assert 0 <= asset.upload_offset <= asset.size


def _is_somewhere(asset: Asset) -> bool:
    return asset.spooled or asset.on_card or asset.receipt is not None


def _was_not_dropped(before: Asset, change: c.AssetChange, asset: Asset) -> None:
    """Only the world takes the last copy away (a card that is gone, a central that was restored), never a step of
    ours; and then IT is told."""
    if isinstance(change, c.AssetGone | c.AssetLost):
        assert _is_somewhere(asset) or asset.state in (State.GONE, State.QUARANTINED)
    elif _is_somewhere(before):
        assert _is_somewhere(asset)


@pytest.mark.parametrize("history", [(*LIFE, RELEASE), (*LIFE[:5], GONE, RELEASE)])
def test_what_a_restored_central_lost_is_named_and_comes_back_when_a_card_has_it(
    history: tuple[c.AssetChange],
) -> None:
    lost = after(*history, LOSE)
    assert (lost.state, lost.reason, lost.receipt) == (State.QUARANTINED, "lost_at_central", None)
    found_again = apply(lost, SEE_AGAIN)
    assert (found_again.state, found_again.on_card, found_again.reason) == (State.FOUND, True, "")


@pytest.mark.parametrize("history", [LIFE, LIFE[:5], (*LIFE[:5], RELEASE), LIFE[:1], (found(), GONE)])
def test_nothing_is_called_lost_that_is_in_the_spool_or_on_a_card_or_was_never_receipted(
    history: tuple[c.AssetChange],
) -> None:
    with pytest.raises(IllegalMove):
        apply(after(*history), LOSE)
