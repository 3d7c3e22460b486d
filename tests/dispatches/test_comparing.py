"""Dispatches in a real database: imported, corrected, compared, and compared again when something new is known."""

from __future__ import annotations

import io
import json
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from central.administration.tables import TABLES
from central.custody.models import Asset
from central.dispatches.comparing import compare_due
from central.dispatches.csv_file import COLUMNS
from central.dispatches.importing import Bringing, bring_dispatches
from central.dispatches.models import (
    Comparison,
    Dispatch,
    DispatchImport,
    DispatchVersion,
    DocumentedException,
    ExceptionDecision,
)
from central.roster.models import Officer
from central.rows_out import write_rows
from tests.dispatches.cad import (
    HOUR,
    MINUTE,
    NOON,
    NOW,
    POLICY,
    UTC_ZONE,
    as_file,
    bring,
    call,
    dock,
    history,
    judged,
    said,
    shift,
    standing,
    video,
)
from tests.dispatches.test_reading import lines
from tests.scale import amount

pytestmark = pytest.mark.django_db
LATER = NOW + HOUR


def excused(**more: Any) -> DocumentedException:
    told = {"officer_id": "7", "since": NOON - HOUR, "until": NOON + 2 * HOUR, "reason": "forgot"}
    told |= {"said_by": "lee@pd.example", "said_as": "officer", "said_at": NOW, "token": uuid4(), **more}
    return DocumentedException.objects.create(**told)


def exported() -> list[dict[str, Any]]:
    columns, rows = TABLES["dispatches"]
    out = io.StringIO()
    write_rows(columns, rows(), "json", out)
    found: list[dict[str, Any]] = json.loads(out.getvalue())
    return found


def test_a_file_twice_is_a_file_once() -> None:
    shift()
    first, second = bring(call(), call(officer="8")), bring(call(), call(officer="8"))
    assert (len(first.plan.added), len(second.plan.added), second.plan.unchanged) == (2, 0, 2)
    assert (Dispatch.objects.count(), DispatchVersion.objects.count(), Comparison.objects.count()) == (2, 2, 2)
    assert DispatchImport.objects.count() == 2


def test_a_corrected_file_corrects_and_both_words_and_both_findings_stay() -> None:
    shift(), dock(), video("A")
    bring(call(cleared_at=3))
    assert said() == "early_end"
    bring(call(), at=LATER)
    assert said() == "covered"
    versions = DispatchVersion.objects.order_by("pk").values_list("change", "cleared_at")
    assert list(versions) == [("added", NOON + 3 * HOUR), ("changed", NOON + HOUR)]
    assert history() == [("policy", "early_end", ""), ("dispatch", "covered", "")]


def test_a_dry_run_says_the_same_and_changes_nothing() -> None:
    shift()
    told = bring_dispatches(as_file([call()]), Bringing("me", NOW), UTC_ZONE, POLICY, dry_run=True)
    assert not Dispatch.objects.exists()
    assert not DispatchImport.objects.exists()
    assert told == bring(call())


def test_a_file_with_an_error_changes_nothing_unless_its_bad_rows_are_to_be_left_out() -> None:
    bad = as_file([call(), call("D2", kind="patrol")])
    refused = bring_dispatches(bad, Bringing("me", NOW), UTC_ZONE, POLICY)
    assert (refused.is_refused, refused.rows, refused.refused) == (True, 2, 1)
    assert not Dispatch.objects.exists()
    told = bring_dispatches(bad, Bringing("me", NOW, without_refused=True), UTC_ZONE, POLICY)
    assert (told.is_refused, len(told.plan.added), told.refused) == (False, 1, 1)
    kept = DispatchImport.objects.get()
    assert kept.refused == [{"row": 3, "column": "kind", "reason": "'patrol' must be one of call, self_initiated"}]


def test_an_officer_that_a_dispatch_names_no_more_stays_unless_he_is_to_be_withdrawn() -> None:
    shift(), shift("S2", "8", "C2")
    bring(call(), call(officer="8"))
    assert "1 rows stand of officers" in " ".join(bring(call()).warnings)
    assert said(officer="8") != "excluded withdrawn"
    bring(call(), withdraw_missing=True)
    assert said(officer="8") == "excluded withdrawn"
    bring(call(), call(officer="8"))
    assert said(officer="8") == "missing camera_not_docked"


def test_an_unknown_officers_rows_count_once_a_roster_names_him() -> None:
    assert "1 officers are on no roster" in bring(call()).warnings[0]
    assert said() == "excluded unknown_officer"
    shift()
    compare_due(POLICY, LATER)
    assert said() == "missing camera_not_docked"


def test_late_footage_is_found_and_what_was_said_before_stays() -> None:
    own = shift()
    judged(own, "pending")
    bring(call())
    assert said() == "missing camera_not_docked"
    late = dock(drained_at=None, undocked_at=None)
    compare_due(POLICY, LATER)
    assert said() == "missing in_backlog"
    video("A", session=late.session, verified_at=None)
    late.drained_at = NOW
    late.save()
    Asset.objects.update(verified_at=LATER + MINUTE)
    compare_due(POLICY, LATER + 2 * MINUTE)
    assert said() == "covered"
    assert history() == [
        ("policy", "missing", "camera_not_docked"),
        ("docks", "missing", "in_backlog"),
        ("footage", "covered", ""),
    ]


def test_a_camera_that_docked_and_has_no_recording_is_unexplained_and_an_unwatched_one_is_not() -> None:
    own = shift()
    judged(own, "indeterminate")
    bring(call())
    assert said() == "missing station_not_watching"
    dock()
    compare_due(POLICY, LATER)
    assert said() == "missing unexplained"


def test_an_officer_without_a_camera_is_told_so_and_a_corrected_roster_finds_his_video() -> None:
    Officer.objects.create(officer_id="7")
    dock("C9"), video("A", camera="C9")
    bring(call())
    assert said() == "missing no_camera_assigned"
    shift(camera="C9")
    compare_due(POLICY, LATER)
    assert said() == "covered"
    assert standing().cameras == ["C9"]
    shift(camera="C3"), dock("C3")
    compare_due(POLICY, LATER)
    assert said() == "missing unexplained"


def test_a_pool_cameras_recording_covers_the_one_who_had_it_then() -> None:
    shift("S1", "7", starts=-8, ends=0.5), shift("S2", "8", starts=0.5, ends=8)
    dock(docked=8.1, undocked=9), video("A", began=-1, ended=-0.5)
    bring(
        call("D1", "7", dispatched_at=-1, arrived_at=-1, cleared_at=-0.5),
        call("D1", "8", dispatched_at=-1, arrived_at=-1, cleared_at=-0.5),
    )
    assert (said(officer="7"), said(officer="8")) == ("covered", "missing no_camera_assigned")


@pytest.mark.parametrize("hours", [1, -30 * 24])
def test_recordings_are_put_right_by_the_clock_offset_that_the_dock_measured(hours: float) -> None:
    shift()
    wrong = dock(clock_offset_s=hours * 3600, offset_ms=2000)
    moved = hours + 2 / 3600
    video("A", began=moved, ended=1 + moved, session=wrong.session)
    bring(call())
    assert said() == "covered"
    assert (standing().began_at, standing().ended_at) == (NOON, NOON + HOUR)


def test_an_exception_explains_and_says_whether_it_came_before_or_after_the_fact() -> None:
    shift(), dock()
    bring(call())
    assert said() == "missing unexplained"
    after = excused()
    compare_due(POLICY, LATER)
    assert (said(), standing().documented, standing().exception_id) == (
        "missing documented_exception",
        "after",
        after.pk,
    )
    ExceptionDecision.objects.create(exception=after, outcome="refused", decided_by="chen", decided_at=LATER)
    compare_due(POLICY, LATER)
    assert (said(), standing().documented) == ("missing unexplained", "")
    excused(said_at=NOON - MINUTE)
    compare_due(POLICY, LATER)
    assert (said(), standing().documented) == ("missing documented_exception", "before")
    assert [one[0] for one in history()] == ["policy", "exception", "exception", "exception"]


def test_an_exception_for_one_dispatch_explains_no_other() -> None:
    shift(), dock()
    bring(call(), call("D2"))
    excused(dispatch_id="D2")
    compare_due(POLICY, LATER)
    assert (said("D1"), said("D2")) == ("missing unexplained", "missing documented_exception")


def test_without_news_nothing_is_written_and_a_new_policy_compares_all_again() -> None:
    shift(), dock()
    bring(call(), call("D2", type="Traffic"))
    assert compare_due(POLICY, LATER) == 0
    strict = type(POLICY)(exclude_types=("traffic",))
    assert compare_due(strict, LATER) == 1
    assert (said("D1"), said("D2")) == ("missing unexplained", "excluded excluded_type")


def test_a_call_that_is_not_over_counts_once_it_is() -> None:
    shift(), dock(docked=30 * 24, undocked=31 * 24)
    bring(call(), at=NOON + 0.5 * HOUR)
    assert said() == "excluded not_cleared"
    compare_due(POLICY, NOON + 2 * HOUR)
    assert said() == "missing unexplained"


def test_what_was_found_can_be_superseded_once_and_nothing_else() -> None:
    shift()
    bring(call())
    for change in ({"result": "covered"}, {"superseded_at": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Comparison.objects.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Comparison.objects.all()._raw_delete("default")
    with pytest.raises(DatabaseError), transaction.atomic():
        DispatchVersion.objects.update(priority="1")


def test_whoever_was_overtaken_writes_nothing() -> None:
    from central.dispatches import comparing
    from central.dispatches.models import Compared

    shift()
    bring(call())
    before = Compared.objects.get()
    Compared.objects.update(turn=before.turn + 1)
    with pytest.raises(comparing.Overtaken):
        comparing._write([], before, NOW)


def test_the_export_has_every_row_also_one_that_was_not_compared_yet() -> None:
    shift(), dock(), video("A")
    bring(call(), call("D2", "", dispatched_at=None))
    bring_dispatches(as_file([call("D3")]), Bringing("me", NOW), UTC_ZONE, POLICY)
    found = {row["dispatch_id"]: row for row in exported()}
    assert {one: (row["result"], row["rule"], row["start"]) for one, row in found.items()} == {
        "D1": ("covered", None, "in_time"),
        "D2": ("excluded", "no_officer", None),
        "D3": ("pending", None, None),
    }
    assert found["D1"]["asset_ids"] == [str(Asset.objects.get().pk)]
    assert found["D1"]["dispatched_at"] == "2026-10-20T12:00:00Z"


class TestTotals(TestCase):
    @settings(max_examples=amount(ci=25, soak=2000), deadline=None, derandomize=True)
    @given(st.lists(lines, max_size=10), st.booleans())
    def test_used_excluded_repeated_and_refused_rows_are_the_file(self, some: list[str], knows_officer: bool) -> None:
        if knows_officer:
            shift()
        content = "\n".join([",".join(COLUMNS.known), *some]).encode()
        told = bring_dispatches(content, Bringing("me", NOW, without_refused=True), UTC_ZONE, POLICY)
        assert told.used + sum(told.excluded.values()) + told.repeated + told.refused == told.rows == len(some)
        compare_due(POLICY, NOW)
        counted = Comparison.objects.filter(superseded_at=None).exclude(result="excluded").count()
        kept_out = Comparison.objects.filter(superseded_at=None, result="excluded").count()
        assert (counted, kept_out) == (told.used, sum(told.excluded.values()))
