"""What IT is told: what happened, what is safe, what to do next. No officer is ever named here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from central.mailing.letter import Letter
from central.notices.letters.page import Card, Page, Section, link, links
from central.notices.letters.subjects import marked
from central.notices.letters.wording import Times, name, sentence

_LONGEST_WORDS = 76


def compose_it(
    to: str,
    subject_words: str,
    sentences: Iterable[str],
    *,
    at: datetime,
    zone: ZoneInfo,
    base_url: str = "",
    do: str = "",
    facts: Iterable[tuple[str, str]] = (),
    over: bool = False,
    message_id: str = "",
    in_reply_to: str = "",
    references: tuple[str, ...] = (),
    list_id: str = "",
) -> Letter:
    """The whole letter: `[Dock] IT: West is silent | Tue Oct 7 06:30`. `over`: what was told has ended."""
    times = Times(zone, at, (), grace=timedelta(days=1))
    words = f"{'Over' if over else 'IT'}: {name(subject_words, _LONGEST_WORDS)} | {times.short(at)}"
    shown = tuple((name(label), name(value, 200)) for label, value in facts)
    page = Page(
        title=words,
        lead=tuple(sentence(one) for one in sentences),
        sections=(Section((Card(name(subject_words), facts=shown),), tone="done" if over else "open"),)
        if shown
        else (),
        do=sentence(do),
        links=links(link("All alarms", base_url, "alarms")),
        footer=(times.explained, f"Sent to {to}, whom central.toml names for IT."),
    )
    return Letter(
        to=to,
        subject=marked(words),
        text=page.text,
        html=page.html,
        message_id=message_id,
        in_reply_to=in_reply_to,
        references=references,
        list_id=list_id,
    )
