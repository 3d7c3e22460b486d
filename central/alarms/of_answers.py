"""What people said that IT has to do with: lost cameras, docks to look into, contests that nobody decided."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from central.alarms.condition import Condition, when
from central.alarms.facts import Limits, Words
from central.alarms.kinds import Kind


def of_answers(words: Words, limits: Limits, now: datetime) -> Iterator[Condition]:
    for lost in words.losses:
        yield Condition(
            Kind.CAMERA_LOST,
            lost.camera,
            f"{lost.said_by} says that {lost.camera} is lost ({when(lost.said_at, limits)}). Its deadlines are "
            "excused until it docks anywhere. What it held and was not copied is lost with it.",
            since=lost.said_at,
        )
    for check in words.checks:
        where = f" at {check.where}" if check.where else ""
        yield Condition(
            Kind.DOCK_CHECK,
            check.camera,
            f"{check.said_by} says that {check.camera} was docked{where}, and no dock saw it. "
            f"Look there, and say on the page of answer {check.number} what you found.",
            since=check.said_at,
        )
    for contest in words.contests:
        if contest.due_at is not None and contest.due_at < now:
            yield Condition(
                Kind.CONTEST_OVERDUE,
                f"answer {contest.number}",
                f"A contest was to be decided by {when(contest.due_at, limits)} and was not. "
                f"{contest.decider or 'An administrator'} decides, on the page of answer {contest.number}.",
                since=contest.due_at,
            )
