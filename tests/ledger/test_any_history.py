"""Whatever the custody table allows, the file allows; and what was recorded proves itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.errors import IllegalMove
from agent.ledger.verify import Verifying, verify
from agent.rules import changes as c
from agent.rules.custody import apply
from tests.ledger.story import Station, at, found, is_signed, receipt, staged, station_at

STEPS = (
    *("found", "grown", "staged", "salvaged", "intended", "opened", "advanced", "discarded", "uploaded"),
    *("mismatched", "verified", "refused", "voided", "erase", "erased", "erase refused", "kept", "gone"),
    *("seen again", "quarantined", "returned", "released", "lost", "lost at central"),
)


def change(step: str, asset_id: UUID, session: UUID, n: int) -> c.AssetChange:
    common = {"at": at(n), "asset_id": asset_id}
    match step:
        case "found":
            return found(asset_id, session, at=at(n))
        case "grown":
            return found(asset_id, session, size=7, at=at(n), flagged=True)
        case "staged" | "salvaged":
            return staged(asset_id, b"abc", at=at(n), salvage=step == "salvaged")
        case "intended":
            return c.UploadIntended(**common, attempt=n + 1)
        case "opened":
            return c.UploadOpened(**common, url="https://central/1")
        case "advanced":
            return c.UploadAdvanced(**common, offset=2)
        case "discarded":
            return c.UploadDiscarded(**common)
        case "uploaded":
            return c.AssetUploaded(**common)
        case "mismatched":
            return c.UploadMismatched(**common, central_sha256="0" * 64)
        case "verified":
            return c.AssetVerified(**common, receipt=receipt(asset_id, b"abc", store_epoch=n))
        case "refused":
            return c.ReceiptRefused(**common, reason="signature")
        case "voided":
            return c.ReceiptVoided(**common, store_epoch=n + 1)
    return later_change(step, session, common)


def later_change(step: str, session: UUID, common: dict[str, object]) -> c.AssetChange:
    match step:
        case "erase":
            return c.EraseStarted(**common, session=session)
        case "erased":
            return c.AssetErased(**common, session=session)
        case "erase refused":
            return c.EraseRefused(**common, session=session, reason="differs")
        case "kept":
            return c.AssetKept(**common, reason="policy")
        case "gone":
            return c.AssetGone(**common, session=session)
        case "seen again":
            again = c.AssetSeenAgain(
                **common, session=session, sha256="", size=3, mtime_ns=9, docked_at=at().wall, bay="b"
            )
            return replace(again, sha256=staged(again.asset_id, b"abc").sha256)
        case "quarantined":
            return c.AssetQuarantined(**common, reason="unreadable")
        case "returned":
            return c.AssetReturned(**common)
        case "released":
            return c.CopyReleased(**common, reason="kept_long_enough")
        case "lost at central":
            return c.AssetLost(**common, store_epoch=99)
    assert step == "lost"
    return c.CopyLost(**common, reason="rotten")


LIVES = st.lists(st.sampled_from(STEPS), max_size=25)
GOOD_STARTS = st.sampled_from(
    [
        ["found"],
        ["found", "staged", "intended", "uploaded"],
        ["found", "staged", "intended", "uploaded", "verified", "kept"],
        ["found", "staged", "intended", "uploaded", "verified", "erase", "erased"],
    ]
)


@settings(
    max_examples=settings.default.max_examples // 12, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(st.lists(st.tuples(GOOD_STARTS, LIVES), min_size=5, max_size=5))
def test_ledger_and_table_agree_about_every_step_of_every_life(lives: list[tuple[list[str], list[str]]]) -> None:
    with TemporaryDirectory() as folder:
        station = station_at(Path(folder))
        try:
            for start, rest in lives:
                live(station, [*start, *rest])
            result = verify(station.path, Verifying(spool=station.spool, is_signed=is_signed))
            assert [finding for finding in result.findings if finding.code != "copy_missing"] == []
            assert result.assets == len(lives)
        finally:
            station.ledger.close()


def live(station: Station, steps: list[str]) -> None:
    asset_id, asset = uuid4(), None
    for n, step in enumerate(steps, start=1):
        wanted = change(step, asset_id, station.session, n)
        try:
            asset = apply(asset, wanted)
        except IllegalMove:
            continue
        station.ledger.commit(wanted)
        assert station.ledger.asset(asset_id) == asset
