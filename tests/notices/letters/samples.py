"""One letter of each kind, as a site would get it.

`DJANGO_SETTINGS_MODULE=central.settings python -m tests.notices.letters.samples` writes the golden texts anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from central.mailing.letter import Letter
from central.notices.digest import CameraLine, Digest, Kind, NotJudged, gravest
from central.notices.letters import (
    OfficerReminder,
    Summary,
    compose,
    compose_it,
    compose_officer_reminder,
    compose_summary,
)

HERE = Path(__file__).parent
CHICAGO = ZoneInfo("America/Chicago")
NOTICE = UUID("5e0c6c0e-52ce-4c55-8ff7-6d0f7f2d1a01")
HOUR = timedelta(hours=1)


def local(month: int, day: int, hour: int, minute: int = 0, *, second: int = 0, year: int = 2025) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=CHICAGO)


FIRST = CameraLine(
    kind=Kind.FIRST,
    camera="0412",
    officer="Pat Example",
    shift_ids=("2025-10-05-N-0412",),
    shift_ends_at=local(10, 6, 6),
    end_source="scheduled",
    deadline_at=local(10, 7, 6),
    by=timedelta(minutes=30),
    left_at=local(10, 5, 21, 52),
    left_where="East, Bay 7",
    next_reminder_at=local(10, 8, 6, 30),
    escalation_at=local(10, 8, 18, 30),
    escalation_to="lt.kim@pd.example",
)
SECOND = replace(
    FIRST,
    camera="0388",
    officer="Robin Sample",
    shift_ids=("2025-10-05-E-0388", "2025-10-05-N-0388"),
    end_source="actual",
    shift_ends_at=local(10, 6, 6, 20),
    deadline_at=local(10, 7, 6, 20),
    by=timedelta(minutes=10),
    left_at=local(10, 5, 13, 47),
    left_where="East, Bay 2",
)
CLEARED = replace(
    FIRST,
    kind=Kind.CLEARED,
    by=3 * HOUR + timedelta(minutes=12),
    docked_at=local(10, 7, 9, 12),
    docked_where="West, Bay 2",
)
WITHDRAWN = replace(
    FIRST,
    kind=Kind.WITHDRAWN,
    camera="0377",
    officer="Sam Person",
    shift_ids=("2025-10-05-N-0377",),
    why="The shift's end was corrected from 06:00 to 10:00, so the camera is not due yet",
)
DIGEST = Digest(
    kind=Kind.FIRST,
    notice_id=NOTICE,
    unit="East B",
    recipient="sgt.lee@pd.example",
    lines=(FIRST, SECOND),
    due_cameras=9,
    not_judged=(NotJudged("0391", "West offline; IT knows"),),
    watched=("East",),
    grace=24 * HOUR,
    at=local(10, 7, 6, 30),
    zone=CHICAGO,
    base_url="https://dock.pd.example",
    message_id="<5e0c6c0e.1@dock.pd.example>",
    list_id="notices.dock.pd.example",
)


SUMMARY = Summary(
    notice_id=NOTICE,
    recipient="it@pd.example",
    digests=(DIGEST,),
    limit=25,
    at=DIGEST.at,
    zone=CHICAGO,
    base_url=DIGEST.base_url,
    message_id="<5e0c6c0e.9@dock.pd.example>",
)


def digest(*lines: CameraLine, **more: object) -> Letter:
    return compose(replace(DIGEST, lines=lines, kind=gravest(line.kind for line in lines), **more))  # type: ignore[arg-type]


def first() -> Letter:
    return digest(FIRST, SECOND)


def first_of_little_is_known() -> Letter:
    line = replace(
        FIRST,
        officer="",
        shift_ids=(),
        end_source="inferred",
        by=None,
        left_at=None,
        next_reminder_at=None,
        escalation_at=None,
    )
    return digest(line, base_url="", due_cameras=0, not_judged=(), watched=(), unit="")


def reminder() -> Letter:
    lines = (
        replace(
            FIRST, kind=Kind.REMINDER, by=24 * HOUR + timedelta(minutes=30), next_reminder_at=local(10, 9, 6, 30)
        ),
        replace(SECOND, kind=Kind.REMINDER, by=72 * HOUR, answers_paused="in repair, says sgt.lee@pd.example"),
    )
    return digest(*lines, at=local(10, 8, 6, 30), watched=("East", "North", "West"), not_judged=())


def reminder_with_dates_of_their_own() -> Letter:
    new = replace(SECOND, next_reminder_at=local(10, 9, 6, 30), escalation_at=None)
    return digest(replace(FIRST, kind=Kind.REMINDER, by=25 * HOUR), new, at=local(10, 8, 7), not_judged=())


def escalation() -> Letter:
    line = replace(
        FIRST, kind=Kind.ESCALATION, by=36 * HOUR + timedelta(minutes=30), next_reminder_at=None, escalation_at=None
    )
    return digest(
        line,
        recipient="lt.kim@pd.example",
        at=local(10, 8, 18, 30),
        escalated_from="sgt.lee@pd.example, Tue Oct 7 06:30 and Wed Oct 8 06:30",
    )


def cleared() -> Letter:
    return digest(CLEARED, at=local(10, 7, 9, 13), not_judged=(), in_reply_to=DIGEST.message_id)


def cleared_two() -> Letter:
    early = replace(CLEARED, camera="0388", officer="Robin Sample", by=None)
    return digest(CLEARED, early, at=local(10, 7, 9, 13), not_judged=())


def withdrawn() -> Letter:
    return digest(WITHDRAWN, at=local(10, 7, 9, 13), not_judged=())


def mixed() -> Letter:
    docked = replace(CLEARED, docked_at=local(10, 7, 6, 12), by=timedelta(minutes=12))
    return digest(replace(FIRST, kind=Kind.REMINDER, camera="0401"), SECOND, docked, WITHDRAWN)


def night_the_clocks_go_back() -> Letter:
    line = replace(
        FIRST,
        shift_ends_at=local(11, 1, 22),
        deadline_at=datetime(2025, 11, 2, 1, 30, tzinfo=CHICAGO),
        left_at=local(11, 1, 13, 58),
        next_reminder_at=datetime(2025, 11, 2, 1, 40, fold=1, tzinfo=CHICAGO),
        escalation_at=local(11, 3, 6),
        by=timedelta(minutes=5),
    )
    return digest(line, at=datetime(2025, 11, 2, 1, 35, tzinfo=CHICAGO), not_judged=(), grace=3 * HOUR)


def seconds_over_new_year() -> Letter:
    line = replace(
        FIRST,
        shift_ends_at=local(12, 31, 23, 59, second=52),
        deadline_at=local(12, 31, 23, 59, second=57),
        left_at=local(12, 31, 23, 59, second=40),
        by=timedelta(seconds=4.9),
        next_reminder_at=local(1, 1, 0, 0, second=9, year=2026),
        escalation_at=None,
    )
    return digest(line, at=local(1, 1, 0, 0, second=2, year=2026), grace=timedelta(seconds=5), due_cameras=1)


def nobody_is_named() -> Letter:
    return digest(FIRST, recipient="it@pd.example", unit="", nobody_named=True, not_judged=())


def zone_without_a_name() -> Letter:
    return digest(FIRST, zone=ZoneInfo("Asia/Kathmandu"))


def summary_instead_of_a_digest() -> Letter:
    lines = tuple(replace(FIRST, camera=f"04{number}", kind=Kind.REMINDER) for number in range(10, 13))
    return compose_summary(
        replace(SUMMARY, digests=(replace(DIGEST, lines=lines),), limit=2, recipient=DIGEST.recipient)
    )


def summary() -> Letter:
    east = replace(DIGEST, lines=(FIRST, SECOND))
    west = replace(
        DIGEST,
        unit="West A",
        recipient="sgt.diaz@pd.example",
        lines=(replace(FIRST, camera="=0501", officer='+1 "Pat", Example\nJr'), CLEARED, WITHDRAWN),
        not_judged=(),
    )
    return compose_summary(replace(SUMMARY, digests=(east, west), limit=2))


def officer() -> Letter:
    return compose_officer_reminder(
        OfficerReminder(
            notice_id=NOTICE,
            recipient="p.example@pd.example",
            camera="0412",
            shift_ends_at=FIRST.shift_ends_at,
            end_source="scheduled",
            deadline_at=FIRST.deadline_at,
            at=local(10, 6, 7),
            zone=CHICAGO,
            message_id="<5e0c6c0e.4@dock.pd.example>",
            left_at=FIRST.left_at,
            left_where=FIRST.left_where,
        )
    )


def it_alert() -> Letter:
    return compose_it(
        "it@pd.example",
        "West is silent",
        (
            "Central has heard nothing from West for 16 min",
            "Footage on its cameras is safe: nothing is erased without a receipt.",
            "No officer is called late for what West could not see; 12 cameras are not judged meanwhile.",
        ),
        at=local(10, 7, 5, 40),
        zone=CHICAGO,
        base_url="https://dock.pd.example",
        do="see whether the PC at West has power and network, then run dock-agent doctor there",
        facts=(("Last heard", "Tue Oct 7 05:24 CDT"), ("Bays", "12"), ("Version", "0.1.0")),
        message_id="<alarm.7@dock.pd.example>",
    )


def it_alert_over() -> Letter:
    return compose_it(
        "it@pd.example",
        "West is heard again",
        ("West was silent for 2 h 4 min", "What it saw meanwhile has arrived; 12 cameras were judged anew."),
        at=local(10, 7, 7, 30),
        zone=CHICAGO,
        over=True,
        message_id="<alarm.8@dock.pd.example>",
        in_reply_to="<alarm.7@dock.pd.example>",
    )


SAMPLES: dict[str, Callable[[], Letter]] = {
    made.__name__: made
    for made in (
        *(
            first,
            first_of_little_is_known,
            reminder,
            reminder_with_dates_of_their_own,
            escalation,
            cleared,
            cleared_two,
        ),
        *(withdrawn, mixed, night_the_clocks_go_back, seconds_over_new_year, zone_without_a_name, summary, officer),
        *(it_alert, it_alert_over, summary_instead_of_a_digest, nobody_is_named),
    )
}


def shown(letter: Letter) -> str:
    """A letter as its golden file has it."""
    files = "".join(
        f"\n[{one.name}, {one.content_type}]\n{one.content.decode('utf-8-sig')}" for one in letter.attachments
    )
    return f"To: {letter.to}\nSubject: {letter.subject}\n\n{letter.text}{files}"


if __name__ == "__main__":
    for title, made in SAMPLES.items():
        (HERE / f"{title}.txt").write_text(shown(made()), encoding="utf-8")
