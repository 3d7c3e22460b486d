"""What the pages say of a seeded department."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from central import clock
from central.alarms.models import Alarm, Silence
from central.custody.models import Asset, DockSession
from central.judging.models import Judgement
from central.notices.models import Notice
from central.roster.models import RosterImport
from tests.dashboard.conftest import Department

pytestmark = pytest.mark.django_db


def test_open_now_tells_three_kinds_apart(department: Department) -> None:
    text = department.text("it", "/open/")
    out, _, rest = text.partition('id="unknown"')
    unknown, _, excused = rest.partition("Excused: ")
    assert [name in out for name in ("/cameras/0412/", "/cameras/0440/", "/cameras/0391/")] == [True, True, False]
    assert "/cameras/0391/" in unknown
    assert "Not watched: north-1 Bay 4, since" in unknown
    assert "/cameras/0420/" in excused
    assert "court all week" in excused
    assert "left east-1, Bay 7" in out
    assert re.search(r"\d notices<small>last", out)


def test_open_now_is_narrowed_to_a_unit(department: Department) -> None:
    text = department.text("it", "/open/?unit=Traffic")
    assert "/cameras/0412/" not in text
    assert "/cameras/0391/" in text


def test_a_station_lists_its_bays_as_people_count_them(department: Department) -> None:
    text = department.text("it", "/stations/east-1").partition("Bays now</h2>")[2]
    assert text.index(">Bay 1<") < text.index(">Bay 2<") < text.index(">Bay 10<")


def test_a_silent_station_lists_the_cameras_to_recall_and_what_nobody_can_know(department: Department) -> None:
    dock = DockSession.objects.filter(station="north-1", camera="0391").get()
    some = {
        "asset_id": uuid4(),
        "station_id": "north-1",
        "camera": "0391",
        "session": dock.session,
        "size": 4_000_000,
    }
    Asset.objects.create(**some, state="STAGED", first_heard_at=dock.docked_at)
    part = department.text("it", "/stations/north-1").partition('id="recall"')[2].partition("</section>")[0]
    assert "central cannot know" in part
    assert "1, 3.8\xa0MB<small>1 copied to the PC</small>" in part
    assert "Dock it again, anywhere" in part
    assert 'id="recall"' not in department.text("it", "/stations/east-1"), "it speaks: its files are under way"


def test_a_shift_shows_its_verdict_its_history_and_its_timeline_drawn_and_as_a_table(department: Department) -> None:
    text = department.text("it", "/shifts/0420-a/")
    assert "court all week" in text
    assert "without that: outstanding" in text
    history = text.partition('id="hist"')[2]
    assert history.index("excused") < history.index("outstanding"), "the newest first"
    assert text.count('<svg class="drawing') == 2, "one for wide and one for narrow screens"
    assert "In a dock" in text.partition("The same as a table")[2]
    late = department.text("it", "/shifts/0388-a/")
    assert "by 3 h 12 min" in late
    assert "west-1 Bay 9" in late, "by its label"
    assert "Not watched, tolerated" in late


def test_a_corrected_shift_shows_who_corrected_it(department: Department) -> None:
    assert "Corrected" in department.text("it", "/shifts/0455-a/")


def test_a_camera_out_without_a_shift_and_one_in_repair_say_so(department: Department) -> None:
    assert "Out without a shift" in department.text("it", "/cameras/0600/")
    assert "0600" in department.text("it", "/roster/").partition('id="stray"')[2]
    assert "sent to repair" in department.text("it", "/cameras/0700/")
    open_one = department.text("it", "/cameras/0412/")
    assert "Open since" in open_one
    assert "Reminder</a> to sgt.east@pd.example" in open_one


def test_instants_are_local_with_utc_beside(department: Department) -> None:
    said = Judgement.objects.get(shift="0412-a", superseded_at=None)
    text = department.text("it", "/shifts/0412-a/")
    assert f'title="{said.deadline_at:%Y-%m-%d %H:%M:%S} UTC"' in text
    assert "America/Chicago (C" in text


def test_a_notice_shows_its_text_and_what_became_of_it(department: Department) -> None:
    kept = Notice.objects.order_by("pk").first()
    assert kept is not None
    Notice.objects.filter(pk=kept.pk).update(mode="shadow", sent_at=None, text="Two cameras & <b>no</b> bold")
    assert "shadow: not mailed" in department.text("it", "/notices/?fate=shadow")
    assert "Two cameras &amp; &lt;b&gt;no&lt;/b&gt; bold" in department.text("it", f"/notices/{kept.notice_id}/")


def test_units_count_with_their_denominators(department: Department) -> None:
    month = Judgement.objects.get(shift="0388-a", superseded_at=None).deadline_at.astimezone()
    text = department.text("it", f"/units/?month={month:%Y-%m}")
    names = re.findall(r'<h2 id="unit-\d+">(.*?)</h2>', text)
    assert names == sorted(names)
    assert re.search(r"\d+\.\d % of \d+", text)
    assert "Eva Lind" not in text, "no officer is named here"


def test_it_discards_or_applies_a_waiting_import_and_nobody_else_does(department: Department) -> None:
    (number,) = RosterImport.objects.filter(state="waiting").values_list("pk", flat=True)
    assert "Apply import" in department.text("it", "/roster/")
    assert "Apply import" not in department.text("supervisor", "/roster/")
    for role in ("supervisor", "auditor", "officer"):
        assert department.browsers[role].post(f"/roster/{number}/discard").status_code == 403
    assert department.get("it", f"/roster/{number}/confirm").status_code == 405
    refused = department.browsers["it"].post(f"/roster/{number}/confirm")
    assert refused.status_code == 409, "the seeded file is empty"
    assert "was not applied" in refused.content.decode()
    assert "was discarded" in department.browsers["it"].post(f"/roster/{number}/discard").content.decode()
    assert department.browsers["it"].post(f"/roster/{number}/discard").status_code == 409
    assert RosterImport.objects.get(pk=number).decided_by == "it@pd.example"


def test_a_form_without_its_token_is_refused(department: Department) -> None:
    (number,) = RosterImport.objects.filter(state="waiting").values_list("pk", flat=True)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies.update(department.browsers["it"].cookies)
    assert strict.post(f"/roster/{number}/discard").status_code == 403


def test_alarms_are_shown_the_gravest_first_and_a_silenced_one_says_so(department: Department) -> None:
    now = clock.now()
    for kind, subject in (("roster_too_old", "central"), ("station_silent", "north-1")):
        Alarm.objects.create(kind=kind, subject=subject, sentence=f"{kind} of <{subject}>", opened_at=now, since=now)
    Silence.objects.create(
        kind="station_silent",
        subject="north-1",
        until=now + timedelta(hours=1),
        reason="painters",
        said_by="x",
        said_at=now,
    )
    text = department.text("it", "/alarms/")
    assert text.index("Station silent: north-1") < text.index("Roster too old: central")
    assert "painters" in text
    assert "station_silent of &lt;north-1&gt;" in text
    assert '/silence"' in text
    assert "/silence" not in department.text("auditor", "/alarms/")


def test_an_alarm_that_another_one_mutes_says_which(department: Department) -> None:
    now = clock.now()
    for kind, subject, station in (("station_silent", "north-1", "north-1"), ("disk_low", "north-1", "north-1")):
        said = {"sentence": "so", "opened_at": now, "since": now, "station": station}
        Alarm.objects.create(kind=kind, subject=subject, **said)
    silent, muted = department.text("it", "/alarms/").split("Disk low: north-1")
    assert "Muted by the silence of north-1" in muted
    assert "Muted" not in silent


def test_a_station_shows_what_it_watched_its_alarms_and_what_it_told(department: Department) -> None:
    now = clock.now()
    Alarm.objects.create(
        kind="disk_low", subject="east-1", station="east-1", sentence="2 GiB left.", opened_at=now, since=now
    )
    text = department.text("it", "/stations/east-1?days=7")
    assert "2 GiB left." in text
    assert "2 GiB left." not in department.text("it", "/stations/west-1")
    assert text.count('<svg class="drawing') == 2
    assert ">0412<" in text.partition('id="timeline"')[2].partition("</section>")[0], "a camera in its bay"
    gaps = text.partition("What was not watched, as a table")[2].partition("</table>")[0]
    assert "<td" in gaps, "its agent was restarted"
    assert "410.0" in text, "GB free on its disk"
    told = text.partition('id="events"')[2]
    assert "camera_" in told


def test_all_that_a_station_told_is_paged_along_its_numbers(
    department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("central.dashboard.station_pages.EVENTS_PER_PAGE", 3)
    path, seen = "/stations/east-1/events", []
    for _ in range(3):
        text = department.text("it", path)
        seen += re.findall(r'title="ledger [^"]+">(\d+)<', text)
        (older,) = re.findall(r'href="\?before=([\d.]+)"', text)
        path = f"/stations/east-1/events?before={older}"
    numbers = [int(number) for number in seen]
    assert numbers == list(range(numbers[0], numbers[0] - 9, -1))
    for strange in ("x", "1", "1.x", f"1.{10**30}", "9.9"):
        assert department.get("it", f"/stations/east-1/events?before={strange}").status_code == 200
