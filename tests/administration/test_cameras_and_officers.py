"""What people say of cameras and officers: kept with what was before, never louder than a dock or the roster."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from central.administration.cameras import bring_cameras
from central.administration.officer_file import Said
from central.administration.officers import OfficerRefused, bring_officers, say_officer
from central.fleet.models import AdminEvent
from central.judging.models import Excuse
from central.refusals import CommandRefused
from central.roster.models import Camera, Officer
from tests.administration.running import run
from tests.roster.rows import bring, shift

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def details() -> list[tuple[str, str, dict[str, object]]]:
    return list(AdminEvent.objects.order_by("number").values_list("what", "subject", "detail"))


def test_a_camera_is_made_known_and_each_word_is_kept_with_the_one_before() -> None:
    with pytest.raises(CommandRefused, match="camera add C9"):
        run("camera", "set", "C9", "--label", "spare")
    run("camera", "add", "C9", "--label", "spare")
    run("camera", "set", "C9", "--state", "repair", "--note", "=lens")
    run("camera", "set", "C9", "--state", "repair")
    assert details() == [
        ("camera_added", "C9", {"label": "spare"}),
        ("camera_changed", "C9", {"state": "repair", "state_before": "in_use", "note": "=lens", "note_before": ""}),
    ]
    assert not Excuse.objects.exists(), "whoever wants a deadline excused says so elsewhere"


def test_an_exported_file_of_cameras_comes_back_without_a_change_and_with_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bring(shift("s1", camera_serial="C1", officer_id="P1"))
    run("camera", "add", "C9", "--note", "=1+1")
    run("export", "cameras", "--format", "csv")
    exported = capsys.readouterr().out
    outcome = bring_cameras(exported.encode(), NOON, "pat")
    assert (outcome.errors, outcome.added, outcome.changed, outcome.unchanged) == ([], [], [], 2)
    outcome = bring_cameras(exported.replace("in_use", "retired").encode(), NOON, "pat", dry_run=True)
    assert (outcome.added, outcome.changed) == (["C1"], ["C9"])
    assert Camera.objects.count() == 1
    bring_cameras(exported.replace("in_use", "retired").encode(), NOON, "pat")
    assert set(Camera.objects.values_list("pk", "state", "note")) == {
        ("C1", "retired", ""),
        ("C9", "retired", "=1+1"),
    }


def test_all_that_is_wrong_with_a_file_of_cameras_is_said_at_once() -> None:
    rows = b"camera_serial,state,label\nC1,broken,\n,lost,\nC1,lost," + b"x" * 256 + b"\n"
    outcome = bring_cameras(rows, NOON, "pat")
    assert [(one.row, one.column) for one in outcome.errors] == [
        *((2, "state"), (3, "camera_serial"), (4, "camera_serial"), (4, "label")),
    ]
    assert not Camera.objects.exists()


def test_what_the_roster_says_of_an_officer_is_changed_there_and_takes_over_what_was_said_here() -> None:
    bring(shift("s1", officer_id="P1", officer_name="Kim Lee", officer_email="", unit=""))
    say_officer(Said("P1", email="Kim@PD.example", unit="East"), NOON, "it@pd.example")
    kim = Officer.objects.get(pk="P1")
    assert (kim.email, kim.unit, kim.by_hand) == ("Kim@pd.example", "East", ["email", "unit"])
    with pytest.raises(OfficerRefused, match="change it in the roster"):
        say_officer(Said("P1", name="Lee Kim"), NOON, "it@pd.example")
    bring(shift("s2", officer_id="P1", officer_name="Kim Lee", officer_email="", unit="East"))
    assert Officer.objects.get(pk="P1").by_hand == ["email"], "an empty cell of a roster takes nothing"
    bring(shift("s3", officer_id="P1", officer_name="Kim Lee", officer_email="k.lee@pd.example", unit="East"))
    kim.refresh_from_db()
    assert (kim.email, kim.by_hand) == ("k.lee@pd.example", [])
    what, subject, detail = details()[-1]
    assert (what, subject) == ("officer_changed", "P1")
    assert detail == {"email": "k.lee@pd.example", "email_before": "Kim@pd.example"}
    assert AdminEvent.objects.latest("number").by.startswith("roster, ")
    with pytest.raises(OfficerRefused, match="the roster says"):
        say_officer(Said("P1", email="other@pd.example"), NOON, "it@pd.example")


def test_nobody_says_which_officer_he_is_himself() -> None:
    Officer.objects.create(officer_id="P1")
    for email, by in (("it@pd.example", "IT@pd.example"), ("", "it@pd.example")):
        Officer.objects.filter(pk="P1").update(email="" if email else "it@pd.example", by_hand=["email"])
        with pytest.raises(OfficerRefused, match="somebody else can"):
            say_officer(Said("P1", email=email), NOON, by)
    assert details() == []


def test_a_file_of_officers_fills_gaps_and_contradicts_no_roster(capsys: pytest.CaptureFixture[str]) -> None:
    bring(shift("s1", officer_id="P1", officer_name="Kim Lee", officer_email="kim@pd.example"))
    rows = b"officer_id,name,email,left\nP1,Kim Lee,kim@pd.example,true\nP2,Ana,ana@pd.example,\n"
    outcome = bring_officers(rows, NOON, "pat")
    assert (outcome.errors, outcome.added, outcome.changed) == ([], ["P2"], ["P1"])
    assert Officer.objects.get(pk="P1").left_at == NOON
    run("export", "officers", "--format", "csv")
    again = bring_officers(capsys.readouterr().out.encode(), NOON, "pat")
    assert (again.errors, again.unchanged) == ([], 2)
    wrong = bring_officers(b"officer_id,email\nP1,else@pd.example\nP3,x\n", NOON, "pat")
    assert [one.row for one in wrong.errors] == [3]
    wrong = bring_officers(b"officer_id,email\nP1,else@pd.example\nP3,x@pd.example\n", NOON, "pat")
    assert "row 2" in str(wrong.errors[0])
    assert not Officer.objects.filter(pk="P3").exists()


def test_every_column_of_an_export_is_one_that_its_import_takes() -> None:
    from central.administration import camera_file, exports, officer_file, user_file
    from central.roster import supervisors
    from central.roster.exports import UNIT_COLUMNS

    for columns, told in (
        (camera_file.COLUMNS, exports.CAMERA_COLUMNS),
        (officer_file.COLUMNS, exports.OFFICER_COLUMNS),
        (user_file.COLUMNS, exports.USER_COLUMNS),
        (supervisors.COLUMNS, UNIT_COLUMNS),
    ):
        assert set(told) <= set(columns.known)
