"""The real end as people type it, which officers and camera somebody sees, and that the docs name everything."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User

from central.answers.kinds import DONE, OPEN, STANDS, Kind, Outcome, state_of
from central.answers.refusals import Refusal, Refused
from central.answers.rights import ADMIN, IT, SUPERVISOR
from central.dashboard import roles
from central.dashboard.answer_forms import read_end, written
from central.dashboard.sight import Sight
from central.roster.models import Unit
from tests.roster.rows import bring, shift

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "answers.md").read_text()
CHICAGO = ZoneInfo("America/Chicago")


@pytest.mark.parametrize("name", [*Kind, *Outcome, *Refusal, OPEN, STANDS, DONE])
def test_the_docs_name_every_kind_outcome_refusal_and_state(name: str) -> None:
    assert f"`{name}`" in PAGE


def test_roles_have_one_name_in_every_room() -> None:
    assert (IT, SUPERVISOR, ADMIN) == (roles.IT, roles.SUPERVISOR, roles.ADMIN)


def test_a_typed_end_is_local_and_an_hour_that_comes_twice_is_asked_about() -> None:
    assert read_end("2026-10-31T16:00", "", CHICAGO) == datetime(2026, 10, 31, 21, tzinfo=UTC)
    assert read_end("2026-10-31T16:00-06:00", "", CHICAGO) == datetime(2026, 10, 31, 22, tzinfo=UTC)
    assert read_end("2026-11-01T01:30", "0", CHICAGO) == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    assert read_end("2026-11-01T01:30", "1", CHICAGO) == datetime(2026, 11, 1, 7, 30, tzinfo=UTC)
    with pytest.raises(Refused, match="comes twice that night"):
        read_end("2026-11-01T01:30", "", CHICAGO)


@pytest.mark.parametrize("text", ["2026-03-08T02:30", "", "x", "2026-11-01", "24:00", "9999-12-31T23:59"])
@pytest.mark.parametrize("fold", ["", "0", "1"])
def test_an_end_that_is_no_instant_is_refused_whatever_stands_beside(text: str, fold: str) -> None:
    with pytest.raises(Refused) as caught:
        read_end(text, fold, CHICAGO)
    assert caught.value.name is Refusal.NO_END


def test_text_keeps_its_lines_and_loses_what_no_keyboard_makes() -> None:
    assert written("one\r\ntwo\x00\x1b[31m\u202e") == "one\ntwo[31m"


def test_a_withdrawal_goes_before_what_was_found() -> None:
    assert state_of(Kind.SAID_DOCKED, frozenset({Outcome.NOT_FOUND, Outcome.WITHDRAWN})) == "withdrawn"
    assert state_of(Kind.SAID_DOCKED, frozenset()) == OPEN
    assert state_of(Kind.REPAIR, frozenset()) == STANDS
    assert state_of(Kind.OTHER_CAMERA, frozenset()) == DONE


def sight(role: str, email: str) -> Sight:
    user = User.objects.create_user(f"{role}-{email}", email)
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    return Sight.of(user)


@pytest.fixture
def three_units() -> None:
    """East answers to Chen, West escalates to him, North has nothing to do with him but for one shift."""
    Unit.objects.create(unit="East", supervisor_email="Chen@pd.example")
    Unit.objects.create(unit="West", supervisor_email="diaz@pd.example", escalate_to_email="chen@pd.example")
    Unit.objects.create(unit="North", supervisor_email="diaz@pd.example")
    nobodys = {"supervisor_email": ""}
    bring(
        shift("E", **nobodys),
        shift("W", unit="West", camera_serial="C2", officer_id="8", officer_email="kim@pd.example", **nobodys),
        shift("N1", unit="North", camera_serial="C3", officer_id="9", officer_email="", **nobodys),
        shift(
            "N2",
            unit="North",
            camera_serial="C4",
            officer_id="9",
            officer_email="",
            supervisor_email="CHEN@pd.example",
        ),
    )


@pytest.mark.django_db
@pytest.mark.usefixtures("three_units")
@pytest.mark.parametrize(
    ("role", "email", "shifts"),
    [
        ("supervisor", "chen@pd.example", "E W N2"),
        ("supervisor", "diaz@pd.example", "W N1 N2"),
        ("supervisor", "lee@pd.example", "E"),
        ("supervisor", "", ""),
        ("officer", "LEE@pd.example", "E"),
        ("officer", "chen@pd.example", ""),
        ("officer", "", ""),
        ("it", "x@pd.example", "E W N1 N2"),
        ("auditor", "", "E W N1 N2"),
        ("admin", "x@pd.example", "E W N1 N2"),
        ("stranger", "chen@pd.example", ""),
    ],
)
def test_each_sees_the_shifts_that_concern_him(role: str, email: str, shifts: str) -> None:
    seen = sight(role, email)
    assert set(seen.shifts().values_list("pk", flat=True)) == set(shifts.split())
    assert seen.sees_camera("C1") == ("E" in shifts.split())
    assert len(seen.cameras()) == len(shifts.split())


@pytest.mark.django_db
@pytest.mark.usefixtures("three_units")
def test_who_is_not_logged_in_or_was_switched_off_sees_nothing() -> None:
    gone = User.objects.create_user("gone", "chen@pd.example", is_active=False)
    gone.groups.add(Group.objects.get_or_create(name="admin")[0])
    for user in (AnonymousUser(), gone):
        assert not Sight.of(user).shifts().exists()
        assert not Sight.of(user).sees_everything


@pytest.mark.django_db
@pytest.mark.usefixtures("three_units")
def test_units_are_those_whose_notices_reach_him() -> None:
    assert sight("supervisor", "chen@pd.example").units == {"East", "West"}
    assert sight("it", "it@pd.example").units == {"East", "West", "North"}
    assert not sight("officer", "chen@pd.example").units
    assert sight("supervisor", "lee@pd.example").own_officer_ids == {"7"}


def test_the_docs_keep_their_lines_short_enough_to_read() -> None:
    prose = [line for line in PAGE.splitlines() if not line.startswith(("|", "- "))]
    assert max(map(len, prose)) <= 170
    assert not re.search(r"\b(TODO|FIXME)\b", PAGE)
