"""The administration in the browser: who may open what, one change for two clicks, refusals beside their field."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse

from central import clock
from central.administration.tables import TABLES
from central.administration.users import add_user
from central.custody.models import DockSession
from central.dashboard.administering.addresses import urlpatterns
from central.fleet.enrolment import add_station, spend_code
from central.fleet.models import AdminEvent, Credential, EnrolmentCode, Station
from central.judging.due import look_again
from central.judging.models import Excuse, Judgement
from central.roster.keys import key_name_of
from central.roster.models import Camera, Key, Officer
from tests.dashboard.conftest import Department
from tests.dashboard.world import noon_at

pytestmark = pytest.mark.django_db
PAGE = Path(__file__).resolve().parents[2] / "docs" / "administration.md"
TABLE = [line for line in PAGE.read_text().splitlines() if line.startswith("| `/")]
ROLES = ("it", "admin", "auditor", "supervisor", "officer")
KEEPERS, READERS, CHIEFS = {"it", "admin"}, {"it", "admin", "auditor"}, {"admin"}
PLACE = "/administration"
WHOSE = {
    f"{PLACE}/": READERS,
    f"{PLACE}/stations/": KEEPERS,
    f"{PLACE}/stations/add": KEEPERS,
    f"{PLACE}/stations/file": KEEPERS,
    f"{PLACE}/stations/of/east-1": KEEPERS,
    f"{PLACE}/users/": CHIEFS,
    f"{PLACE}/users/add": CHIEFS,
    f"{PLACE}/users/file": CHIEFS,
    f"{PLACE}/users/{{user}}": CHIEFS,
    f"{PLACE}/cameras/": READERS,
    f"{PLACE}/cameras/?show=unseen": READERS,
    f"{PLACE}/cameras/add": KEEPERS,
    f"{PLACE}/cameras/file": KEEPERS,
    f"{PLACE}/cameras/of/0412": READERS,
    f"{PLACE}/officers/": READERS,
    f"{PLACE}/officers/?show=no_email": READERS,
    f"{PLACE}/officers/file": KEEPERS,
    f"{PLACE}/officers/of/1000": READERS,
    f"{PLACE}/units/": READERS,
    f"{PLACE}/units/file": KEEPERS,
    f"{PLACE}/keys/": KEEPERS,
    f"{PLACE}/changes/": READERS,
    f"{PLACE}/exports/": READERS,
    f"{PLACE}/health/": KEEPERS,
    "/password": set(ROLES),
}
DOORS = {
    f"{PLACE}/stations/of/east-1/set": KEEPERS,
    f"{PLACE}/stations/of/east-1/code": KEEPERS,
    f"{PLACE}/stations/of/east-1/replace": KEEPERS,
    f"{PLACE}/stations/of/east-1/revoke": KEEPERS,
    f"{PLACE}/users/{{user}}/role": CHIEFS,
    f"{PLACE}/users/{{user}}/active": CHIEFS,
    f"{PLACE}/users/{{user}}/reset": CHIEFS,
    f"{PLACE}/cameras/of/0412": KEEPERS,
    f"{PLACE}/officers/of/1000": KEEPERS,
    f"{PLACE}/keys/1/revoke": KEEPERS,
    f"{PLACE}/exports/docks.csv": READERS,
    f"{PLACE}/exports/users.json": {"admin", "auditor"},
    f"{PLACE}/health/mail": KEEPERS,
}


@pytest.fixture(autouse=True)
def pat(department: Department, settings: Any) -> User:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # theirs are slow on purpose
    return add_user("pat@pd.example", "it", clock.now(), "root")


def token_in(text: str, place: int = 0) -> str:
    return re.findall(r'name="token" value="([0-9a-f-]{36})"', text)[place]


@pytest.mark.parametrize("path", WHOSE)
def test_a_page_opens_for_the_roles_that_it_is_for_and_no_other(department: Department, path: str, pat: User) -> None:
    path, whose = path.format(user=pat.pk), WHOSE[path]
    assert {role for role in ROLES if department.get(role, path).status_code == 200} == whose
    assert Client().get(path).status_code == 302
    text = department.text("admin", path)
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:", text)


@pytest.mark.parametrize("path", DOORS)
def test_a_door_opens_for_the_roles_that_it_is_for_and_no_other(department: Department, path: str, pat: User) -> None:
    path, whose = path.format(user=pat.pk), DOORS[path]
    for role in ROLES:
        before = AdminEvent.objects.count()
        assert (department.browsers[role].post(path).status_code == 403) == (role not in whose), role
        if role not in whose:
            assert AdminEvent.objects.count() == before
    assert Client().post(path).status_code == 302
    assert Client(enforce_csrf_checks=True).post(path).status_code == 403


@pytest.mark.parametrize(
    "path", [path for path in WHOSE if "/of/" not in path and "?" not in path and "{" not in path]
)
def test_the_table_of_docs_says_whose_page_it_is(path: str) -> None:
    (line,) = [line for line in TABLE if f"`{path}`" in line.split("|")[1]]
    told = {role for role in ROLES if re.search(rf"\b{role}\b", line.split("|")[2])}
    assert (set(ROLES) if "everybody" in line else told) == WHOSE[path]


def test_no_address_of_the_administration_is_left_out(pat: User) -> None:
    paths = {path.format(user=pat.pk).partition("?")[0] for path in (*WHOSE, *DOORS)}
    reached = {get_resolver().resolve(path).url_name for path in paths}
    assert {one.name for one in urlpatterns} - reached == {"password_by_link", "look_at_health"}


def test_clicking_twice_makes_one_station_and_shows_the_same_code(department: Department) -> None:
    it = department.browsers["it"]
    said = {
        "station_id": "garage-1",
        "site": "East",
        "label": "Garage",
        "token": token_in(department.text("it", f"{PLACE}/stations/add")),
    }
    first, second = (it.post(f"{PLACE}/stations/add", said) for _ in range(2))
    codes = [re.search(r"(?:[A-Z2-9]{5}-){3}[A-Z2-9]{5}", one.content.decode()) for one in (first, second)]
    assert codes[0] is not None
    assert codes[1] is not None
    assert codes[0][0] == codes[1][0]
    assert first["Cache-Control"] == "no-store"
    assert [one.what for one in AdminEvent.objects.filter(subject="garage-1")] == [
        *("station_added", "code_made", "station_changed"),
    ]
    assert {one.by for one in AdminEvent.objects.filter(subject="garage-1")} == {"it@pd.example"}
    other = department.browsers["admin"].post(f"{PLACE}/stations/add", said)
    assert codes[0][0] not in other.content.decode(), "whoever else has the form sees no code"
    assert codes[0][0] not in department.text("it", f"{PLACE}/stations/of/garage-1")
    assert spend_code(codes[0][0], "key", "pc", clock.now()).station == "garage-1"
    assert codes[0][0] not in it.post(f"{PLACE}/stations/add", said).content.decode(), "it was used"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"station_id": "no name"}, "cannot name a station"),
        ({"station_id": "east-1", "label": "Kept words"}, "enrolled already"),
        ({"station_id": ""}, "This field is required"),
        ({"station_id": "x", "site": "s" * 65}, "at most 64"),
    ],
)
def test_a_refusal_stands_beside_its_field_and_what_was_typed_is_kept(
    department: Department, said: dict[str, str], why: str
) -> None:
    token = token_in(department.text("it", f"{PLACE}/stations/add"))
    answer = department.browsers["it"].post(f"{PLACE}/stations/add", {**said, "token": token})
    text = answer.content.decode()
    assert answer.status_code == 422
    (field,) = re.findall(r'aria-describedby="([^"]*_error[^"]*)"', text) or [""]
    assert why in text
    assert field
    assert all(f'id="{name}"' in text for name in field.split())
    assert all(f'value="{word}"' in text for word in said.values() if word)
    assert Station.objects.filter(pk="x").count() == 0


def test_a_station_is_revoked_only_by_its_typed_name_and_a_reason(department: Department) -> None:
    it, path = department.browsers["it"], f"{PLACE}/stations/of/east-1/revoke"
    for said in ({"reason": "stolen", "typed": "east"}, {"reason": "", "typed": "east-1"}):
        answer = it.post(path, said)
        assert answer.status_code == 422
        assert f'value="{said["reason"]}"' in answer.content.decode() or not said["reason"]
        assert Credential.objects.filter(station="east-1", revoked_at=None).exists()
    answer = it.post(path, {"reason": "stolen", "typed": "east-1"}, follow=True)
    assert "Nothing is accepted from its PC any more" in answer.content.decode()
    assert not Credential.objects.filter(station="east-1", revoked_at=None).exists()
    assert AdminEvent.objects.latest("number").detail == {"reason": "stolen"}


def test_a_stations_place_its_fresh_code_and_its_new_pc(department: Department) -> None:
    it = department.browsers["it"]
    answer = it.post(f"{PLACE}/stations/of/south-1/set", {"site": "South", "label": "=Gate"}, follow=True)
    assert (answer.redirect_chain[0][1], "Kept." in answer.content.decode()) == (302, True)
    assert AdminEvent.objects.latest("number").detail == {
        "site": "South",
        "label": "=Gate",
        "site_before": "",
        "label_before": "",
    }
    add_station("new-1", clock.now(), by="root")
    answer = it.post(
        f"{PLACE}/stations/of/new-1/code", {"token": token_in(department.text("it", f"{PLACE}/stations/of/new-1"))}
    )
    assert "Shown this once" in answer.content.decode()
    token = token_in(department.text("it", f"{PLACE}/stations/of/west-1"))
    answer = it.post(f"{PLACE}/stations/of/west-1/replace", {"token": token, "revoke_now": "on"})
    assert "Shown this once" in answer.content.decode()
    assert not Credential.objects.filter(station="west-1", revoked_at=None).exists()
    assert department.get("it", f"{PLACE}/stations/of/nowhere").status_code == 404


def checked(browser: Client, kind: str, content: bytes) -> Any:
    return browser.post(f"{PLACE}/{kind}/file", {"file": SimpleUploadedFile("my.csv", content)})


def confirm(browser: Client, kind: str, seen: Any, **more: str) -> Any:
    text = seen.content.decode()
    content = re.search(r'name="content" value="([^"]*)"', text)
    assert content is not None, text
    said = {"token": token_in(text), "content": content[1], "file_name": "my.csv", **more}
    return browser.post(f"{PLACE}/{kind}/file", said)


def test_a_file_of_stations_is_checked_first_then_brought_in_once_with_its_codes(department: Department) -> None:
    it, rows = department.browsers["it"], b"station_id,site\nn-1,North\nn-2,North\neast-1,East\n"
    wrong = checked(it, "stations", b"station_id,site\n/n,\nn-2,\nn-2,\n")
    assert (wrong.status_code, wrong.content.decode().count("<li>row ")) == (422, 2)
    seen = checked(it, "stations", rows)
    assert seen.content.decode().count('name="as"') == 2
    assert "3 stations: 2 would be added, 0 get a fresh code, 1 are enrolled and get no code" in seen.content.decode()
    assert Station.objects.filter(pk__startswith="n-").count() == 0
    answers = [confirm(it, "stations", seen, **{"as": "csv"}) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert "codes.csv" in answers[0]["Content-Disposition"]
    codes = list(csv.DictReader(io.StringIO(answers[0].content.decode())))
    assert [row["station_id"] for row in codes] == ["n-1", "n-2"]
    assert EnrolmentCode.objects.filter(station__in=["n-1", "n-2"]).count() == 2
    assert spend_code(codes[0]["code"], "key", "pc", clock.now()).station == "n-1"
    assert AdminEvent.objects.filter(what="station_added", subject__startswith="n-").count() == 2
    assert codes[1]["code"] not in repr(list(AdminEvent.objects.values()))


@pytest.mark.parametrize(
    ("kind", "good", "bad", "brought"),
    [
        ("users", b"email,role\nnew@pd.example,officer\n", b"email,role\nnobody,boss\n", "Shown this once"),
        ("cameras", b"camera_serial,state\n0412,repair\n", b"camera_serial,state\n,broken\n", ""),
        ("officers", b"officer_id,note\n1000,desk\n", b"officer_id,email\n1000,other@pd.example\n", ""),
        ("units", b"unit,supervisor_email\nNew,a@pd.example\n", b"unit,supervisor_email\n,x\n", ""),
    ],
)
def test_a_file_is_checked_then_brought_in(
    department: Department, kind: str, good: bytes, bad: bytes, brought: str
) -> None:
    browser, before = department.browsers["admin"], AdminEvent.objects.count()
    wrong = checked(browser, kind, bad)
    assert wrong.status_code == 422
    assert "<li>row 2" in wrong.content.decode()
    seen = checked(browser, kind, good)
    assert AdminEvent.objects.count() == before
    answer = confirm(browser, kind, seen)
    assert AdminEvent.objects.count() == before + 1
    assert brought in answer.content.decode() if brought else answer.status_code == 302
    confirm(browser, kind, seen)
    assert AdminEvent.objects.count() == before + 1
    if answer.status_code == 302:
        assert "The file was brought in." in department.text("admin", answer["Location"])


def test_a_file_that_is_no_longer_right_when_it_is_confirmed_changes_nothing(department: Department) -> None:
    admin = department.browsers["admin"]
    seen = checked(admin, "officers", b"officer_id,email,note\n6660,new@pd.example,x\n")
    Officer.objects.filter(pk="6660").update(email="roster@pd.example")
    answer = confirm(admin, "officers", seen)
    assert (answer.status_code, "the roster says" in answer.content.decode()) == (422, True)
    assert Officer.objects.get(pk="6660").note == ""


def test_too_large_a_file_and_nonsense_in_place_of_one_are_refused(department: Department) -> None:
    it = department.browsers["it"]
    big = b"camera_serial\n" + b"x" * 1024 * 1024
    assert checked(it, "cameras", big).status_code == 422
    assert checked(it, "cameras", big * 2).status_code == 413
    token = token_in(department.text("it", f"{PLACE}/stations/add"))
    for content in ("%%%", base64.b64encode(b"no,columns\n1,2\n").decode()):
        assert it.post(f"{PLACE}/cameras/file", {"token": token, "content": content}).status_code == 422
    assert not Camera.objects.exists()


def test_a_person_is_added_with_a_link_by_which_he_sets_his_password_once(department: Department) -> None:
    admin = department.browsers["admin"]
    said = {
        "email": "New@pd.example",
        "role": "auditor",
        "token": token_in(department.text("admin", f"{PLACE}/users/add")),
    }
    first, again = (admin.post(f"{PLACE}/users/add", said).content.decode() for _ in range(2))
    link = re.search(r"/password/\w+/[\w-]+", first)
    assert link is not None
    assert "Shown this once" in again
    assert User.objects.filter(username="new@pd.example").count() == 1
    stranger = Client()
    form = stranger.get(link[0])
    assert "new@pd.example" in form.content.decode()
    token = token_in(form.content.decode())
    for word, why in (("short", "at least 12"), ("password1234", "too common"), ("new@pd.example", "too similar")):
        answer = stranger.post(link[0], {"password": word, "again": word, "token": token})
        assert (answer.status_code, why in answer.content.decode()) == (422, True), word
        assert f'value="{word}"' not in answer.content.decode()
    answer = stranger.post(link[0], {"password": "a good long word", "again": "a good long word", "token": token})
    assert answer.status_code == 302
    assert authenticate(username="new@pd.example", password="a good long word") is not None
    assert stranger.get(link[0]).status_code == 410
    assert stranger.get("/password/AA/b-c").status_code == 410
    kept = AdminEvent.objects.filter(subject="new@pd.example").values_list("what", "by")
    assert list(kept) == [("user_added", "chief@pd.example"), ("password_set", "new@pd.example")]


def test_nobody_takes_his_own_role_and_the_last_administrator_stays(department: Department, pat: User) -> None:
    pat.set_password("pats-own-word")
    pat.save()
    admin, chief = department.browsers["admin"], User.objects.get(username="chief@pd.example")
    for door, said in (("role", {"role": "it"}), ("active", {"active": "no"})):
        answer = admin.post(f"{PLACE}/users/{chief.pk}/{door}", said)
        assert (answer.status_code, "You cannot" in answer.content.decode()) == (422, True), door
    token = token_in(department.text("admin", f"{PLACE}/users/{pat.pk}"))
    assert "Shown this once" in admin.post(f"{PLACE}/users/{pat.pk}/reset", {"token": token}).content.decode()
    assert authenticate(username="pat@pd.example", password="pats-own-word") is None
    for _ in range(2):
        assert admin.post(f"{PLACE}/users/{pat.pk}/active", {"active": "no"}).status_code == 302
    assert AdminEvent.objects.filter(what="user_disabled").count() == 1
    assert admin.post(f"{PLACE}/users/{pat.pk}/role", {"role": "auditor"}).status_code == 302
    assert admin.post(f"{PLACE}/users/{pat.pk}/role", {"role": "boss"}).status_code == 422


def test_everybody_changes_his_own_password_and_stays_logged_in_there_alone(pat: User) -> None:
    pat.set_password("pats-own-word")
    pat.save()
    here, elsewhere = Client(), Client()
    for browser in (here, elsewhere):
        assert browser.login(username="pat@pd.example", password="pats-own-word")
    token = token_in(here.get("/password").content.decode())
    said = {"present": "not this one", "password": "a good long word", "again": "a good long word", "token": token}
    answer = here.post("/password", said)
    assert (answer.status_code, "not your present password" in answer.content.decode()) == (422, True)
    assert "a good long word" not in answer.content.decode()
    answer = here.post("/password", {**said, "again": "another"})
    assert "not the same" in answer.content.decode()
    answer = here.post("/password", {**said, "present": "pats-own-word"}, follow=True)
    assert "Your password was changed" in answer.content.decode()
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    assert "long word" not in repr(list(AdminEvent.objects.values()))


def test_what_is_said_of_a_camera_changes_no_verdict_and_no_excuse(department: Department) -> None:
    it, world = department.browsers["it"], department.world
    standing = Judgement.objects.filter(superseded_at=None).order_by("shift_id")
    verdicts = list(standing.values_list("shift_id", "verdict", "plain_verdict"))
    excuses = Excuse.objects.count()
    for serial, state in (("0412", "lost"), ("0440", "repair"), ("0455", "retired")):
        answer = it.post(f"{PLACE}/cameras/of/{serial}", {"state": state, "label": "", "note": "seen by nobody"})
        assert answer.status_code == 302
    with noon_at(world.now):
        look_again(list(Camera.objects.values_list("pk", flat=True)), "test", world.now)
        world.judge(0)
    assert list(standing.values_list("shift_id", "verdict", "plain_verdict")) == verdicts
    assert Excuse.objects.count() == excuses
    assert "0412" in department.text("supervisor", "/open/"), "it is still out, and said so"


def test_the_list_of_unseen_cameras_leaves_out_what_is_not_in_use(department: Department) -> None:
    now = clock.now()
    east = Station.objects.get(pk="east-1")
    for number in range(3):
        DockSession.objects.create(
            session=f"00000000-0000-0000-0000-00000000000{number}",
            station=east,
            camera=f"OLD-{number}",
            docked_at=now - timedelta(days=60),
            undocked_at=now - timedelta(days=50) if number < 2 else None,
        )
    Camera.objects.create(serial="OLD-1", state="retired", state_since=now)
    text = department.text("it", f"{PLACE}/cameras/?show=unseen")
    assert [name in text for name in (">OLD-0<", ">OLD-1<", ">OLD-2<", ">0412<")] == [True, False, False, False]
    assert ">OLD-1<" in department.text("it", f"{PLACE}/cameras/?show=retired")
    DockSession.objects.filter(camera="OLD-1").update(docked_at=now + timedelta(seconds=1))
    assert "docked since" in department.text("it", f"{PLACE}/cameras/?q=old-1")


def test_an_officers_address_is_said_where_the_roster_has_none_and_makes_him_himself(
    department: Department,
) -> None:
    it = department.browsers["it"]
    assert 'name="email"' not in department.text("it", f"{PLACE}/officers/of/1000"), "the roster says it"
    said = {"email": "it@pd.example", "unit": "", "note": ""}
    answer = it.post(f"{PLACE}/officers/of/6660", said)
    assert (answer.status_code, "somebody else can" in answer.content.decode()) == (422, True)
    robin = User.objects.create_user("robin@pd.example", "robin@pd.example")
    robin.groups.set(User.objects.get(username="kim.lee@pd.example").groups.all())
    browser = Client()
    browser.force_login(robin)
    assert "0412" not in browser.get("/mine/").content.decode()
    assert it.post(f"{PLACE}/officers/of/6660", {**said, "email": "robin@pd.example"}).status_code == 302
    assert "0412" in browser.get("/mine/").content.decode()


def test_a_key_is_made_once_shown_once_and_revoked(department: Department) -> None:
    it = department.browsers["it"]
    said = {"name": "scheduler", "token": token_in(department.text("it", f"{PLACE}/keys/"))}
    first, again = (it.post(f"{PLACE}/keys/", said).content.decode() for _ in range(2))
    found = re.search(r"dockkey_[\w-]{43}", first)
    assert found is not None
    assert found[0] in again
    assert key_name_of(found[0], clock.now()) == "scheduler"
    assert found[0] not in department.text("it", f"{PLACE}/keys/")
    taken = it.post(f"{PLACE}/keys/", {**said, "token": token_in(department.text("it", f"{PLACE}/keys/"))})
    assert (taken.status_code, "there is a key scheduler already" in taken.content.decode().lower()) == (422, True)
    for _ in range(2):
        assert it.post(f"{PLACE}/keys/{Key.objects.get().pk}/revoke").status_code == 302
    assert key_name_of(found[0], clock.now()) is None
    assert AdminEvent.objects.filter(what="key_revoked").count() == 1


def test_what_was_changed_is_found_by_who_what_whom_and_day(department: Department) -> None:
    department.browsers["it"].post(f"{PLACE}/stations/of/east-1/set", {"site": "=East", "label": "<b>Desk</b>"})
    today = clock.now().date().isoformat()
    found = f"{PLACE}/changes/?by=it@pd&what=station_changed&subject=east&from={today}&to={today}"
    text = department.text("auditor", f"{PLACE}/changes/?by=it@pd&what=station_changed&subject=east")
    assert "<del>nothing</del> =East" in text
    assert "&lt;b&gt;Desk" in text
    assert "replaces: no" in department.text("auditor", f"{PLACE}/changes/?what=code_made")
    assert department.get("auditor", found).status_code == 200
    for none in ("?by=nobody", "?what=epoch_raised", "?subject=nowhere", "?from=2999-01-01", "?to=1999-01-01"):
        assert "No change is like that" in department.text("auditor", f"{PLACE}/changes/{none}")
    assert department.get("auditor", f"{PLACE}/changes/?from=nonsense&to=9999-99-99&page=x").status_code == 200


def body(answer: Any) -> str:
    return b"".join(answer.streaming_content).decode()


@pytest.mark.parametrize("what", list(TABLES))
def test_every_export_is_streamed_in_both_forms_and_who_took_it_is_kept(department: Department, what: str) -> None:
    for form in ("csv", "json"):
        answer = department.browsers["auditor"].post(f"{PLACE}/exports/{what}.{form}")
        assert answer.streaming
        kept = AdminEvent.objects.latest("number")
        assert (kept.what, kept.subject, kept.by, kept.detail) == (
            *("exported", what, "audit@pd.example"),
            {"format": form},
        )
        text = body(answer)
        columns = TABLES[what][0]
        rows = json.loads(text) if form == "json" else list(csv.DictReader(io.StringIO(text)))
        assert all(list(row) == list(columns) for row in rows)
    assert department.browsers["auditor"].get(f"{PLACE}/exports/{what}.csv").status_code == 405


def test_an_export_runs_no_formula_and_another_table_or_form_is_not_found(department: Department) -> None:
    it = department.browsers["it"]
    it.post(f"{PLACE}/cameras/of/0412", {"state": "in_use", "label": "=1+1", "note": "@x"})
    text = body(it.post(f"{PLACE}/exports/cameras.csv"))
    assert "'=1+1" in text
    assert "'@x" in text
    for wrong in ("secrets.csv", "docks.xlsx"):
        assert it.post(f"{PLACE}/exports/{wrong}").status_code == 404
    assert "users as CSV" not in department.text("it", f"{PLACE}/exports/")
    assert "users as CSV" in department.text("admin", f"{PLACE}/exports/")


def test_doctor_answers_within_its_time_and_shows_no_secret(department: Department) -> None:
    from central.dashboard.administering import health

    answer = department.browsers["it"].post(f"{PLACE}/health/look")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "[mail] host is not set." in text
    assert department.browsers["auditor"].post(f"{PLACE}/health/look").status_code == 403
    assert health.PATIENCE_S <= 20


def test_a_test_mail_is_tried_once_for_each_form_and_kept(department: Department) -> None:
    it = department.browsers["it"]
    said = {"address": "it@pd.example", "token": token_in(department.text("it", f"{PLACE}/health/"))}
    answer = it.post(f"{PLACE}/health/mail", said)
    assert answer.status_code == 422
    assert "no mail was sent: [mail] names no host" in answer.content.decode()
    assert "asked for already" in it.post(f"{PLACE}/health/mail", said).content.decode()
    (kept,) = AdminEvent.objects.filter(what="mail_tested")
    assert (kept.subject, kept.by, kept.detail["taken"]) == ("it@pd.example", "it@pd.example", False)


def questions(department: Department, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        department.text("admin", path)
    return len(asked)


def test_many_cameras_officers_stations_and_users_cost_no_more_questions_than_few(department: Department) -> None:
    paths = [f"{PLACE}/{name}" for name in ("cameras/", "cameras/?show=unseen", "officers/", "stations/", "users/")]
    few = {path: questions(department, path) for path in paths}
    now = clock.now()
    Camera.objects.bulk_create(Camera(serial=f"M{n:03}", state_since=now) for n in range(400))
    Officer.objects.bulk_create(Officer(officer_id=f"M{n:03}") for n in range(400))
    Station.objects.bulk_create(Station(station_id=f"m-{n:03}", added_at=now) for n in range(100))
    User.objects.bulk_create(User(username=f"m{n:03}@pd.example") for n in range(100))
    many = {path: questions(department, path) for path in paths}
    assert all(many[path] <= few[path] + 3 for path in paths), (few, many)


@pytest.mark.parametrize("name", ["a/b", "line\nbreak", "50 % of?#&", "<b>'\"", "ü" * 64, "file", "7/set"])
def test_a_camera_and_an_officer_of_any_name_have_pages(department: Department, name: str) -> None:
    now = clock.now()
    DockSession.objects.create(
        session="00000000-0000-0000-0000-000000000009", station_id="east-1", camera=name, docked_at=now
    )
    Officer.objects.create(officer_id=name)
    for page in ("admin_camera", "admin_officer"):
        assert department.get("it", reverse(page, args=[name])).status_code == 200
