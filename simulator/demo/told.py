"""Who was told what of whom: judged by the mailbox and the exports, and by what we did ourselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from simulator.demo.absence import AbsencePlayed
from simulator.demo.mailbox import Mail
from simulator.demo.moves import DockPlayed
from simulator.demo.promises import Verdict
from simulator.demo.roster import Shift
from simulator.demo.world import IT

Row = Mapping[str, Any]
ACCUSING = ("late", "outstanding")
CLOCKS_S = 5.0
"""Afterwards central may know a station's clock better, or worse, and call the camera less late by that."""
TEST_MAIL = "[Dock] Test mail"
_SECONDS = {"s": 1, "min": 60, "h": 3600}


@dataclass(frozen=True)
class Told:
    """Everything that anybody could see, and what we did."""

    played: AbsencePlayed
    docks: Sequence[DockPlayed]
    mails: Sequence[Mail]
    shifts: Sequence[Row]
    notices: Sequence[Row]
    alarms: Sequence[Row]

    def mails_to(self, address: str) -> list[Mail]:
        """Each once: one that was handed over twice has the same Message-ID."""
        return list({mail.message_id: mail for mail in reversed(self.mails) if address in mail.to}.values())[::-1]

    def shift(self, shift_id: str) -> Row:
        return next((row for row in self.shifts if row["shift_id"] == shift_id), {})

    def last_dock(self, camera: str) -> DockPlayed:
        return [dock for dock in self.docks if dock.camera == camera][-1]


def late_camera_is_told_and_cleared(told: Told) -> Verdict:
    """Its supervisor gets one first notice, after the deadline, and one end of it, in the same thread."""
    promise = "a camera that stays out is told to its supervisor, and told again when it is back, in the same thread"
    late = told.played.late
    about = [mail for mail in told.mails_to(late.supervisor) if late.camera in mail.text]
    ends = [mail for mail in about if mail.subject.startswith("[Dock] Cleared:")]
    firsts = [mail for mail in about if mail not in ends]
    if len(firsts) != 1 or len(ends) != 1:
        subjects = [mail.subject for mail in about]
        return Verdict(promise, (f"not one first notice and one end of it, but {subjects}",), "")
    (first,), (end,) = firsts, ends
    broken = list(_first(first, told)) + list(_end(end, first, told))
    return Verdict(promise, tuple(broken), f"{first.subject!r}, then {end.subject!r}")


def _first(first: Mail, told: Told) -> Iterator[str]:
    late = told.played.late
    if "1 camera not docked" not in first.subject:
        yield f"the first notice is {first.subject!r}"
    if first.arrived_at < late.deadline:
        yield f"the first notice came at {first.arrived_at}, before the deadline {late.deadline}"
    if first.arrived_at > told.last_dock(late.camera).before_dock:
        yield "the first notice came when the camera was back"
    if late.officer not in first.text:
        yield "the first notice does not say whose shift it is"


def _end(end: Mail, first: Mail, told: Told) -> Iterator[str]:
    late, dock = told.played.late, told.last_dock(told.played.late.camera)
    if first.message_id not in end.thread:
        yield "the end is not in the thread of the first notice"
    if end.arrived_at < dock.before_dock:
        yield "the end came before the camera did"
    if dock.station not in end.text:
        yield f"the end does not say that it docked at {dock.station}"
    row = told.shift(late.shift_id)
    by = row.get("late_by_seconds")
    said = how_late(end.subject)
    if said is None or by is None or abs(said - by) > CLOCKS_S:
        yield f"the end says {end.subject!r}, export shifts says {by} s"
    truth = (dock.after_dock - late.deadline) / timedelta(seconds=1)
    if not all(0 < each <= truth for each in (said or 0, by or 0)):
        yield f"{end.subject!r}, late by {by} s, but it was in {truth:.1f} s after it was due"


def how_late(subject: str) -> int | None:
    """The seconds in `docked 1 min 5 s past deadline`; None when it says nothing of the kind."""
    found = re.search(r"docked ((?:\d+ (?:h|min|s) )+)past deadline", subject)
    if not found:
        return None
    return sum(int(number) * _SECONDS[unit] for number, unit in re.findall(r"(\d+) (h|min|s)", found[1]))


def dead_station_accuses_nobody(told: Told) -> Verdict:
    """Nothing is said of a camera that a dead station could not see, and nobody who was in time is written about."""
    played, late, unseen = told.played, told.played.late, told.played.unseen
    broken = [*_was_dead(played), *_judged(told)]
    others = (unseen, *played.in_time)
    for mail in told.mails:
        broken += [f"{mail.subject!r} to {mail.to} names {what}" for what in _named(mail, others)]
        strangers = set(mail.to) - {IT, late.supervisor}
        broken += [f"{mail.subject!r} went to {who}" for who in strangers]
    ours = {(one.shift_id, one.camera) for one in others}
    for row in told.notices:
        if any(row["shift_id"] == shift_id or row["camera_serial"] == camera for shift_id, camera in ours):
            broken.append(f"a notice ({row['kind']}) about {row['camera_serial']} was written")
    word = told.shift(unseen.shift_id).get("verdict")
    return Verdict(
        "a station that is dead past a deadline accuses no officer",
        tuple(broken),
        f"{unseen.camera} stood in dead {unseen.home}: {word}, named in no mail but as not judged",
    )


def _was_dead(played: AbsencePlayed) -> Iterator[str]:
    unseen = played.unseen
    if played.started_at is None or not played.killed_at < unseen.ends_at < unseen.deadline < played.started_at:
        yield f"{unseen.home} was not dead from the shift's end to past the deadline: nothing was shown"
    if played.asked_at is None or played.asked_at < unseen.deadline:
        yield "nobody asked for the verdicts while it was dead and the deadline had passed"


def _judged(told: Told) -> Iterator[str]:
    unseen = told.played.unseen
    meanwhile = [row for row in told.played.shifts_while_dead if row["shift_id"] == unseen.shift_id]
    for row in meanwhile:
        if row["verdict"] != "indeterminate" or not any(unseen.home in why for why in row["why"]):
            yield f"while {unseen.home} was dead, {unseen.shift_id} was {row['verdict']} {row['why']}"
    if not meanwhile:
        yield f"export shifts had no {unseen.shift_id} while {unseen.home} was dead"
    word = told.shift(unseen.shift_id).get("verdict")
    if word is None or word in ACCUSING:
        yield f"now that {unseen.home} is back, {unseen.shift_id} is {word}"


def _named(mail: Mail, shifts: Sequence[Shift]) -> Iterator[str]:
    """Officers and cameras, save those that the mail lists as not judged."""
    text = "\n".join(line for line in mail.text.splitlines() if not line.startswith("Not judged:"))
    for one in shifts:
        yield from (name for name in (one.camera, one.officer) if name in text or name in mail.subject)
        if one.officer in mail.text and one.officer not in text:
            yield one.officer


def it_is_told_once(told: Told) -> Verdict:
    """One mail that it is silent and one that it is back, in one thread; no officer in either."""
    promise = "IT is told once that a station is silent, and once that it is back"
    played, name = told.played, told.played.unseen.home
    mails = [mail for mail in told.mails_to(IT) if name in mail.text and mail.subject != TEST_MAIL]
    begun = [mail for mail in mails if mail.subject.startswith("[Dock] IT:")]
    over = [mail for mail in mails if mail.subject.startswith("[Dock] Over:")]
    if len(begun) != 1 or len(over) != 1:
        return Verdict(promise, (f"not one mail of each kind about {name}, but {[m.subject for m in mails]}",), "")
    broken = []
    if begun[0].arrived_at < played.killed_at:
        broken.append(f"IT was told at {begun[0].arrived_at}, before {name} was killed")
    if played.started_at is None or over[0].arrived_at < played.started_at:
        broken.append(f"IT was told that {name} is back before it was")
    if begun[0].message_id not in over[0].thread:
        broken.append("the two mails are no thread")
    for mail in mails:
        names = [one.officer for one in played.shifts if one.officer in mail.text + mail.subject]
        broken += [f"{mail.subject!r} names {who}" for who in names]
    rows = [row for row in told.alarms if (row["kind"], row["subject"]) == ("station_silent", name)]
    if [row["ended_at"] is not None for row in rows] != [True]:
        broken.append(f"export alarms has {len(rows)} silences of {name}: {[row['ended_at'] for row in rows]}")
    return Verdict(promise, tuple(broken), f"{begun[0].subject!r}, then {over[0].subject!r}")


def export_of_shifts(told: Told) -> Verdict:
    """Deadlines and verdicts are those that we know to be true."""
    late, unseen = told.played.late, told.played.unseen
    wanted = {late.shift_id: "late", unseen.shift_id: "indeterminate"}
    broken = []
    for one in told.played.shifts:
        row, verdict = told.shift(one.shift_id), wanted.get(one.shift_id, "on_time")
        if row.get("verdict") != verdict:
            broken.append(f"{one.shift_id} ({one.camera}) is {row.get('verdict')}, not {verdict}")
        elif _instant(row["deadline"]) != one.deadline:
            broken.append(f"{one.shift_id} is due at {row['deadline']}, not {one.deadline}")
    dock, row = told.last_dock(late.camera), told.shift(late.shift_id)
    seen = _instant(row.get("docked_at"))
    if row and (row["docked_station_id"] != dock.station or seen is None or seen < dock.before_dock):
        broken.append(f"{late.camera} docked at {row['docked_station_id']} at {seen}, not as we did")
    figures = f"{len(told.shifts)} shifts: 1 late, 1 indeterminate, {len(told.played.in_time)} on time"
    return Verdict("export shifts agrees with what we did", tuple(broken), figures)


def export_of_notices(told: Told) -> Verdict:
    """Every mail in the mailbox is a row, and every row that says it was sent is in the mailbox."""
    late = told.played.late
    arrived = {(mail.message_id, who) for mail in told.mails for who in mail.to if mail.subject != TEST_MAIL}
    sent = {(row["message_id"], row["recipient"]) for row in told.notices if row["sent_at"] is not None}
    broken = [f"a mail to {who} is no row that was sent" for _, who in arrived - sent]
    broken += [f"a mail to {who} is said to be sent and is not here" for _, who in sent - arrived]
    kinds = [row["kind"] for row in told.notices if row["shift_id"] == late.shift_id]
    if kinds != ["first", "cleared"]:
        broken.append(f"of {late.shift_id} it has {kinds}")
    return Verdict("export notices agrees with the mailbox", tuple(broken), f"{len(told.notices)} rows")


def _instant(text: object) -> datetime | None:
    return datetime.fromisoformat(str(text)) if text else None
