"""The silence door, what the watchman sees, and rows for pages. Django's own test client over real SQLite."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from central import clock
from central.alarms.kinds import Kind
from central.alarms.models import Alarm, Silence
from central.alarms.rows import ALARM_COLUMNS, alarm_rows, ended_alarms, open_alarms

pytestmark = pytest.mark.django_db

DOCS = Path(__file__).resolve().parents[2] / "docs"


def browser(role: str, *, strict: bool = False) -> Client:
    user = User.objects.create(username=f"{role}@example")  # without a password: hashing one takes a while
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    client = Client(enforce_csrf_checks=strict)
    client.force_login(user)
    return client


def alarm(kind: Kind = Kind.STATION_SILENT, subject: str = "east", **more: Any) -> Alarm:
    now = clock.now()
    said = {"station": "east", "sentence": f"{subject} is not well.", "opened_at": now, "since": now}
    return Alarm.objects.create(kind=kind, subject=subject, **{**said, **more})


@pytest.mark.parametrize(("role", "status"), [("it", 302), ("admin", 302), ("supervisor", 403), ("auditor", 403)])
def test_only_it_may_silence(role: str, status: int) -> None:
    number = alarm().number
    answer = browser(role).post(f"/alarms/{number}/silence", {"hours": "8", "reason": "moving house"})
    assert answer.status_code == status
    kept = Silence.objects.first()
    assert (kept is not None) == (status == 302)
    if kept is not None:
        assert (kept.said_by, kept.reason) == (f"{role}@example", "moving house")
        assert abs(kept.until - clock.now() - timedelta(hours=8)) < timedelta(minutes=1)


def test_nobody_is_led_to_silence_by_another_page() -> None:
    number = alarm().number
    client = browser("it", strict=True)
    assert client.post(f"/alarms/{number}/silence", {"hours": "8", "reason": "x"}).status_code == 403
    assert Client().post(f"/alarms/{number}/silence", {"hours": "8", "reason": "x"}).status_code in (302, 403)
    assert browser("admin").get(f"/alarms/{number}/silence").status_code == 405
    assert not Silence.objects.exists()


@pytest.mark.parametrize(
    "form",
    [
        {"hours": "8", "reason": " "},
        {"hours": "many", "reason": "x"},
        {"hours": "99999", "reason": "x"},
        {"until": "tomorrow", "reason": "x"},
        {"reason": "x"},
    ],
)
def test_a_silence_without_sense_is_refused_and_nothing_changes(form: dict[str, str]) -> None:
    answer = browser("it").post(f"/alarms/{alarm().number}/silence", form)
    assert answer.status_code == 400
    assert answer.content.startswith(b"Nothing was changed: ")
    assert not Silence.objects.exists()


def test_pages_get_the_gravest_first_with_who_silenced_and_what_mutes() -> None:
    bay = alarm(Kind.BAY_IN_TROUBLE, "east, Bay 7")
    silent, gone = alarm(), alarm(Kind.DISK_LOW, ended_at=clock.now())
    browser("it").post(f"/alarms/{silent.number}/silence", {"until": "2027-01-01T06:00", "reason": "moving house"})
    first, second = open_alarms(clock.now())
    assert (first.number, first.muted_by) == (silent.number, "")
    assert first.silence is not None
    assert first.silence.reason == "moving house"
    assert (second.number, second.muted_by, second.silence) == (bay.number, "east", None)
    assert [one.number for one in ended_alarms()] == [gone.number]
    rows = [dict(zip(ALARM_COLUMNS, row, strict=True)) for row in alarm_rows(clock.now())]
    assert [row["silence_reason"] for row in rows] == [None, "moving house", None]


def test_the_watchman_sees_how_long_ago_a_round_was_completed(tmp_path: Path, settings: Any) -> None:
    settings.DATA = SimpleNamespace(root=tmp_path, last_round=tmp_path / "last_round")
    assert Client().get("/healthz").json() == {"ok": True, "alert_worker_age_s": None}
    settings.DATA.last_round.touch()
    assert Client().get("/healthz").json()["alert_worker_age_s"] in range(60)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_in_the_runbook(kind: Kind) -> None:
    assert f"\n| `{kind.value}` | " in (DOCS / "alarms.md").read_text()
