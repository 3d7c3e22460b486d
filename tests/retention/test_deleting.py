"""A person deletes footage on purpose, and nothing else ever does."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from central.custody.assets import save_asset
from central.custody.models import Asset, Receipt, StoredObject, Tombstone
from central.custody.receipts import DeletedMeanwhile, issue_receipt, standing_of, valid_receipt
from central.custody.verification import Incomplete, UploadReplaced, verify_asset
from central.retention import emptying
from central.retention.binning import put_into_bin, restore
from central.retention.exports import TOMBSTONE_COLUMNS, tombstone_rows
from central.retention.holding import place_hold, release_hold
from central.retention.linking import bring_links
from central.retention.lists import LIST_COLUMNS, Worry, list_rows
from central.retention.models import BinEnd, Binned, Categorisation
from central.retention.people import person_named
from central.retention.plan import PLAN_COLUMNS, plan_rows
from central.retention.reasons import Kept, Refusal, RetentionRefused
from tests.administration.running import run
from tests.central.test_custody_rows import digest_of, upload
from tests.retention.vault import CHIEF, CONFIG, DAY, KIM, SERGEANT, VIDEO, Vault
from tests.roster.rows import ZONE, bring, shift


def refused(name: Refusal) -> pytest.RaisesExc[RetentionRefused]:
    return pytest.RaisesExc(RetentionRefused, check=lambda error: error.name is name)


def plan(kept: Vault, after: timedelta = 91 * DAY) -> dict[uuid.UUID, dict[str, object]]:
    rows = (dict(zip(PLAN_COLUMNS, row, strict=True)) for row in plan_rows(CONFIG, kept.now + after))
    return {row["asset_id"]: row for row in rows}


def test_footage_goes_by_a_persons_act_through_the_bin_and_leaves_a_tombstone(kept: Vault) -> None:
    asset = kept.keep()
    with refused(Refusal.KEPT):
        kept.bin(asset, after=89 * DAY)
    kept.bin(asset)
    assert kept.path().read_bytes() == VIDEO, "the bin deletes nothing"
    assert kept.empty(after=120 * DAY) == [], "not before its thirty days are over"
    [told] = kept.empty()
    assert not kept.path().exists()
    stone = Tombstone.objects.get()
    assert told.tombstone == stone
    assert (stone.sha256, stone.size, stone.reason) == (digest_of(VIDEO).sha256, len(VIDEO), "minimum is over")
    assert (stone.binned_by, stone.deleted_by, stone.category) == (CHIEF, CHIEF, "non_evidence")
    assert stone.kept_until <= stone.binned_at <= stone.deleted_at
    assert stone.begins_at + timedelta(seconds=stone.minimum_s) == stone.kept_until
    assert kept.empty() == []
    assert plan(kept)[asset.pk]["why_kept"] == ["deleted", "not_stored"]
    row = dict(zip(TOMBSTONE_COLUMNS, next(tombstone_rows()), strict=True))
    assert (row["asset_id"], row["shared"], row["came_back_at"]) == (asset.pk, False, None)


def test_out_of_the_bin_it_is_as_if_it_had_never_been_there(kept: Vault) -> None:
    asset = kept.keep()
    with refused(Refusal.NOT_IN_BIN):
        restore(asset, CHIEF, "", CONFIG, kept.now)
    kept.bin(asset)
    kept.bin(asset)
    assert Binned.objects.count() == 1
    restore(asset, CHIEF, "asked for", CONFIG, kept.now + 95 * DAY)
    assert kept.empty() == []
    kept.bin(asset, after=200 * DAY)
    assert kept.empty(after=201 * DAY) == [], "its thirty days begin anew"
    assert kept.path().exists()


def test_the_plan_says_of_every_file_why_it_is_kept_and_touches_nothing(
    kept: Vault, capsys: pytest.CaptureFixture[str]
) -> None:
    unclassified, docked, free = kept.keep(b"one", category=""), kept.deliver(b"two"), kept.keep(b"three")
    told = plan(kept)
    assert told[unclassified.pk]["why_kept"] == ["unclassified"]
    assert told[docked.pk]["why_kept"] == ["on_camera", "unclassified"]
    assert (told[free.pk]["may_be_deleted"], told[free.pk]["minimum"]) == (True, "90d")
    assert plan(kept, after=10 * DAY)[free.pk]["why_kept"] == ["before_minimum"]
    capsys.readouterr()
    run("retention", "plan", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["asset_id"] for row in rows} == {str(one.pk) for one in (unclassified, docked, free)}
    assert all(path.exists() for path in map(kept.path, (b"one", b"two", b"three")))
    assert not Binned.objects.exists()


def test_a_hold_wins_in_the_bin_too_and_another_goes_on_when_one_is_over(kept: Vault) -> None:
    asset, chief = kept.keep(), person_named(CHIEF, ())
    kept.bin(asset)
    first = place_hold(asset, chief, "CV-17", "subpoena", kept.now)
    assert place_hold(asset, chief, "CV-17", "said twice", kept.now) == first
    second = place_hold(asset, chief, "CV-18", "complaint", kept.now)
    [told] = kept.empty()
    assert "(hold)" in told.refused
    release_hold(first, chief, "case closed", kept.now)
    with refused(Refusal.RELEASED_ALREADY):
        release_hold(first, chief, "case closed", kept.now)
    assert [one.tombstone for one in kept.empty()] == [None]
    assert kept.path().exists()
    release_hold(second, chief, "case closed", kept.now)
    assert [one.refused for one in kept.empty()] == [""]
    with refused(Refusal.DELETED_ALREADY):
        place_hold(asset, chief, "CV-19", "too late", kept.now)


def test_a_citation_keeps_what_is_in_the_lowest_category_and_what_arrives_later_too(kept: Vault) -> None:
    start = kept.now - timedelta(hours=4)
    bring(shift("s1", starts_at=start, ends_at=kept.now, officer_email=KIM), at=kept.now)
    at = (kept.now - timedelta(hours=2)).isoformat()
    rows = f"kind,reference,officer_id,at\ncitation,T-1,7,{at}\n".encode()
    assert bring_links(rows, ZONE, kept.now, "pat").added == 1
    assert bring_links(rows, ZONE, kept.now, "pat").unchanged == 1
    asset, other = kept.keep(b"one"), kept.keep(b"other", camera="C9")
    assert plan(kept)[asset.pk]["why_kept"] == ["conflict"]
    assert plan(kept)[other.pk]["may_be_deleted"] is True
    with refused(Refusal.KEPT):
        kept.bin(asset)
    kept.say(asset, "traffic")
    assert plan(kept, after=401 * DAY)[asset.pk]["may_be_deleted"] is True


def test_all_that_is_wrong_with_a_file_of_links_is_said_at_once_and_nothing_imported(kept: Vault) -> None:
    rows = (
        "kind,reference,asset_id,officer_id,at\nparking,T,,7,2026-11-01T10:00:00Z\ncitation,,x,,\n"
        f"arrest,A-1,{uuid.uuid4()},,\nreport,R-1,,nobody,2026-11-01T10:00:00Z\nreport,R,,7,yesterday\n"
    )
    told = {(error.row, error.column) for error in bring_links(rows.encode(), ZONE, kept.now, "pat").errors}
    assert told >= {(2, "kind"), (3, "reference"), (3, "asset_id"), (4, "asset_id"), (5, "officer_id"), (6, "at")}


def test_each_list_has_what_somebody_answers_for_and_its_owner(kept: Vault) -> None:
    start = kept.now - timedelta(hours=4)
    bring(shift("s1", starts_at=start, ends_at=kept.now, supervisor_email=SERGEANT), at=kept.now)
    at = (kept.now - timedelta(hours=2)).isoformat()
    bring_links(f"kind,reference,officer_id,at\ncitation,T-1,7,{at}\n".encode(), ZONE, kept.now, "pat")
    conflict, unclassified = kept.keep(b"one"), kept.keep(b"two", category="", camera="C9")
    late = kept.keep(b"three", category="", camera="C9")
    late.recorded_at = kept.now - 5 * DAY
    save_asset(late)
    gone = kept.keep(b"four", camera="C8")
    kept.bin(gone)

    def listed(worry: Worry, after: timedelta) -> list[tuple[object, object]]:
        found = list_rows([worry], Asset.objects.all(), CONFIG, kept.now + after)
        rows = [dict(zip(LIST_COLUMNS, row, strict=True)) for row in found]
        return sorted((str(row["asset_id"]), row["owner"]) for row in rows)

    def of(*assets: Asset) -> list[tuple[str, str]]:
        return sorted((str(one.pk), "admin") for one in assets)

    assert listed(Worry.CONFLICT, DAY) == [(str(conflict.pk), SERGEANT)]
    assert listed(Worry.UNCLASSIFIED, 6 * DAY) == []
    assert listed(Worry.UNCLASSIFIED, 8 * DAY) == of(unclassified, late)
    assert listed(Worry.EXPIRING_UNCLASSIFIED, 59 * DAY) == []
    assert listed(Worry.EXPIRING_UNCLASSIFIED, 61 * DAY) == of(unclassified, late)
    assert listed(Worry.ARRIVED_LATE, DAY) == of(late)
    assert listed(Worry.IN_BIN, 92 * DAY) == of(gone)
    kept.empty()
    kept.deliver(b"four")
    again = Asset.objects.exclude(pk=gone.pk).get(sha256=gone.sha256)
    Asset.objects.filter(pk=again.pk).update(verified_at=kept.now + 123 * DAY)  # the bin was emptied in the future
    assert (str(again.pk), "admin") in listed(Worry.CAME_BACK, 123 * DAY)


@pytest.mark.parametrize(
    ("who", "name"),
    [
        (SERGEANT, Refusal.ROLE),
        (KIM, Refusal.ROLE),
        ("it@pd.example", Refusal.ROLE),
        ("nobody@pd.example", Refusal.NO_SUCH_PERSON),
        ("", Refusal.NO_SUCH_PERSON),
    ],
)
def test_nobody_but_an_administrator_deletes(kept: Vault, who: str, name: Refusal) -> None:
    asset = kept.keep()
    with refused(name):
        put_into_bin(asset, who, "I want to", CONFIG, kept.now + 91 * DAY)
    with refused(Refusal.NO_REASON):
        put_into_bin(asset, CHIEF, "  ", CONFIG, kept.now + 91 * DAY)
    kept.bin(asset)
    with refused(name):
        list(emptying.empty_bin(kept.store, who, CONFIG, kept.now + 200 * DAY))
    assert kept.path().exists()


def test_two_assets_with_the_same_bytes_lose_them_with_the_last_of_them(kept: Vault) -> None:
    first, second = kept.keep(), kept.keep()
    kept.bin(first)
    [told] = kept.empty()
    assert told.tombstone is not None
    assert told.tombstone.shared
    assert kept.path().read_bytes() == VIDEO
    assert valid_receipt(second) is not None
    assert valid_receipt(first) is None
    assert standing_of(kept.store, "east-1", second.pk, _receipt(second)).stands
    kept.bin(second)
    kept.empty()
    assert not kept.path().exists()


def test_one_in_the_bin_keeps_the_bytes_of_another_that_was_deleted(kept: Vault) -> None:
    first, second = kept.keep(), kept.keep()
    kept.bin(first)
    kept.bin(second, after=121 * DAY)
    kept.empty()
    restore(second, CHIEF, "", CONFIG, kept.now + 130 * DAY)
    assert kept.path().read_bytes() == VIDEO


def test_a_camera_that_has_the_file_again_keeps_it_in_the_bin(kept: Vault) -> None:
    asset = kept.keep()
    kept.bin(asset)
    asset.erased_at = None
    save_asset(asset)
    [told] = kept.empty()
    assert "(on_camera)" in told.refused
    assert kept.path().exists()


def test_while_centrals_clock_is_in_doubt_nothing_goes(kept: Vault) -> None:
    asset = kept.keep()
    kept.data.clock_in_doubt.write_text("now")
    assert plan(kept)[asset.pk]["why_kept"] == [Kept.CLOCK_IN_DOUBT]


def test_a_minimum_that_is_shortened_in_the_file_does_not_shorten_what_was_said_before(kept: Vault) -> None:
    asset = kept.keep()
    Categorisation.objects.create(
        asset=asset, before="non_evidence", after="non_evidence", minimum_s=1000 * 86400, said_at=kept.now, said_by=""
    )
    assert plan(kept)[asset.pk]["why_kept"] == ["before_minimum"]


def test_what_people_said_and_did_can_be_added_to_and_nothing_else(kept: Vault) -> None:
    asset, chief = kept.keep(), person_named(CHIEF, ())
    release_hold(place_hold(asset, chief, "1", "a case", kept.now), chief, "over", kept.now)
    kept.bin(asset)
    kept.empty()
    verify_asset(kept.place, asset.pk, digest_of(VIDEO))
    kept.deliver(asset_id=asset.pk, attempt=2)
    stone = Tombstone.objects.get()
    rows = [asset.holds.get(), asset.holds.get().release, stone, stone.comeback, Categorisation.objects.get()]
    for row in [*rows, Binned.objects.get(), BinEnd.objects.get()]:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(**{row._meta.pk.name: row.pk})
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            type(row).objects.filter(pk=row.pk)._raw_delete(using="default")  # type: ignore[attr-defined]


# --- what a station hears of deleted bytes -------------------------------------------------------------------


def _receipt(asset: Asset) -> uuid.UUID:
    return Receipt.objects.filter(asset=asset).latest("issued_at").pk


def test_deleted_bytes_are_answered_for_and_permit_no_erase(kept: Vault) -> None:
    asset = kept.keep()
    kept.bin(asset)
    kept.empty()
    told = standing_of(kept.store, "east-1", asset.pk, _receipt(asset))
    assert (told.stands, told.held) == (False, True), "not lost, and no card is erased on the old receipt"
    assert valid_receipt(asset) is None
    with pytest.raises(DeletedMeanwhile):
        issue_receipt(Asset.objects.get(pk=asset.pk), kept.place.signer, kept.now)


def test_a_station_that_sends_them_again_is_heard_and_a_row_says_so(kept: Vault) -> None:
    asset = kept.keep()
    kept.bin(asset)
    kept.empty()
    assert verify_asset(kept.place, asset.pk, digest_of(VIDEO)) == Incomplete(None), "no receipt without bytes"
    back = kept.deliver(asset_id=asset.pk, attempt=2)
    assert kept.path().read_bytes() == VIDEO
    assert Tombstone.objects.get().comeback.at is not None
    assert (back.object.deleted_at, back.object.unlinked_at) == (None, None)
    told = plan(kept)[asset.pk]
    assert "deleted" not in told["why_kept"]
    assert told["arrived_at"] == back.verified_at, "its retention begins anew"


def test_another_file_with_deleted_bytes_is_footage_like_any_other(kept: Vault) -> None:
    first = kept.keep()
    kept.bin(first)
    kept.empty()
    second = kept.deliver()
    assert kept.path().read_bytes() == VIDEO
    assert valid_receipt(second) is not None
    assert valid_receipt(first) is None
    assert Tombstone.objects.filter(comeback=None).count() == 1, "the first one did not come back"


def test_bytes_that_arrive_while_the_bin_is_emptied_are_never_receipted_and_gone(
    kept: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another station's upload of the very bytes stands between `place` and its commit when the file is unlinked."""
    first = kept.keep()
    kept.bin(first)
    place, second = kept.store.place, uuid.uuid4()

    def place_then_empty(*given: object) -> bool:
        found = place(*given)  # type: ignore[arg-type]
        monkeypatch.undo()
        assert [one.refused for one in kept.empty()] == [""]
        return found

    upload(kept.place, second, VIDEO)
    monkeypatch.setattr(kept.store, "place", place_then_empty)
    with pytest.raises(UploadReplaced):
        verify_asset(kept.place, second, digest_of(VIDEO))
    assert not Receipt.objects.filter(asset=second).exists()
    assert not kept.path().exists()
    verify_asset(kept.place, second, digest_of(VIDEO))
    assert kept.path().read_bytes() == VIDEO, "the part had them"
    assert valid_receipt(Asset.objects.get(pk=second)) is not None
    assert emptying.unlink_what_is_marked(kept.store, kept.now) == 0
    assert kept.path().read_bytes() == VIDEO


def test_bytes_that_were_stored_between_tombstone_and_unlink_stay(kept: Vault) -> None:
    first = kept.keep()
    kept.bin(first)
    emptying.bury(Binned.objects.get(), CHIEF, CONFIG, kept.now + 122 * DAY)
    second = kept.deliver()
    assert emptying.unlink_what_is_marked(kept.store, kept.now) == 0
    assert kept.path().read_bytes() == VIDEO
    assert valid_receipt(second) is not None


def test_a_marked_object_that_somebody_has_is_not_unlinked_whatever_put_the_mark_there(kept: Vault) -> None:
    kept.keep()
    StoredObject.objects.update(deleted_at=kept.now)
    with pytest.raises(RuntimeError, match="nothing was unlinked"):
        emptying.unlink_what_is_marked(kept.store, kept.now)
    assert kept.path().exists()
    assert StoredObject.objects.get().unlinked_at is None
