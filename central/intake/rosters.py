"""The door where a scheduler posts its roster."""

from __future__ import annotations

import structlog
from django.http import HttpRequest, HttpResponse

from central import clock
from central.intake.answers import Refused, json_answer
from central.intake.doors import door
from central.judging.rosters import bring_roster, window_of
from central.roster.importing import Bringing, Outcome, Window
from protocol.messages import RosterImportAnswer, RosterRefused, RowProblem

log = structlog.get_logger()

YES, NO = ("true", "1", "yes"), ("false", "0", "no")
MEDIA_TYPES = ("text/csv", "application/csv", "text/plain")


@door("roster_import")
def take_roster(request: HttpRequest, key: str) -> HttpResponse:
    if request.content_type not in MEDIA_TYPES:
        raise Refused(
            415, "not_csv", "a roster is sent as text/csv; nothing was imported", "set Content-Type: text/csv"
        )
    window, dry_run = _window(request), _dry_run(request)
    bringing = Bringing(f"api:{key}", clock.now(), window=window)
    outcome = bring_roster(request.body, bringing, dry_run=dry_run)
    log.info("roster_posted", key=key, errors=len(outcome.errors), waits=bool(outcome.doubts), number=outcome.number)
    if outcome.errors:
        return json_answer(_refusal(outcome), 422)
    return json_answer(_answer(outcome, dry_run=dry_run), 202 if outcome.doubts and not dry_run else 200)


def _window(request: HttpRequest) -> Window | None:
    told = request.GET.get("replace_window")
    try:
        return None if told is None else window_of(told)
    except ValueError as error:
        raise Refused(
            400,
            "bad_window",
            f"replace_window: {error}; nothing was imported",
            "a + in an offset is written %2B in an address",
        ) from error


def _dry_run(request: HttpRequest) -> bool:
    """Anything that is neither yes nor no is refused: taken for no it would import."""
    told = request.GET.get("dry_run", "false").lower()
    if told not in (*YES, *NO):
        raise Refused(400, "bad_dry_run", f"dry_run={told!r} is neither true nor false; nothing was imported")
    return told in YES


def _refusal(outcome: Outcome) -> RosterRefused:
    return RosterRefused(
        code="roster_refused",
        message=f"{len(outcome.errors)} error(s) in the roster; nothing was imported",
        hint="mend these rows and send the whole file again",
        errors=[RowProblem(row=one.row, column=one.column, reason=one.reason) for one in outcome.errors],
    )


def _answer(outcome: Outcome, *, dry_run: bool) -> RosterImportAnswer:
    plan = outcome.plan
    return RosterImportAnswer(
        state="dry_run" if dry_run else "waiting" if outcome.doubts else "applied",
        number=outcome.number,
        added=len(plan.added),
        changed=len(plan.changed),
        withdrawn=len(plan.withdrawn),
        unchanged=plan.unchanged,
        doubts=list(outcome.doubts),
        warnings=list(outcome.warnings),
    )
