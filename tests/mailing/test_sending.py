"""Letters against a real mail server that takes, refuses, stalls, hangs up and parts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from central.config import Mail
from central.mailing import conversation
from central.mailing.letter import Attachment, Letter
from central.mailing.sending import Handed, Outcome, hand_over
from tests.mailing.post_office import PostOffice, certificate_for

Opens = Callable[..., PostOffice]


def _mail(office: PostOffice, **more: object) -> Mail:
    return Mail(**{"host": "127.0.0.1", "port": office.port, "sender": "dock@dock.example"} | more)  # type: ignore[arg-type]


def _letters(*names: str) -> list[Letter]:
    return [
        Letter(f"{name}@pd.example", f"About {name}", "Hello.\n", message_id=f"<{name}@dock.example>")
        for name in names
    ]


def _outcomes(handed: list[Handed]) -> list[str]:
    return [one.outcome.value for one in handed]


def _taken(office: PostOffice) -> list[str]:
    return [to.split("@")[0] for to, _ in office.taken]


def test_many_letters_go_over_one_connection_whole_and_in_order(post_office: Opens) -> None:
    office = post_office()
    letter = Letter(
        to="sgt@pd.example",
        subject="[Dock] 2 cameras not docked | Südwest",
        text="Grüße.\n.\nFrom here on.\n" + "long " * 400,
        html="<p>Grüße</p>",
        message_id="<n2@dock.example>",
        in_reply_to="<n1@dock.example>",
        references=tuple(f"<n{'0' * 40}{number}@dock.example>" for number in range(12)),
        list_id="notices.dock.example",
        attachments=(Attachment("cameras.csv", "text/csv", "camera\nü\n".encode()),),
    )
    handed = list(hand_over(_mail(office, sender="Dock Süd <dock@dock.example>"), [*_letters("a", "b"), letter]))
    assert _outcomes(handed) == ["taken"] * 3
    assert office.connections == 1
    [_, _, (to, mail)] = office.taken
    assert to == "sgt@pd.example"
    assert mail["From"] == "Dock Süd <dock@dock.example>"
    assert mail["Subject"] == "[Dock] 2 cameras not docked | Südwest"
    assert mail["Message-ID"] == "<n2@dock.example>"
    assert mail["In-Reply-To"] == "<n1@dock.example>"
    assert mail["References"].split() == list(letter.references)
    assert mail["List-Id"] == "<notices.dock.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["Date"]
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert page is not None
    assert text.get_content() == letter.text + "\n"
    assert page.get_content() == "<p>Grüße</p>\n"
    [csv] = mail.iter_attachments()
    assert (csv.get_filename(), csv.get_content_type()) == ("cameras.csv", "text/csv")
    assert csv.get_content() == "camera\nü\n"


def test_a_refused_recipient_keeps_nobody_elses_letter(post_office: Opens) -> None:
    office = post_office(at_rcpt=lambda to: "550 5.1.1 no such person" if to.startswith("b") else None)
    handed = list(hand_over(_mail(office), _letters("a", "b", "c")))
    assert _outcomes(handed) == ["taken", "refused", "taken"]
    assert _taken(office) == ["a", "c"]
    assert office.connections == office.resets == 1
    assert "refused the recipient b@pd.example (550 5.1.1 no such person)" in handed[1].why
    assert not handed[1].server_trouble
    assert not handed[1].retry


@pytest.mark.parametrize("answer", ["450 4.2.1 greylisted", "451 4.3.0 try again", "452 4.2.2 mailbox full"])
@pytest.mark.parametrize("step", ["at_rcpt", "at_data"])
def test_what_passes_is_tried_later_and_the_next_letter_goes(post_office: Opens, step: str, answer: str) -> None:
    office = post_office(**{step: lambda to: answer if to.startswith("a") else None})
    handed = list(hand_over(_mail(office), _letters("a", "b")))
    assert _outcomes(handed) == ["try_later", "taken"]
    assert not handed[0].server_trouble
    assert answer in handed[0].why


def test_a_letter_that_is_too_big_or_disliked_is_refused_by_itself(post_office: Opens) -> None:
    said = {"a@pd.example": "552 5.3.4 too big", "b@pd.example": "554 5.7.1 looks like spam"}
    office = post_office(at_data=said.get)
    handed = list(hand_over(_mail(office), _letters("a", "b", "c")))
    assert _outcomes(handed) == ["refused", "refused", "taken"]
    assert not any(one.server_trouble for one in handed)


@pytest.mark.parametrize("answer", ["550 5.7.60 not your address", "530 sign in first", "451 4.3.2 not now"])
def test_a_refused_sender_is_the_accounts_trouble_and_no_further_letter_is_tried(
    post_office: Opens, answer: str
) -> None:
    asked: list[str] = []
    office = post_office(at_mail=lambda sender: asked.append(sender) or answer)  # type: ignore[func-returns-value]
    handed = list(hand_over(_mail(office), _letters("a", "b", "c")))
    assert _outcomes(handed) == ["try_later"] * 3
    assert all(one.server_trouble for one in handed)
    assert asked == ["dock@dock.example"]
    assert "refused the sender dock@dock.example" in handed[2].why


def test_a_relay_that_is_not_ours_is_no_recipients_fault(post_office: Opens) -> None:
    office = post_office(at_rcpt=lambda _: "554 5.7.1 Relay access denied")
    handed = list(hand_over(_mail(office), _letters("a", "b")))
    assert _outcomes(handed) == ["try_later", "try_later"]
    assert all(one.server_trouble for one in handed)


def test_a_recipient_that_we_may_not_write_to_is_no_server_trouble_while_others_are_taken(post_office: Opens) -> None:
    office = post_office(at_rcpt=lambda to: "550 5.7.1 not allowed" if to.startswith("b") else None)
    handed = list(hand_over(_mail(office), _letters("a", "b", "c")))
    assert _outcomes(handed) == ["taken", "try_later", "taken"]
    assert not any(one.server_trouble for one in handed)


def test_a_server_that_parts_after_two_letters_gets_the_rest_on_new_connections(post_office: Opens) -> None:
    office = post_office(leaves_after=2)
    handed = list(hand_over(_mail(office), _letters("a", "b", "c", "d", "e")))
    assert _outcomes(handed) == ["taken"] * 5
    assert _taken(office) == ["a", "b", "c", "d", "e"]
    assert office.connections == 3


@pytest.mark.parametrize("step", ["at_mail", "at_rcpt"])
def test_a_server_that_hangs_up_between_two_letters_is_asked_once_more(post_office: Opens, step: str) -> None:
    hung_up: list[str] = []

    def once(_: str) -> str | None:
        if office.taken and not hung_up:
            hung_up.append("yes")
            return "hang up"
        return None

    office = post_office(**{step: once})
    handed = list(hand_over(_mail(office), _letters("a", "b", "c")))
    assert _outcomes(handed) == ["taken"] * 3
    assert _taken(office) == ["a", "b", "c"]
    assert hung_up


def test_a_server_that_hangs_up_after_the_letter_leaves_it_unknown_and_a_second_try_is_the_same_mail(
    post_office: Opens,
) -> None:
    hung_up: list[str] = []
    office = post_office(
        at_data=lambda to: hung_up.append(to) or "hang up" if to.startswith("b") and not hung_up else None  # type: ignore[func-returns-value]
    )
    handed = list(hand_over(_mail(office), _letters("a", "b", "c")))
    assert _outcomes(handed) == ["taken", "try_later", "taken"]
    assert "Whether it took the mail is not known" in handed[1].why
    again = list(hand_over(_mail(office), [handed[1].letter]))
    assert _outcomes(again) == ["taken"]
    assert [mail["Message-ID"] for to, mail in office.taken if to.startswith("b")] == ["<b@dock.example>"] * 2


def test_421_ends_the_connection_and_says_nothing_of_the_recipient(post_office: Opens) -> None:
    office = post_office(at_rcpt=lambda to: "421 4.3.2 shutting down" if to.startswith("a") else None)
    handed = list(hand_over(_mail(office), _letters("a", "b")))
    assert _outcomes(handed) == ["try_later", "taken"]
    assert handed[0].server_trouble
    assert office.connections == 2


def test_a_server_that_always_hangs_up_is_given_up_after_two_letters(post_office: Opens) -> None:
    office = post_office(at_data=lambda _: "hang up")
    handed = list(hand_over(_mail(office), _letters("a", "b", "c", "d")))
    assert _outcomes(handed) == ["try_later"] * 4
    assert all(one.server_trouble for one in handed)
    assert _taken(office) == ["a", "b"]


@pytest.mark.parametrize(("step", "limit"), [("at_rcpt", "STEP_S"), ("at_data", "TAKING_S"), ("at_data", "LETTER_S")])
def test_a_server_that_stalls_is_left_in_time(
    post_office: Opens, monkeypatch: pytest.MonkeyPatch, step: str, limit: str
) -> None:
    office = post_office(**{step: lambda to: "stall" if to.startswith("a") else None})
    monkeypatch.setattr(conversation, limit, 0.3)
    first, second = hand_over(_mail(office), _letters("a", "b"))
    assert first.outcome is Outcome.TRY_LATER
    assert first.server_trouble
    assert second.outcome is Outcome.TAKEN


def test_a_dead_server_is_asked_once_for_all_letters(post_office: Opens) -> None:
    office = post_office()
    office.close()
    handed = list(hand_over(_mail(office), _letters("a", "b", "c")))
    office.open()
    assert _outcomes(handed) == ["try_later"] * 3
    assert all(one.server_trouble and "nothing listens at 127.0.0.1" in one.why for one in handed)


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # the server cannot tell that it speaks TLS from the start
@pytest.mark.parametrize(("security", "at_once"), [("starttls", False), ("tls", True)])
def test_mail_goes_over_tls_with_a_sign_in_and_only_to_a_server_that_is_trusted(
    post_office: Opens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: str, at_once: bool
) -> None:
    certificate = certificate_for("127.0.0.1", tmp_path)
    office = post_office(certificate=certificate, tls_at_once=at_once, passwords={"dock": "hunter2"})
    password = tmp_path / "password"
    password.write_text("hunter2\n")
    mail = _mail(office, security=security, username="dock", password_file=str(password))

    [unknown] = hand_over(mail, _letters("a"))
    assert unknown.outcome is Outcome.TRY_LATER
    assert unknown.server_trouble
    assert "is not to be trusted" in unknown.why

    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert _outcomes(list(hand_over(mail, _letters("a", "b")))) == ["taken", "taken"]

    password.write_text("wrong\n")
    wrong = list(hand_over(mail, _letters("c", "d")))
    assert _outcomes(wrong) == ["try_later", "try_later"]
    assert all(one.server_trouble and "refused the sign-in as 'dock'" in one.why for one in wrong)
    assert _taken(office) == ["a", "b"]


def test_a_certificate_for_another_host_is_not_trusted(
    post_office: Opens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = certificate_for("mail.elsewhere.example", tmp_path)
    office = post_office(certificate=certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    [handed] = hand_over(_mail(office, security="starttls"), _letters("a"))
    assert handed.outcome is Outcome.TRY_LATER
    assert "is not to be trusted" in handed.why
    assert not office.taken


def test_a_bad_address_refuses_its_letter_and_a_bad_sender_is_ours(post_office: Opens) -> None:
    office = post_office()
    injected = "sgt@pd.example\r\nRCPT TO:<x@evil.example>"
    handed = list(hand_over(_mail(office), [Letter(injected, "Hello", "Hello"), *_letters("a")]))
    assert _outcomes(handed) == ["refused", "taken"]
    assert "is no mail address" in handed[0].why
    [ours] = hand_over(_mail(office, sender="no address"), _letters("b"))
    assert ours.outcome is Outcome.TRY_LATER
    assert ours.server_trouble
    assert "[mail] from cannot be used" in ours.why
    assert _taken(office) == ["a"]


def test_without_a_host_nothing_is_sent_and_nothing_is_lost() -> None:
    handed = list(hand_over(Mail(), _letters("a", "b")))
    assert _outcomes(handed) == ["try_later", "try_later"]
    assert all("names no host" in one.why for one in handed)
