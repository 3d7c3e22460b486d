"""What each mail says, word by word; and that nothing in a name changes more than that name."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from central.mailing.message import message
from central.notices.digest import Kind, NotJudged, gravest
from central.notices.letters.wording import Times, listed, span
from tests.notices.letters import samples
from tests.notices.letters.samples import CLEARED, DIGEST, FIRST, SAMPLES, SECOND, WITHDRAWN, digest
from tests.scale import amount

ANY_NAME = st.one_of(
    st.text(st.characters(), max_size=40),
    st.sampled_from(
        ["<script>alert(1)</script>", '"><img src=x onerror=y>', "a\r\nBcc: x@y", "{{ page }}", "=?utf-8?q?=0A?="]
    ),
    st.text("x ü<&\"'", min_size=100, max_size=400),
)
MORE = settings(max_examples=amount(ci=40, soak=1_000), deadline=None)


class Tags(HTMLParser):
    """The tags and attributes of a page, in order, without its words."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("title", SAMPLES)
def test_the_mail_reads_as_it_was_approved(title: str) -> None:
    golden = samples.HERE / f"{title}.txt"
    assert samples.shown(SAMPLES[title]()) == golden.read_bytes().decode()


def test_every_golden_text_has_its_mail() -> None:
    assert {path.stem for path in samples.HERE.glob("*.txt")} == set(SAMPLES)


def test_the_mail_in_the_docs_is_a_real_one() -> None:
    docs = samples.HERE.parents[2] / "docs" / "mail.md"
    assert samples.shown(samples.first()) in docs.read_text(encoding="utf-8")


@pytest.mark.parametrize("title", SAMPLES)
def test_the_page_says_what_the_text_says(title: str) -> None:
    letter = SAMPLES[title]()
    words = " ".join("".join(Tags(letter.html).words).split())
    for line in letter.text.split("\n-- \n")[0].splitlines():
        for part in re.split(r"  +", line.strip()):
            if "https://" not in part:
                assert part in words
    for url in re.findall(r"https://\S+", letter.text):
        assert f'href="{url}"' in letter.html


@pytest.mark.parametrize("title", SAMPLES)
def test_no_subject_names_an_officer_and_none_is_long(title: str) -> None:
    subject = SAMPLES[title]().subject
    assert subject.startswith("[Dock] ")
    assert len(subject) < 120
    assert not re.search("Example|Sample|Person|Pat|Robin|Sam ", subject)


@pytest.mark.soak
@MORE
@given(camera=ANY_NAME, officer=ANY_NAME, unit=ANY_NAME, where=ANY_NAME, why=ANY_NAME, shift=ANY_NAME)
@example(camera="\ud800", officer="\ud800", unit="\ud800", where="\ud800", why="\ud800", shift="\ud800")
@example(camera="x" * 300, officer="y" * 300, unit="z" * 300, where="w" * 300, why="v" * 999, shift="u" * 300)
def test_a_name_changes_its_own_words_and_nothing_else(
    camera: str, officer: str, unit: str, where: str, why: str, shift: str
) -> None:
    plain = {"camera": "c", "officer": "o", "left_where": "w", "docked_where": "w", "why": "y", "shift_ids": ("s",)}
    strange = {
        "camera": camera + "c",
        "officer": officer + "o",
        "left_where": where + "w",
        "docked_where": where + "w",
        "why": why + "y",
        "shift_ids": (shift + "s",),
        "end_source": why + "x",
    }

    def mixed(names: dict[str, object], of: str, because: str) -> tuple[str, str, int, bytes]:
        lines = [replace(line, **names) for line in (FIRST, CLEARED, WITHDRAWN)]  # type: ignore[arg-type]
        letter = digest(*lines, unit=of, not_judged=(NotJudged(of, because),), watched=(of,), escalated_from=because)
        content = message(letter, "dock@dock.example", datetime(2025, 10, 7, tzinfo=UTC)).as_bytes()
        return letter.html, letter.text, len(letter.subject), content

    usual_page, usual_text, _, usual_mail = mixed(plain, "u", "b")
    page, text, long, mail = mixed(strange, unit + "u", why + "b")
    assert Tags(page).found == Tags(usual_page).found
    assert len(text.splitlines()) == len(usual_text.splitlines())
    assert long < 120
    assert _header_names(mail) == _header_names(usual_mail)


def _header_names(mail: bytes) -> list[bytes]:
    head = mail.split(b"\r\n\r\n", 1)[0]
    return [line.split(b":", 1)[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]


def test_nothing_in_the_page_is_fetched_or_run() -> None:
    for title in SAMPLES:
        page = Tags(SAMPLES[title]().html)
        assert not {"script", "img", "link", "iframe", "form", "object"} & {tag for tag, _ in page.found}
        assert not any(name.startswith("on") for _, names in page.found for name in names)


def test_a_spreadsheet_runs_nothing_of_the_table() -> None:
    [table] = samples.summary().attachments
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"), newline="")))
    [strange] = [row for row in rows if "0501" in row["camera"]]
    assert strange["camera"] == "'=0501"
    assert strange["officer"].startswith("'+1")
    assert len(rows) == 6


def test_the_same_digest_is_the_same_letter() -> None:
    assert digest(FIRST, SECOND) == digest(FIRST, SECOND)
    letter = digest(CLEARED, in_reply_to="<a@b>", references=("<a@b>",))
    assert (letter.message_id, letter.in_reply_to, letter.references) == (DIGEST.message_id, "<a@b>", ("<a@b>",))
    assert letter.list_id == DIGEST.list_id


@pytest.mark.parametrize(
    ("kinds", "begins"),
    [
        ("first", "1 camera not docked"),
        ("first first", "2 cameras not docked"),
        ("reminder", "Reminder: 1 camera still not docked"),
        ("reminder first", "2 cameras not docked"),
        ("escalation reminder first", "Escalation: 3 cameras not docked"),
        ("reminder cleared", "Reminder: 1 camera still not docked, 1 cleared"),
        ("first cleared cleared withdrawn", "1 camera not docked, 2 cleared, 1 withdrawn"),
        ("cleared", "Cleared: 0412 docked 3 h 12 min past deadline"),
        ("cleared cleared", "Cleared: 2 cameras docked"),
        ("withdrawn", "Withdrawn: notice about 0412"),
        ("withdrawn withdrawn withdrawn", "Withdrawn: notices about 3 cameras"),
        ("cleared withdrawn", "1 cleared, 1 withdrawn"),
    ],
)
def test_one_subject_covers_all_lines(kinds: str, begins: str) -> None:
    lines = [replace(CLEARED, kind=Kind(kind)) for kind in kinds.split()]
    subject = digest(*lines).subject
    placed = "" if begins in {"Withdrawn: notice about 0412", CLEARED_ALONE} else " | East B | Tue Oct 7 06:30"
    assert subject == f"[Dock] {begins}{placed}"


CLEARED_ALONE = "Cleared: 0412 docked 3 h 12 min past deadline"


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(seconds=-3), "less than 1 s"),
        (timedelta(milliseconds=999), "less than 1 s"),
        (timedelta(seconds=59.9), "59 s"),
        (timedelta(seconds=60), "1 min"),
        (timedelta(seconds=125), "2 min 5 s"),
        (timedelta(minutes=10, seconds=59), "10 min"),
        (timedelta(hours=3, minutes=12, seconds=59), "3 h 12 min"),
        (timedelta(hours=24), "24 h"),
        (timedelta(hours=47, minutes=59), "47 h 59 min"),
        (timedelta(hours=48), "48 h"),
        (timedelta(hours=72), "3 d"),
        (timedelta(days=5, hours=4, minutes=59), "5 d 4 h"),
    ],
)
def test_a_span_is_never_said_longer_than_it_was(length: timedelta, said: str) -> None:
    assert span(length) == said


def test_both_half_past_ones_of_the_night_are_told_apart() -> None:
    first = datetime(2025, 11, 2, 6, 30, tzinfo=UTC)
    times = Times(ZoneInfo("America/Chicago"), first, [first + timedelta(hours=1)], grace=timedelta(hours=24))
    assert times.full(first) == "Sun Nov 2 01:30 CDT, UTC-05:00"
    assert times.full(first + timedelta(hours=1)) == "Sun Nov 2 01:30 CST, UTC-06:00"


def test_names_are_listed_as_people_do() -> None:
    assert listed(["East"]) == "East"
    assert listed(["East", "West"]) == "East and West"
    assert listed(["East", "North", "West"]) == "East, North and West"


def test_an_escalation_is_graver_than_a_reminder_and_a_reminder_than_news() -> None:
    assert gravest([Kind.WITHDRAWN, Kind.FIRST, Kind.CLEARED]) is Kind.FIRST
    assert gravest([Kind.FIRST, Kind.REMINDER]) is Kind.REMINDER
    assert gravest([Kind.REMINDER, Kind.ESCALATION]) is Kind.ESCALATION
    with pytest.raises(ValueError, match=r"empty|no"):
        gravest([])
