"""The other channel, with a real server at its end: every alarm at least once, each with its id."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from central.alarms.dues import Rules
from central.alarms.models import Alarm
from central.alarms.ping import Ping
from central.alarms.watch import AlarmWatch
from central.config import CentralConfig
from central.notices.models import MailState, Notice
from tests.alarms.receiver import Receiver, endless_answers
from tests.alarms.test_telling import CONFIG, MINUTE, NOON, beat, enrolled

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _data(tmp_path: Path, settings: Any) -> None:
    settings.DATA = SimpleNamespace(root=tmp_path)


def with_webhook(url: str) -> AlarmWatch:
    alarms = msgspec.structs.replace(CONFIG.alarms, webhook=url)
    return AlarmWatch(msgspec.structs.replace(CONFIG, alarms=alarms), NOON - timedelta(days=1))


def look(one: AlarmWatch, *minutes: float) -> None:
    for minute in minutes:
        one.look(NOON + minute * MINUTE, NOON + minute * MINUTE)
    one.webhook._session.close()


def test_an_alarm_and_its_end_are_posted_once_each(receiver: Receiver) -> None:
    enrolled("east")
    one = with_webhook(receiver.url)
    look(one, 15, 17, 18, 19)
    beat("east", NOON + 20 * MINUTE)
    look(one, 20, 22, 23)
    assert receiver.events() == ["station_silent east opened", "station_silent east ended"]
    opened, ended = receiver.posts
    assert opened["id"] == opened["key"] != ended["id"]
    assert "east is silent since" in opened["sentence"]
    assert (opened["ended_at"], ended["ended_at"]) == (None, "2026-11-23T12:20:00Z")


def test_what_a_webhook_refused_is_posted_again_as_the_same_and_its_trouble_is_told_by_mail(
    receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    enrolled("east")
    one, receiver.status = with_webhook(receiver.url), 503
    look(one, 15, 17, 18, 20, 21)
    assert Alarm.objects.get(kind="webhook_failing").ended_at is None
    assert any("webhook failing" in subject for subject in Notice.objects.values_list("subject", flat=True))
    beat("east", NOON + 22 * MINUTE)
    look(one, 22)
    receiver.status = 200
    look(one, 30, 31, 33)
    ids = [post["id"] for post in receiver.posts if post["event"] == "opened"]
    assert len(ids) > 2
    assert len(set(ids)) == 1
    assert receiver.events()[-2:] == ["station_silent east opened", "station_silent east ended"]
    assert Alarm.objects.get(kind="webhook_failing").ended_at is not None
    assert "secret" not in capsys.readouterr().out, "who reads the log could post as we do"


def test_while_no_mail_gets_out_the_webhook_is_told_and_afterwards_mail_says_for_how_long(receiver: Receiver) -> None:
    MailState.objects.create(pk=1, failing_since=NOON, failures=3, last_error="mail.example hung up")
    one = with_webhook(receiver.url)
    look(one, 1, 3)
    assert receiver.events() == ["mail_failing central opened"]
    assert "mail.example hung up" in receiver.posts[0]["sentence"]
    assert not Notice.objects.exists(), "a mail cannot tell it"
    MailState.objects.update(failing_since=None, failures=0, last_error="")
    look(one, 60, 63)
    assert Notice.objects.get().text.count("Mail gets out again") == 1


def test_a_dead_webhook_is_asked_ever_more_seldom() -> None:
    enrolled("east")
    one = with_webhook("http://127.0.0.1:9/hook?token=secret")
    look(one, 15, 17)
    for second in range(120):
        one.webhook.post_due(Rules(2 * MINUTE, 60 * MINUTE), NOON + 17 * MINUTE + timedelta(seconds=second))
    assert one.webhook._failures == 6, "at once, and 2, 6, 14, 30, 62 s later"


def test_an_alarm_that_ended_before_there_was_a_webhook_is_not_posted(receiver: Receiver) -> None:
    enrolled("east")
    look(with_webhook(""), 15, 17)
    beat("east", NOON + 18 * MINUTE)
    look(with_webhook(""), 18, 21)
    look(with_webhook(receiver.url), 30)
    assert receiver.posts == []


def test_what_opened_and_ended_while_the_webhook_was_down_is_posted_afterwards(receiver: Receiver) -> None:
    enrolled("east")
    enrolled("west", heard=NOON + 5 * MINUTE)
    one, receiver.status = with_webhook(receiver.url), 503
    look(one, 15, 17, 20, 22)
    beat("west", NOON + 24 * MINUTE)
    look(one, 24, 27)
    receiver.status = 204
    receiver.posts.clear()
    beat("west", NOON + 40 * MINUTE)
    look(one, 40)
    told = ["station_silent east opened", "station_silent west opened", "station_silent west ended"]
    assert receiver.events() == told


def test_a_webhook_whose_answer_never_ends_holds_up_nobody() -> None:
    with endless_answers() as url:
        enrolled("east")
        one = with_webhook(url)
        look(one, 15, 17)
        assert Ping(url, 5 * MINUTE).ping_if_due(NOON)
    assert Alarm.objects.get(kind="station_silent").posted_at is not None


def test_a_ping_that_is_sent_elsewhere_was_heard_by_nobody(receiver: Receiver) -> None:
    receiver.status = 301
    assert not Ping(receiver.url, 5 * MINUTE).ping_if_due(NOON)


def test_the_watchman_is_pinged_every_so_often(receiver: Receiver) -> None:
    ping = Ping(receiver.url, 5 * MINUTE)
    assert [ping.ping_if_due(NOON + minute * MINUTE) for minute in range(11)].count(True) == 3
    assert receiver.paths == ["/hook?token=secret"] * 3
    assert not Ping("", 5 * MINUTE).ping_if_due(NOON)


def test_an_empty_configuration_posts_and_pings_nothing() -> None:
    assert CentralConfig().alarms.webhook == CentralConfig().alarms.ping_url == ""
