"""Whatever stands in a letter, it becomes one mail with the headers we meant."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from central.mailing.letter import Attachment, Letter
from central.mailing.message import Unusable, address, mailbox, message
from tests.scale import amount

AT = datetime(2025, 10, 7, 11, 30, tzinfo=UTC)
OURS = ["From", "To", "Subject", "Date", "Message-ID"]
THREAD = ["In-Reply-To", "References", "List-Id"]
REST = ["Auto-Submitted", "X-Auto-Response-Suppress", "Content-Type", "MIME-Version"]
HOSTILE = st.sampled_from(
    [
        "\r\nBcc: x@evil.example",
        "\n\nbody",
        "=?utf-8?q?=0ABcc:_x=40evil.example?=",
        "\x00",
        "\u2028",
        "\x85",
        "\ud800",
    ]
)
ANY_TEXT = st.lists(st.one_of(st.text(st.characters(), max_size=60), HOSTILE), max_size=6).map("".join)
MORE = settings(max_examples=amount(ci=60, soak=1_000), deadline=None)


def _travelled(letter: Letter, sender: str = "dock@dock.example") -> EmailMessage:
    content = message(letter, sender, AT).as_bytes()
    assert max(map(len, content.split(b"\r\n"))) <= 998, "RFC 5322's longest line"
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert content.isascii(), "a server without 8BITMIME takes it too"
    mail = message_from_bytes(content.replace(b"\r\n", b"\n"), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert not mail.defects
    return mail


@pytest.mark.soak
@MORE
@given(subject=ANY_TEXT, text=ANY_TEXT, name=ANY_TEXT)
@example(subject="x" * 5000, text="y" * 5000, name="z" * 5000)
@example(subject=f"{'0' * 43}=?{'0' * 34}=?{'0' * 32}=?00", text="", name="")
@example(subject="ü" * 5000, text="ü" * 5000, name="ü" * 5000)
@example(subject="a =?utf-8?q?=0D=0ABcc:_x?= b", text="", name="=?utf-8?q?=0D=0ABcc:_x?=")
def test_any_text_gives_one_parseable_mail_with_the_headers_we_meant(subject: str, text: str, name: str) -> None:
    letter = Letter(
        to="sgt@pd.example",
        subject=subject,
        text=text,
        html=f"<p>{text}</p>",
        message_id="<n2@dock.example>",
        in_reply_to="<n1@dock.example>",
        references=("<n0@dock.example>", "<n1@dock.example>"),
        list_id="<notices.dock.example>",
        attachments=(Attachment(name, "text/csv", text.encode("utf-8", "replace")),),
    )
    mail = _travelled(letter, sender=f"{name.replace('<', '').replace('>', '')} <dock@dock.example>")
    assert sorted(mail.keys()) == sorted([*OURS, *THREAD, *REST])
    assert len(mail["Subject"]) < 120
    assert mail["From"].addresses[0].addr_spec == "dock@dock.example"
    assert len(mail["From"].addresses) == 1
    assert [part.get_content_type() for part in mail.walk() if not part.is_multipart()] == [
        *("text/plain", "text/html", "text/csv")
    ]


@pytest.mark.soak
@MORE
@given(recipient=st.one_of(ANY_TEXT, st.emails(), ANY_TEXT.map(lambda text: f"sgt@pd.example{text}")))
def test_a_recipient_is_one_address_or_none(recipient: str) -> None:
    try:
        mail = _travelled(Letter(recipient, "Hello", "Hello"))
    except Unusable:
        return
    [one] = mail["To"].addresses
    assert one.username + "@" == recipient.strip().rpartition("@")[0] + "@"
    assert sorted(mail.keys()) == sorted([*OURS, *REST, "Content-Transfer-Encoding"])


@pytest.mark.soak
@MORE
@given(text=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cf"])))
def test_harmless_text_arrives_as_it_was_written(text: str) -> None:
    body = _travelled(Letter("sgt@pd.example", "Hello", f"{text}\n.\n{text}.")).get_body()
    assert body is not None
    assert body.get_content() == f"{text}\n.\n{text}.\n"


def test_a_long_thread_keeps_its_identifiers_whole() -> None:
    thread = tuple(f"<{'n' * 90}{number}@dock.example>" for number in range(20))
    mail = _travelled(Letter("sgt@pd.example", "Hello", "Hello", in_reply_to=thread[-1], references=thread))
    raw = message(Letter("sgt@pd.example", "Hello", "", references=thread), "dock@dock.example", AT).as_bytes()
    assert b"=?" not in raw
    assert tuple(mail["References"].split()) == thread
    assert mail["In-Reply-To"] == thread[-1]


def test_two_mails_without_a_message_id_get_two() -> None:
    letter = Letter("sgt@pd.example", "Hello", "Hello")
    first, second = _travelled(letter)["Message-ID"], _travelled(letter)["Message-ID"]
    assert first.endswith("@dock.example>")
    assert first != second


@pytest.mark.parametrize(
    ("written", "known_as"),
    [
        ("sgt.o'neil+dock@pd.example", "sgt.o'neil+dock@pd.example"),
        (" root@localhost ", "root@localhost"),
        ("wache@münchen.example", "wache@xn--mnchen-3ya.example"),
    ],
)
def test_an_address_is_written_as_mail_servers_know_it(written: str, known_as: str) -> None:
    assert address(written).addr_spec == known_as


NO_ADDRESSES = [
    *(
        "",
        "sgt",
        "sgt@",
        "@pd.example",
        "a b@pd.example",
        "a@b@pd.example",
        "a@pd..example",
        "a@-pd.example",
        "a@b,c@d",
    ),
    *("Sgt <sgt@pd.example>", '"a b"@pd.example', "sgt@pd.example\nx@y", "a@\x00.example"),
    *("a" * 65 + "@pd.example", "a@" + "b." * 130 + "c"),
]


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_what_is_no_address_is_never_written_to(text: str) -> None:
    with pytest.raises(Unusable, match="is no mail address"):
        address(text)


def test_an_address_that_few_servers_take_is_refused_kindly() -> None:
    with pytest.raises(Unusable, match="letters beyond ASCII before the @"):
        address("jürgen@pd.example")


def test_a_sender_may_have_a_name() -> None:
    assert str(mailbox('"Dock, East" <dock@pd.example>')) == '"Dock, East" <dock@pd.example>'
    assert str(mailbox("dock@pd.example")) == "dock@pd.example"


@pytest.mark.parametrize(
    "letter",
    [
        Letter("a@b.example", "", "", message_id="n1@dock.example"),
        Letter("a@b.example", "", "", in_reply_to="<n1@dock.example>\r\nBcc: x@y"),
        Letter("a@b.example", "", "", references=("<a@b> <c@d>",)),
        Letter("a@b.example", "", "", list_id="notices dock"),
        Letter("a@b.example", "", "", attachments=(Attachment("a", "text", b""),)),
    ],
)
def test_an_identifier_that_is_none_makes_no_mail(letter: Letter) -> None:
    with pytest.raises(Unusable):
        message(letter, "dock@dock.example", AT)
