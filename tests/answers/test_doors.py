"""The doors and pages of answers: real logins, real rows, judged by the real rule."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from central import clock
from central.alarms.models import Alarm
from central.alerting.rounds import Work, play_round
from central.answers.kinds import Kind, Outcome
from central.answers.models import Answer, Closing
from central.config import CentralConfig, Notices
from central.dashboard.roles import ROLES
from central.data_dir import DataDir
from central.judging.models import Excuse, Judgement
from central.roster.models import Shift, Unit
from tests.judging.court import DEADLINE, END, START, Court, roster, watching
from tests.watching.telling import Telling, at

pytestmark = pytest.mark.django_db
SAID = DEADLINE + 30
CAPTAIN = "captain@pd.example"


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock is a process edge: it stands half an hour after the deadline."""
    monkeypatch.setattr(clock, "now", lambda: at(SAID))


@pytest.fixture
def east() -> Telling:
    """S1 of officer 7 (East) is outstanding; S2 of officer 8 is of another unit."""
    Unit.objects.create(unit="East", supervisor_email="chen@pd.example", escalate_to_email=CAPTAIN)
    station = watching()
    station.dock(START - 30, "C9", bay="1-4", absent=START - 30)
    station.undock(START - 5, station.dock(START - 20, "C5", bay="1-5", absent=START - 20), "C5")
    roster("S1", "S/1?")
    roster(
        "S2",
        camera_serial="C2",
        officer_id="8",
        officer_email="kim@pd.example",
        unit="West",
        supervisor_email="diaz@pd.example",
    )
    station.beat(SAID - 5)
    return station


@pytest.fixture
def court(east: Telling) -> Court:
    judging = Court()
    assert judging.says(SAID - 1).verdict == "outstanding"
    return judging


def browser(role: str, email: str) -> Client:
    client = Client(enforce_csrf_checks=False)
    user = User.objects.create_user(email, email)
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    client.force_login(user)
    return client


def post(client: Client, kind: str, shift_id: str = "S1", **more: Any) -> Any:
    given = {"kind": kind, "token": str(uuid4()), "text": "because", **more}
    return client.post(f"/answers/say/{shift_id}", given)


def rows() -> tuple[int, ...]:
    return (Answer.objects.count(), Closing.objects.count(), Excuse.objects.count())


def test_a_supervisor_answers_for_his_unit_and_the_page_says_what_follows(court: Court) -> None:
    chen = browser("supervisor", "chen@pd.example")
    given = post(chen, "said_docked", station="east", bay="Bay 7", text="left it <b>there</b>")
    assert given.status_code == 302
    page = chen.get(given["Location"]).content.decode()
    assert "Reminders pause until" in page
    assert "left it &lt;b&gt;there&lt;/b&gt;" in page
    assert "Where to look" in page
    assert "What did you find?" not in page, "that is for IT"
    listed = chen.get("/answers/").content.decode()
    assert "Docks to look into: 1" in listed


def test_it_closes_the_check_and_the_officer_is_excused(court: Court) -> None:
    post(browser("supervisor", "chen@pd.example"), "said_docked")
    technician = browser("it", "it@pd.example")
    number = Answer.objects.get().pk
    assert "In a dock, unreadable" in technician.get(f"/answers/{number}/").content.decode()
    assert technician.post(f"/answers/{number}/close", {"outcome": "camera_unreadable"}).status_code == 302
    assert court.says(SAID + 1).excuse == "IT found it in a dock, unreadable"


@pytest.mark.parametrize("kind", Kind)
def test_an_officer_can_only_contest_and_only_for_himself(court: Court, kind: Kind) -> None:
    lee, before = browser("officer", "lee@pd.example"), rows()
    more = {"camera": "C9", "ends_at": "2026-11-20T20:00"}
    own, others = post(lee, kind, **more), post(lee, kind, "S2", **more)
    if kind is Kind.CONTEST:
        assert own.status_code == 302
        assert Answer.objects.get().decider == CAPTAIN
    else:
        assert own.status_code == 403
        assert "your own shift" in own.content.decode()
        assert rows() == before
    assert others.status_code == 404, "of others' shifts he does not learn that they exist"
    assert ">S2<" not in lee.get("/answers/").content.decode()
    assert lee.get("/answers/other-camera/S1").status_code == 403
    assert lee.get("/answers/other-camera/S2").status_code == 404


def test_guessing_the_address_of_anothers_answer_helps_nobody(court: Court) -> None:
    post(browser("supervisor", "diaz@pd.example"), "leave_or_court", "S2")
    number, before = Answer.objects.get().pk, rows()
    for role, email in (("officer", "lee@pd.example"), ("supervisor", "chen@pd.example")):
        outsider = browser(role, email)
        assert outsider.get(f"/answers/{number}/").status_code == 404
        assert outsider.post(f"/answers/{number}/withdraw").status_code == 404
        assert outsider.post(f"/answers/{number}/close", {"outcome": "found_docked"}).status_code == 404
        assert outsider.get(f"/answers/{number + 1}/").status_code == 404
    assert rows() == before


def test_a_supervisor_who_is_the_officer_decides_nothing_about_himself(court: Court) -> None:
    me = browser("supervisor", "lee@pd.example")
    Unit.objects.filter(pk="East").update(on_duty_email="lee@pd.example")
    before = rows()
    for kind in Kind:
        if kind is not Kind.CONTEST:
            assert post(me, kind, camera="C9", ends_at="2026-11-20T20:00").status_code == 403
    assert rows() == before
    assert post(me, "contest").status_code == 302
    number = Answer.objects.get().pk
    assert me.post(f"/answers/{number}/close", {"outcome": "upheld", "text": "of course"}).status_code == 403
    assert Closing.objects.count() == 0


def test_a_contest_is_decided_by_its_decider_on_its_page(court: Court) -> None:
    post(browser("officer", "lee@pd.example"), "contest", text="I docked it")
    number = Answer.objects.get().pk
    captain = browser("supervisor", CAPTAIN)
    assert "Your decision" in captain.get(f"/answers/{number}/").content.decode()
    assert captain.post(f"/answers/{number}/close", {"outcome": "upheld", "text": ""}).status_code == 409
    assert (
        captain.post(f"/answers/{number}/close", {"outcome": "upheld", "text": "video shows it"}).status_code == 302
    )
    assert court.says(SAID + 1).verdict == "excused"
    again = captain.post(f"/answers/{number}/close", {"outcome": "rejected", "text": "no"})
    assert again.status_code == 409
    assert "ended already" in again.content.decode()


def test_another_camera_takes_two_clicks(east: Telling, court: Court) -> None:
    chen = browser("supervisor", "chen@pd.example")
    page = chen.get("/answers/other-camera/S1").content.decode()
    assert "It was C5" in page
    assert "east, 1-5" in page
    assert "nobody&#x27;s shift" in page or "nobody's shift" in page
    given = post(chen, "other_camera", camera="C5")
    assert given.status_code == 302
    assert "C1 → C5" in chen.get(given["Location"]).content.decode()
    assert court.says(SAID + 1).camera == "C5"
    unknown = post(chen, "other_camera", camera="C77")
    assert unknown.status_code == 409
    assert "No station ever saw camera" in unknown.content.decode()
    number = Answer.objects.get().pk
    assert chen.post(f"/answers/{number}/withdraw", {"text": "no, it was not"}).status_code == 302
    assert court.says(SAID + 2).camera == "C1"


def test_the_real_end_is_read_in_the_sites_time(court: Court) -> None:
    chen = browser("supervisor", "chen@pd.example")
    assert post(chen, "shift_end_wrong", ends_at="2026-11-20T20:30").status_code == 302
    assert Shift.objects.get(pk="S1").ends_at == at(8.5 * 60)
    for wrong in ("", "soon", "20.11.2026 20:00", "2026-11-20", "9999-12-31T23:59"):
        answer = post(chen, "shift_end_wrong", ends_at=wrong)
        assert answer.status_code == 409
        assert "Nothing was changed." in answer.content.decode()
    assert Answer.objects.count() == 1


def test_one_form_sent_twice_is_one_answer(court: Court) -> None:
    chen, token = browser("supervisor", "chen@pd.example"), str(uuid4())
    first, second = (post(chen, "lost", token=token) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert rows() == (1, 0, 1)


def test_what_is_no_form_of_ours_changes_nothing(court: Court) -> None:
    chen, before = browser("supervisor", "chen@pd.example"), rows()
    assert post(chen, "promotion").status_code == 400
    assert post(chen, "lost", token="x").status_code == 400
    assert chen.post("/answers/say/S1").status_code == 400
    assert chen.get("/answers/say/S1").status_code == 405
    assert rows() == before
    post(chen, "lost")
    number = Answer.objects.get().pk
    assert chen.post(f"/answers/{number}/close", {"outcome": "fine"}).status_code == 400
    assert chen.post(f"/answers/{number}/close", {"outcome": "found_docked"}).status_code == 409
    assert chen.get(f"/answers/{number}/close").status_code == 405


def test_without_the_forms_secret_nothing_is_taken(court: Court) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_user("x", "chen@pd.example"))
    assert post(strict, "lost").status_code == 403
    assert rows() == (0, 0, 0)


@pytest.mark.parametrize("path", ["/answers/", "/answers/1/", "/answers/other-camera/S1"])
def test_nobody_reads_answers_without_login_or_role(court: Court, path: str) -> None:
    assert Client().get(path)["Location"].startswith("/login?next=")
    roleless = Client()
    roleless.force_login(User.objects.create_user("n", "chen@pd.example"))
    assert roleless.get(path).status_code == 403


@pytest.mark.parametrize("role", ROLES)
def test_every_role_sees_its_answers_without_script_or_inline_style(court: Court, role: str) -> None:
    emails = {"officer": "lee@pd.example", "supervisor": "chen@pd.example"}
    post(browser("admin", "chief@pd.example"), "said_docked", text="<script>alert(1)</script>")
    client = browser(role, emails.get(role, f"{role}@pd.example"))
    for path in ("/answers/", f"/answers/{Answer.objects.get().pk}/"):
        page = client.get(path)
        assert page.status_code == 200
        text = page.content.decode()
        assert "&lt;script&gt;alert(1)" in text
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:", text)


def test_a_shift_with_an_odd_name_has_its_doors_too(court: Court) -> None:
    chen = browser("supervisor", "chen@pd.example")
    given = post(chen, "leave_or_court", "S%2F1%3F")
    assert given.status_code == 302
    assert "/shifts/S/1%3F/" in chen.get(given["Location"]).content.decode()


def test_the_export_and_the_pages_agree_on_how_a_check_ended(court: Court) -> None:
    post(browser("supervisor", "chen@pd.example"), "said_docked")
    technician = browser("it", "it@pd.example")
    answer = Answer.objects.get()
    technician.post(f"/answers/{answer.pk}/close", {"outcome": "not_found", "text": "looked twice"})
    assert answer.state == Outcome.NOT_FOUND
    assert "Not in any dock" in technician.get("/answers/").content.decode()


def forms_of(text: str) -> set[str]:
    return set(re.findall(r'name="kind" value="(\w+)"', text))


@pytest.mark.parametrize(
    ("role", "email", "kinds"),
    [
        ("officer", "lee@pd.example", {"contest"}),
        ("it", "it@pd.example", {"said_docked", "shift_end_wrong", "repair", "lost"}),
        ("auditor", "a@pd.example", set()),
        ("supervisor", "chen@pd.example", {*Kind} - {"other_camera"}),
    ],
)
def test_the_form_offers_what_may_be_said_and_no_more(
    court: Court, role: str, email: str, kinds: set[str], shift_form: Callable[[Client], str]
) -> None:
    text = shift_form(browser(role, email))
    assert forms_of(text) == kinds
    assert ("/answers/other-camera/S1" in text) == (role in ("it", "supervisor"))


@pytest.fixture
def shift_form(rf: Any) -> Callable[[Client], str]:
    """The block as a shift's page includes it."""

    def render(client: Client) -> str:
        from django.template import Context, Template  # Django is set up by now

        request = rf.get("/shifts/S1/")
        request.user = User.objects.get(pk=client.session["_auth_user_id"])
        shown = Template("{% load answering %}{% answer_form shift %}")
        return shown.render(Context({"request": request, "shift": Shift.objects.get(pk="S1")}))

    return render


def test_the_block_says_why_nothing_can_be_said(court: Court, shift_form: Callable[[Client], str]) -> None:
    Shift.objects.filter(pk="S1").update(status="withdrawn")
    assert "This shift is withdrawn" in shift_form(browser("supervisor", "chen@pd.example"))
    Shift.objects.filter(pk="S1").update(status="scheduled", ends_at=at(END - 40 * 24 * 60))
    it = browser("it", "it@pd.example")
    assert "more than 35 days ago" not in shift_form(it), "its camera is still out"
    Judgement.objects.filter(shift="S1", superseded_at=None).update(verdict="late")
    assert "more than 35 days ago" in shift_form(it)


def test_what_stands_already_is_not_offered_again(court: Court, shift_form: Callable[[Client], str]) -> None:
    chen, lee = browser("supervisor", "chen@pd.example"), browser("officer", "lee@pd.example")
    for client, kind in ((chen, "said_docked"), (chen, "lost"), (lee, "contest")):
        assert kind in forms_of(shift_form(client))
        assert post(client, kind).status_code == 302
        assert kind not in forms_of(shift_form(client))
    assert "Your contest stands" in shift_form(lee)


def test_a_shifts_page_has_the_form(court: Court) -> None:
    page = browser("supervisor", "chen@pd.example").get("/shifts/S1/").content.decode()
    assert 'action="/answers/say/S1"' in page
    assert "csrfmiddlewaretoken" in page


def test_the_alert_worker_ends_what_docks_ended_and_tells_it(
    east: Telling, court: Court, settings: Any, tmp_path: Path
) -> None:
    settings.DATA = DataDir(tmp_path)
    post(browser("supervisor", "chen@pd.example"), "lost")
    work = Work(CentralConfig(notices=Notices(it_recipients=("it@pd.example",))), at(START))
    assert play_round(work, at(SAID + 1), at(SAID))
    assert Alarm.objects.get(kind="camera_lost").subject == "C1"
    east.dock(SAID + 5, absent=SAID + 5)
    assert play_round(work, at(SAID + 6), at(SAID))
    assert Answer.objects.get().state == Outcome.DOCKED
    assert Alarm.objects.get(kind="camera_lost").ended_at is not None
