"""The digest: which cameras of a unit are out, which came back, and what was said wrongly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from central.mailing.letter import Letter
from central.notices.digest import OPEN_KINDS, CameraLine, Digest, Kind
from central.notices.letters import cameras
from central.notices.letters.page import Page, Section, link, links
from central.notices.letters.subjects import subject
from central.notices.letters.wording import Times, count, listed, name, sentence, span

_NAMED = 3
"""So many cameras are named in a sentence; more are counted."""
_STATUS = "This is a status, not a finding."
_NOBODY = "Neither the roster nor the list of units names a supervisor here, so it comes to you and to nobody else."


def compose(digest: Digest) -> Letter:
    """The whole letter. The same digest gives the same letter, Message-ID included."""
    times = Times(digest.zone, digest.at, _instants(digest), grace=digest.grace)
    title = subject(digest, times)
    page = _page(digest, title.removeprefix("[Dock] "), times)
    return Letter(
        to=digest.recipient,
        subject=title,
        text=page.text,
        html=page.html,
        message_id=digest.message_id,
        in_reply_to=digest.in_reply_to,
        references=digest.references,
        list_id=digest.list_id,
    )


def unjudged(digest: Digest) -> str:
    """`Not judged: 0391 (West offline; IT knows), 0392 (…).`, or empty."""
    said = ", ".join(f"{name(one.camera)} ({name(one.why, 160)})" for one in digest.not_judged)
    return f"Not judged: {said}." if said else ""


def _page(digest: Digest, title: str, times: Times) -> Page:
    out = [line for line in digest.lines if line.kind in OPEN_KINDS]
    dates = next_mails(out, times)
    unit = f" for {name(digest.unit)}" if digest.unit else ""
    return Page(
        title=title,
        lead=tuple(_lead(digest, out)),
        sections=tuple(_sections(digest, times, own_dates=dates is None)),
        do=_do(digest, out),
        links=links(
            link("All cameras not docked", digest.base_url, "open") if out else None,
            link("All notices", digest.base_url, "notices"),
        ),
        after=tuple(line for line in (dates, unjudged(digest), _ANSWERS if out and digest.base_url else "") if line),
        footer=(times.explained, f"Notice {digest.notice_id} to {digest.recipient}{unit}."),
    )


_ANSWERS = (
    "Was it docked, is it another camera, in repair, on leave, lost, or is the shift end wrong? "
    "Say so on the shift's page; it asks you to sign in."
)


def _lead(digest: Digest, out: list[CameraLine]) -> Iterator[str]:
    if out:
        yield _not_seen(digest, out)
        yield " ".join([*_watching(digest), _STATUS])
        yield from to_whom(digest)
    cleared, withdrawn = _names(digest, Kind.CLEARED), _names(digest, Kind.WITHDRAWN)
    if cleared:
        yield f"{_counted(cleared)} {'has' if len(cleared) == 1 else 'have'} docked."
    if withdrawn:
        notice, please = ("notice", "is withdrawn: please disregard it")
        if len(withdrawn) > 1:
            notice, please = ("notices", "are withdrawn: please disregard them")
        yield f"The {notice} about {_counted(withdrawn)} {please}."
    if not out:
        yield "Nobody needs to do anything."


def to_whom(digest: Digest) -> Iterator[str]:
    """Why it goes to this recipient, where that is not plain."""
    if digest.escalated_from:
        yield sentence(f"Told before: {digest.escalated_from}")
    if digest.nobody_named:
        yield _NOBODY


def next_mails(lines: Iterable[CameraLine], times: Times) -> str | None:
    """When the next mails about all of these come; None where they come at different times."""
    dates = {cameras.when_next(line, times) for line in lines if line.kind in OPEN_KINDS and not line.answers_paused}
    return None if len(dates) > 1 else "".join(dates)


def _names(digest: Digest, kind: Kind) -> list[str]:
    return [name(line.camera) for line in digest.lines if line.kind is kind]


def _counted(names: list[str]) -> str:
    return listed(names) if len(names) <= _NAMED else count(len(names), "camera")


def _not_seen(digest: Digest, out: list[CameraLine]) -> str:
    escalated = any(line.kind is Kind.ESCALATION for line in out)
    whose = (
        f"the {digest.due_cameras} cameras of {name(digest.unit)}"
        if escalated
        else f"your {digest.due_cameras} cameras"
    )
    known = digest.due_cameras >= max(2, len(out))
    who = f"{len(out)} of {whose}" if known else count(len(out), "camera")
    was = "was" if len(out) == 1 else "were"
    new = sum(line.kind is Kind.FIRST for line in out)
    since = "" if new or any(line.unheard for line in out) else ", nor since"
    said = f"{who} {was} not seen in any dock within {span(digest.grace)} of shift end{since}."
    if 0 < new < len(out):
        said += f" {new} of them {'is' if new == 1 else 'are'} new."
    return said


def _watching(digest: Digest) -> list[str]:
    stations = [name(station) for station in digest.watched]
    return [f"{listed(stations)} {'was' if len(stations) == 1 else 'were'} watching."] if stations else []


def _sections(digest: Digest, times: Times, *, own_dates: bool) -> Iterator[Section]:
    kinds = [
        ("Not docked", "open", OPEN_KINDS),
        ("Cleared", "done", frozenset({Kind.CLEARED})),
        ("Withdrawn", "plain", frozenset({Kind.WITHDRAWN})),
    ]
    found = [(heading, tone, [line for line in digest.lines if line.kind in of]) for heading, tone, of in kinds]
    several = sum(bool(lines) for *_, lines in found) > 1
    for heading, tone, lines in found:
        if lines:
            shown = tuple(cameras.card(line, times, digest.base_url, own_dates=own_dates) for line in lines)
            yield Section(shown, heading if several else "", tone)


def _do(digest: Digest, out: list[CameraLine]) -> str:
    if not out:
        return ""
    if len(out) < len(digest.lines):
        which = listed([name(line.camera) for line in out]) if len(out) <= _NAMED else "those not docked"
    else:
        which = "it" if len(out) == 1 else "them"
    return f"have {which} docked at any station. No reply needed."


def _instants(digest: Digest) -> Iterator[datetime | None]:
    for line in digest.lines:
        yield from (line.shift_ends_at, line.deadline_at, line.left_at, line.docked_at)
        if line.kind in OPEN_KINDS:
            yield from (line.next_reminder_at, line.escalation_at)
