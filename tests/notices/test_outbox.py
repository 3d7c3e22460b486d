"""The outbox against a real mail server: nothing is lost, nothing overtakes, and nobody is blamed for the server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from central.config import Mail
from central.mailing.letter import Attachment, Letter
from central.notices.handing_over import SERVER_SELDOM, send_due
from central.notices.locks import held
from central.notices.models import Notice
from central.notices.outbox import post, supersede, trouble, waiting
from tests.mailing.post_office import PostOffice
from tests.scale import amount, dice

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_dir")]

Opens = Callable[..., PostOffice]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PEOPLE = ("a@pd.example", "b@pd.example", "c@pd.example")


def later(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def mail(office: PostOffice) -> Mail:
    return Mail(host="127.0.0.1", port=office.port, sender="dock@pd.example")


def letter(to: str = "a@pd.example", subject: str = "S", **more: Any) -> Letter:
    return Letter(to, subject, "text", "<p>text</p>", **more)


def put(*letters: Letter) -> list[Notice]:
    return [post(one, "first", at=NOW) for one in letters]


def subjects(office: PostOffice, to: str | None = None) -> list[str]:
    return [str(mail["Subject"]) for whom, mail in office.taken if to in (None, whom)]


def test_what_the_server_took_is_marked_and_never_sent_again(post_office: Opens) -> None:
    office = post_office()
    (notice,) = put(letter(attachments=(Attachment("c.csv", "text/csv", b"a,b\n"),), in_reply_to="<x@pd.example>"))
    assert send_due(mail(office), NOW) == 1
    assert send_due(mail(office), later(60)) == 0
    [(to, found)] = office.taken
    assert (to, found["Message-ID"], found["In-Reply-To"]) == ("a@pd.example", notice.message_id, "<x@pd.example>")
    assert found["List-Id"] == f"<{notice.list_id}>"
    assert [part.get_content() for part in found.iter_attachments()] == ["a,b\n"]
    notice.refresh_from_db()
    assert notice.sent_at is not None
    assert trouble().waiting == 0


def test_one_whom_the_server_puts_off_waits_and_keeps_nobody_back_but_his_own_later_mails(post_office: Opens) -> None:
    office = post_office(at_rcpt=lambda to: "451 4.7.1 later, please" if to == "a@pd.example" else None)
    put(letter(subject="1"), letter("b@pd.example", "2"), letter(subject="3"))
    assert send_due(mail(office), NOW) == 1
    assert subjects(office) == ["2"]
    office.at_rcpt = lambda _: None
    assert send_due(mail(office), later(0.1)) == 0, "he is not asked again at once"
    assert not trouble().server_trouble
    assert "451" in trouble().last_error
    assert list(Notice.objects.filter(put_off=True).values_list("subject", flat=True)) == ["1"]
    assert send_due(mail(office), later(1)) == 2
    assert subjects(office, "a@pd.example") == ["1", "3"]


def test_an_address_that_is_refused_is_told_and_keeps_nobody_back(post_office: Opens) -> None:
    office = post_office(at_rcpt=lambda to: "550 5.1.1 no such user" if to == "a@pd.example" else None)
    put(letter("b@pd.example", "0"), letter(subject="1"), letter("b@pd.example", "2"))
    assert send_due(mail(office), NOW) == 2
    (refused,) = trouble().refused
    assert refused.recipient == "a@pd.example"
    assert "no such user" in refused.why
    assert send_due(mail(office), later(600)) == 0
    assert trouble().waiting == 0


def test_a_dead_server_is_asked_by_two_mails_and_costs_the_others_nothing(post_office: Opens) -> None:
    office = PostOffice()
    office.open()
    office.close()
    put(*(letter(f"{number}@pd.example", str(number)) for number in range(6)))
    for minute in (0, 0.01, 5, 10):
        assert send_due(mail(office), later(minute)) == 0
    assert sorted(Notice.objects.values_list("attempts", flat=True))[:4] == [0, 0, 0, 0]
    assert not Notice.objects.filter(in_doubt=True).exists(), "nobody listened, so nobody has them"
    found = trouble()
    assert found.server_trouble
    assert (found.waiting, found.oldest_due_at) == (6, NOW)
    assert found.failing_since is not None
    assert found.failing_since < later(1)
    again = post_office()
    assert send_due(mail(again), later(10) + SERVER_SELDOM) == 6
    assert sorted(subjects(again)) == ["0", "1", "2", "3", "4", "5"]
    assert trouble().failing_since is None


def test_a_server_that_hangs_up_after_the_letter_gets_the_same_mail_again(post_office: Opens) -> None:
    answers = iter(["hang up"])
    office = post_office(at_data=lambda _: next(answers, None))
    (notice,) = put(letter())
    assert send_due(mail(office), NOW) == 0
    assert supersede([notice], later(1)) == [], "it may have been taken: nothing else may be said in its place"
    assert send_due(mail(office), later(10)) == 1
    assert {str(found["Message-ID"]) for _, found in office.taken} == {notice.message_id}
    assert len(office.taken) == 2


def test_what_was_taken_back_is_not_sent(post_office: Opens) -> None:
    office = post_office()
    notices = put(letter(subject="1"), letter(subject="2"))
    assert supersede(notices[:1], NOW) == notices[:1]
    assert send_due(mail(office), NOW) == 1
    assert subjects(office) == ["2"]


def test_without_a_mail_host_everything_waits_and_says_so() -> None:
    put(letter())
    assert send_due(Mail(), NOW) == 0
    assert "names no host" in trouble().last_error
    assert trouble().waiting == 1


def test_nothing_is_sent_while_another_process_sends(post_office: Opens) -> None:
    office = post_office()
    put(letter())
    with held(settings.DATA.outbox_lock) as ours:
        assert ours
        assert send_due(mail(office), NOW) == 0
    assert send_due(mail(office), NOW) == 1


def test_shadow_is_never_handed_over(post_office: Opens) -> None:
    office = post_office()
    post(letter(), "first", at=NOW, mode="shadow")
    assert send_due(mail(office), NOW) == 0
    assert not waiting().exists()


def test_whatever_the_server_does_each_mail_arrives_in_order_and_under_its_own_name(
    post_office: Opens, tally: Callable[[str], None]
) -> None:
    chance = dice(20261123)
    deeds = [None] * 6 + ["hang up", "451 4.3.0 not now", "421 4.3.2 going down", "452 4.2.2 full"]
    office = post_office(
        at_data=lambda _: chance.choice(deeds), at_rcpt=lambda _: chance.choice(deeds[:6] + deeds[7:])
    )
    many = amount(ci=40, soak=1000)
    notices = put(*(letter(chance.choice(PEOPLE), str(number)) for number in range(many)))
    minute = 0.0
    while waiting().exists():
        minute += 61
        assert minute < many * 61 * 10, "it ends"
        send_due(mail(office), later(minute))
    names = {one.subject: one.message_id for one in notices}
    assert {str(found["Subject"]): str(found["Message-ID"]) for _, found in office.taken} == names
    for who in PEOPLE:
        first = list(dict.fromkeys(int(one) for one in subjects(office, who)))
        assert first == sorted(first), "nothing overtakes"
    tally(f"{many} mails past a mail server full of whims, each in order and under its own name")
