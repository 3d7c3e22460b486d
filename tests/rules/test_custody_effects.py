"""What each change does to an asset, field by field: what it does not name stays as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from uuid import UUID

import pytest

from agent.errors import IllegalMove
from agent.rules import changes as c
from agent.rules import custody
from agent.rules.custody import MOVES, apply, born
from agent.rules.footage import Asset, FileKind, State
from tests.rules.test_custody import (
    EVERY_CHANGE,
    EVERY_STATE,
    ID,
    LATER,
    OTHER_SHA,
    SESSION,
    SHA,
    SIZE,
    TABLE,
    at,
    found,
    receipt,
)

MARKED = Asset(
    asset_id=ID,
    camera="cam",
    session=UUID(int=77),
    path=b"A.MP4",
    size=SIZE,
    mtime_ns=77,
    kind=FileKind.VIDEO,
    state=State.FOUND,
    found_at=at(-100).wall,
    bay="bay 77",
    flagged=False,
    salvage=False,
    on_card=True,
    sha256=SHA,
    spooled=True,
    recorded_at=at(-99).wall,
    recorded_source="marked",
    docked_at=at(-98).wall,
    staged_at=at(-97).wall,
    uploaded_at=at(-96).wall,
    verified_at=at(-95).wall,
    erased_at=at(-94).wall,
    erase_started_at=at(-93).wall,
    upload_attempt=3,
    upload_url="https://central/marked",
    upload_offset=5,
    mismatches=2,
    receipt=receipt(),
    reason="marked",
    returns_to=None,
)
"""An asset on which no field is empty: whatever a change clears or leaves is seen. No life leads here."""

NO_UPLOAD = {"upload_url": None, "upload_offset": 0, "uploaded_at": None}
NEW_RECEIPT = receipt(receipt_id=UUID(int=10), stored_at=at(44).wall)
STARTED = at(40)

EFFECTS: list[tuple[Asset, c.AssetChange, dict[str, object]]] = [
    (
        replace(MARKED, on_card=False),
        found(flagged=True, size=SIZE + 1, mtime_ns=8, session=LATER, bay="bay 8"),
        {
            "session": LATER,
            "bay": "bay 8",
            "size": SIZE + 1,
            "mtime_ns": 8,
            "flagged": True,
            "on_card": True,
            "docked_at": at(0).wall,
        },
    ),
    (
        replace(MARKED, spooled=False),
        c.AssetStaged(
            at=STARTED,
            asset_id=ID,
            sha256=OTHER_SHA,
            size=9,
            recorded_at=at(-1).wall,
            recorded_source="name",
            salvage=True,
        ),
        {
            "state": State.STAGED,
            "sha256": OTHER_SHA,
            "size": 9,
            "spooled": True,
            "salvage": True,
            "recorded_at": at(-1).wall,
            "recorded_source": "name",
            "staged_at": STARTED.wall,
            "upload_url": None,
            "upload_offset": 0,
            "erase_started_at": None,
            "erased_at": None,
        },
    ),
    (
        replace(MARKED, state=State.STAGED),
        c.UploadIntended(at=STARTED, asset_id=ID, attempt=4),
        {"upload_attempt": 4, "upload_url": None, "upload_offset": 0},
    ),
    (
        replace(MARKED, state=State.STAGED),
        c.UploadOpened(at=STARTED, asset_id=ID, url="https://central/2"),
        {"upload_url": "https://central/2"},
    ),
    (replace(MARKED, state=State.STAGED), c.UploadAdvanced(at=STARTED, asset_id=ID, offset=0), {"upload_offset": 0}),
    (
        replace(MARKED, state=State.STAGED),
        c.UploadAdvanced(at=STARTED, asset_id=ID, offset=SIZE),
        {"upload_offset": SIZE},
    ),
    (replace(MARKED, state=State.STAGED), c.UploadDiscarded(at=STARTED, asset_id=ID), NO_UPLOAD),
    (
        replace(MARKED, state=State.STAGED),
        c.AssetUploaded(at=STARTED, asset_id=ID),
        {"state": State.UPLOADED, "uploaded_at": STARTED.wall, "upload_offset": SIZE},
    ),
    (
        replace(MARKED, state=State.UPLOADED),
        c.UploadMismatched(at=STARTED, asset_id=ID, central_sha256=OTHER_SHA),
        {"state": State.STAGED, "mismatches": 3, **NO_UPLOAD},
    ),
    (replace(MARKED, state=State.UPLOADED), c.ReceiptRefused(at=STARTED, asset_id=ID, reason="signature"), {}),
    (
        replace(MARKED, state=State.UPLOADED, receipt=None),
        c.AssetVerified(at=STARTED, asset_id=ID, receipt=NEW_RECEIPT),
        {"state": State.VERIFIED, "receipt": NEW_RECEIPT, "verified_at": at(44).wall, "reason": ""},
    ),
    *(
        (
            replace(MARKED, state=State.KEPT, spooled=spooled),
            c.ReceiptVoided(at=STARTED, asset_id=ID, store_epoch=2),
            {
                "state": State.STAGED if spooled else State.FOUND,
                "receipt": None,
                "verified_at": None,
                "reason": "",
                **NO_UPLOAD,
            },
        )
        for spooled in (True, False)
    ),
    (
        replace(MARKED, state=State.VERIFIED),
        c.EraseStarted(at=STARTED, asset_id=ID, session=SESSION),
        {"erase_started_at": STARTED.wall},
    ),
    (
        replace(MARKED, state=State.VERIFIED),
        c.EraseRefused(at=STARTED, asset_id=ID, session=SESSION, reason="differs"),
        {"erase_started_at": None, "reason": "differs"},
    ),
    (
        replace(MARKED, state=State.VERIFIED, erased_at=None),
        c.AssetErased(at=STARTED, asset_id=ID, session=SESSION),
        {"state": State.ERASED, "on_card": False, "erased_at": STARTED.wall},
    ),
    (
        replace(MARKED, state=State.VERIFIED, erase_started_at=None),
        c.AssetErased(at=STARTED, asset_id=ID, session=SESSION),
        {"state": State.ERASED, "on_card": False},
    ),
    (
        replace(MARKED, state=State.VERIFIED),
        c.AssetKept(at=STARTED, asset_id=ID, reason="hold"),
        {"state": State.KEPT, "reason": "hold"},
    ),
    (
        replace(MARKED, state=State.VERIFIED),
        c.AssetGone(at=STARTED, asset_id=ID, session=SESSION),
        {"state": State.GONE, "on_card": False},
    ),
    (
        replace(MARKED, state=State.ERASED, on_card=False),
        c.AssetSeenAgain(
            at=STARTED,
            asset_id=ID,
            session=LATER,
            sha256=SHA,
            size=SIZE,
            mtime_ns=6,
            docked_at=at(19).wall,
            bay="bay 2",
        ),
        {
            "state": State.VERIFIED,
            "session": LATER,
            "bay": "bay 2",
            "mtime_ns": 6,
            "on_card": True,
            "docked_at": at(19).wall,
            "erase_started_at": None,
            "erased_at": None,
        },
    ),
    *(
        (
            replace(MARKED, state=State.UPLOADED, spooled=spooled),
            c.AssetQuarantined(at=STARTED, asset_id=ID, reason="rotten"),
            {
                "state": State.QUARANTINED,
                "reason": "rotten",
                "returns_to": State.STAGED if spooled else State.FOUND,
            },
        )
        for spooled in (True, False)
    ),
    *(
        (
            replace(MARKED, state=State.QUARANTINED, returns_to=back),
            c.AssetReturned(at=STARTED, asset_id=ID),
            {"state": back, "returns_to": None, "reason": "", "mismatches": 0, **NO_UPLOAD},
        )
        for back in (State.STAGED, State.FOUND)
    ),
    (
        replace(MARKED, state=State.VERIFIED),
        c.CopyReleased(at=STARTED, asset_id=ID, reason="kept_long_enough"),
        {"spooled": False},
    ),
    (
        replace(MARKED, state=State.UPLOADED),
        c.CopyLost(at=STARTED, asset_id=ID, reason="rotten"),
        {"state": State.FOUND, "spooled": False, **NO_UPLOAD},
    ),
    (
        replace(MARKED, state=State.GONE, on_card=False, spooled=False),
        c.AssetLost(at=STARTED, asset_id=ID, store_epoch=2),
        {
            "state": State.QUARANTINED,
            "reason": custody.LOST_AT_CENTRAL,
            "returns_to": State.FOUND,
            "receipt": None,
            "verified_at": None,
            "uploaded_at": None,
        },
    ),
    (
        replace(
            MARKED, state=State.QUARANTINED, reason=custody.LOST_AT_CENTRAL, returns_to=State.FOUND, on_card=False
        ),
        c.AssetSeenAgain(
            at=STARTED,
            asset_id=ID,
            session=LATER,
            sha256=SHA,
            size=SIZE,
            mtime_ns=6,
            docked_at=at(19).wall,
            bay="bay 2",
        ),
        {
            "state": State.FOUND,
            "reason": "",
            "returns_to": None,
            "session": LATER,
            "bay": "bay 2",
            "mtime_ns": 6,
            "on_card": True,
            "docked_at": at(19).wall,
            "erase_started_at": None,
            "erased_at": None,
        },
    ),
]


def difference(before: Asset, after: Asset) -> dict[str, object]:
    return {
        field.name: getattr(after, field.name)
        for field in fields(Asset)
        if getattr(after, field.name) != getattr(before, field.name)
    }


@pytest.mark.parametrize(
    ("before", "change", "expected"),
    EFFECTS,
    ids=[f"{type(change).__name__}-{before.state}" for before, change, _ in EFFECTS],
)
def test_a_change_does_exactly_what_it_says_and_touches_nothing_else(
    before: Asset, change: c.AssetChange, expected: dict[str, object]
) -> None:
    after = apply(before, change)
    assert difference(before, after) == expected
    assert type(after.on_card) is bool
    assert type(after.spooled) is bool


def test_every_change_has_its_effect_told_here() -> None:
    assert {type(change) for _, change, _ in EFFECTS} == set(MOVES)


def test_an_attempt_is_never_counted_back_nor_repeated_as_an_earlier_one() -> None:
    staged = replace(MARKED, state=State.STAGED, upload_attempt=3)
    assert apply(staged, c.UploadIntended(at=STARTED, asset_id=ID, attempt=3)).upload_attempt == 3
    with pytest.raises(IllegalMove, match=r"attempt 2 .* after attempt 3"):
        apply(staged, c.UploadIntended(at=STARTED, asset_id=ID, attempt=2))


def test_a_flag_or_a_salvage_once_set_stays() -> None:
    marked = replace(MARKED, flagged=True, salvage=True)
    assert apply(marked, found()).flagged
    whole = c.AssetStaged(at=STARTED, asset_id=ID, sha256=SHA, size=SIZE, recorded_at=None, recorded_source="")
    assert apply(marked, whole).salvage
    assert not apply(MARKED, whole).salvage


# --- what is born ---------------------------------------------------------------------------------------


def test_a_first_sighting_and_a_recovered_copy_are_what_they_say_field_by_field() -> None:
    sighting = found(flagged=True, salvage=True)
    assert born(sighting) == Asset(
        asset_id=ID,
        camera="cam",
        session=SESSION,
        path=b"A.MP4",
        size=SIZE,
        mtime_ns=5,
        kind=FileKind.VIDEO,
        state=State.FOUND,
        found_at=at(1).wall,
        bay="bay",
        flagged=True,
        salvage=True,
        docked_at=at(0).wall,
    )
    recovered = c.AssetRecovered(
        at=at(1),
        asset_id=ID,
        camera="cam",
        path=b"A.MP4",
        size=SIZE,
        mtime_ns=5,
        kind=FileKind.SIDECAR,
        flagged=True,
        sha256=SHA,
        salvage=True,
        recorded_at=at(-5).wall,
        recorded_source="name",
        docked_at=at(-3).wall,
        staged_at=at(-2).wall,
    )
    assert born(recovered) == Asset(
        asset_id=ID,
        camera="cam",
        session=None,
        path=b"A.MP4",
        size=SIZE,
        mtime_ns=5,
        kind=FileKind.SIDECAR,
        state=State.STAGED,
        found_at=at(1).wall,
        flagged=True,
        salvage=True,
        on_card=False,
        sha256=SHA,
        spooled=True,
        recorded_at=at(-5).wall,
        recorded_source="name",
        docked_at=at(-3).wall,
        staged_at=at(-2).wall,
    )


# --- what is refused ------------------------------------------------------------------------------------


def refusals() -> list[str]:
    said = []
    for asset in (None, *EVERY_STATE.values(), *(before for before, _, _ in EFFECTS)):
        stripped = asset and replace(asset, receipt=None, spooled=False, on_card=False)
        for start in (asset, stripped):
            for change in EVERY_CHANGE:
                try:
                    apply(start, change)
                except IllegalMove as error:
                    said.append(f"{type(change).__name__}: {error}")
    return said


def test_every_refusal_names_the_asset_and_the_change_or_what_it_lacks() -> None:
    told = refusals()
    assert len(told) > 100
    for line in told:
        change, _, message = line.partition(": ")
        is_general = "not possible while" in message or "does not know" in message
        assert str(ID) in message or "receipt" in message, line
        assert not is_general or message.startswith(f"{change} "), line


@pytest.mark.parametrize("offset", [-1, SIZE + 1])
def test_an_offset_beyond_the_file_is_refused_with_both_numbers(offset: int) -> None:
    advanced = c.UploadAdvanced(at=STARTED, asset_id=ID, offset=offset)
    with pytest.raises(IllegalMove, match=rf"^offset {offset} of asset {ID}, which has {SIZE} bytes$"):
        apply(replace(MARKED, state=State.STAGED), advanced)


# --- the table itself, changed in every cell ------------------------------------------------------------

ALL_EVIDENCE = TABLE | {
    "AssetErased": "VERIFIED>ERASED",
    "UploadOpened": "STAGED>STAGED",
    "AssetLost": "VERIFIED>QUARANTINED ERASED>QUARANTINED GONE>QUARANTINED",
}
"""Where each change leads an asset that lacks no evidence for it: then only the table can refuse."""
DECIDED_BY_THE_ASSET = (c.ReceiptVoided, c.AssetReturned)
"""The asset's own copy or memory says where these lead: the table only says from where."""


def all_evidence(state: State, change: c.AssetChange) -> tuple[Asset, c.AssetChange]:
    """An asset in that state from which nothing but the table keeps this change."""
    returns_to = State.STAGED if state is State.QUARANTINED else None
    asset = replace(MARKED, state=state, returns_to=returns_to)
    if isinstance(change, c.AssetLost):
        asset = replace(asset, spooled=False, on_card=False)
    return asset, replace(change, attempt=4) if isinstance(change, c.UploadIntended) else change


def moves_with_all_evidence(change: c.AssetChange) -> set[str]:
    allowed = set()
    for state in State:
        try:
            allowed.add(f"{state}>{apply(*all_evidence(state, change)).state}")
        except IllegalMove:
            continue
    return allowed


@pytest.mark.parametrize("change", EVERY_CHANGE, ids=lambda change: type(change).__name__)
def test_even_with_all_evidence_a_change_leads_only_where_the_table_says(change: c.AssetChange) -> None:
    assert moves_with_all_evidence(change) == set(ALL_EVIDENCE[type(change).__name__].split())


def test_no_cell_of_the_table_can_be_changed_unseen(
    monkeypatch: pytest.MonkeyPatch, tally: Callable[[str], None]
) -> None:
    """The mutation tool leaves tables alone: here is every other one, with a move added, dropped or led elsewhere."""
    tried = 0
    for change in EVERY_CHANGE:
        for cells in _other_rows(type(change)):
            with monkeypatch.context() as patched:
                patched.setitem(MOVES, type(change), cells)
                seen = moves_with_all_evidence(change)
            assert seen != set(ALL_EVIDENCE[type(change).__name__].split()), (type(change).__name__, cells)
            tried += 1
    assert tried > 1000
    tally(f"custody table: {tried} other tables tried, each one told apart")


def test_no_effect_can_be_forgotten_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Effects are entered while the module is read, where the mutation tool cannot reach."""
    for kind in list(custody._EFFECTS):
        with monkeypatch.context() as patched:
            patched.delitem(custody._EFFECTS, kind)
            seen = [
                difference(before, apply(before, change)) for before, change, _ in EFFECTS if type(change) is kind
            ]
        assert seen != [expected for _, change, expected in EFFECTS if type(change) is kind], kind.__name__


def _other_rows(kind: type[c.AssetChange]) -> Iterator[dict[State, State | None]]:
    row = MOVES.get(kind)
    for state in State if row is not None else ():
        now = row.get(state, "none")  # type: ignore[union-attr]
        for after in (*State, "none"):
            is_same = after == (state if now is None else now)
            is_decided_elsewhere = kind in DECIDED_BY_THE_ASSET and "none" not in (now, after)
            if is_same or is_decided_elsewhere:
                continue
            changed = {key: value for key, value in row.items() if key is not state}  # type: ignore[union-attr]
            yield changed if after == "none" else changed | {state: State(after)}
