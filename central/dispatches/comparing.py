"""Compares dispatches with recordings: facts, pure rules, rows. Only what there is news of, and only what changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F

from central.config import Dispatches
from central.dispatches.csv_file import DispatchRow
from central.dispatches.eligibility import Eligibility, excluded_by
from central.dispatches.exceptions import Exceptions, Said, documented
from central.dispatches.explaining import Circumstances
from central.dispatches.finding import Finding, finding_of
from central.dispatches.gathering import Known, gather, verdicts_of
from central.dispatches.importing import OWN, known_officers
from central.dispatches.matching import Assignment, Recording
from central.dispatches.models import Compared, Comparison, Dispatch, DocumentedException, ExceptionDecision
from central.dispatches.news import Because, News, read_news
from central.judging.snapshot import one_snapshot
from central.roster.models import Officer
from central.roster.shifts import batches

log = structlog.get_logger()

BATCH = 500
WRITTEN_AT_ONCE = 4000
"""Comparisons in one transaction: stations' events wait for it."""
NEW = (
    *("result", "rule", "cause", "start", "end", "late_start_s", "early_end_s", "began_at", "ended_at", "assets"),
    *("cameras", "shifts", "unit", "awaits", "exception_id", "documented"),
)
"""What makes a comparison another one."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A dispatch as the database has it."""

    number: int
    row: DispatchRow
    withdrawn: bool


class Overtaken(Exception):
    """Somebody else began to compare since, with newer news: he does it all."""


def compare_due(policy: Dispatches, now: datetime, *, everything: bool = False) -> int:
    """Compare what there is news of; returns how many dispatches were found to be otherwise than before. Harmless to
    repeat, and to kill at any instant: news counts as read once all that it concerns is written."""
    if not everything and not Dispatch.objects.exists():
        return 0
    with one_snapshot():
        news = read_news(policy, now, everything=everything)
        if not news.everything and not news.found:
            before = Compared.objects.filter(pk=1).first()
            rows: list[Comparison] = []
            quiet = before is not None and _reads_alike(before, news.read)
        else:
            rows, quiet = list(_compared(news, policy, now)), False
    if quiet:
        return 0
    try:
        _write(rows, news.read, now)
    except Overtaken:
        log.info("comparing_overtaken", dispatches=len(rows))
        return 0
    if rows:
        log.info("dispatches_compared", changed=len(rows), everything=news.everything)
    return len(rows)


def _reads_alike(before: Compared, after: Compared) -> bool:
    """Whether nothing happened: then nothing is written either, not every second."""
    names = ("version", "shift_version", "event", "touched_serial", "judgement", "exception", "decision", "policy")
    recent = before.verified_until is not None and after.verified_until is not None
    moved = recent and (after.verified_until - before.verified_until).total_seconds() > 60
    return not moved and all(getattr(before, name) == getattr(after, name) for name in names)


def _compared(news: News, policy: Dispatches, now: datetime) -> Iterator[Comparison]:
    """The comparisons that say something new."""
    stored = list(_stored(None if news.everything else list(news.found)))
    rows = [one.row for one in stored]
    officers = known_officers(row.officer_id for row in rows)
    eligibility = Eligibility.of(policy.exclude_types, policy.exclude_dispositions)
    counted: list[tuple[Stored, Any]] = [
        (
            one,
            excluded_by(
                one.row, eligibility, now, officer_known=one.row.officer_id in officers, withdrawn=one.withdrawn
            ),
        )
        for one in stored
    ]
    known = gather([one.row for one, rule in counted if rule is None])
    exceptions = _exceptions()
    units = dict(Officer.objects.values_list("pk", "unit"))
    standing = _standing(None if news.everything else [one.number for one in stored])
    looks = [_look(one, known, exceptions) if rule is None else None for one, rule in counted]
    verdicts = verdicts_of((shift for look in looks if look for shift in look.out_shifts), now)
    for (one, rule), look in zip(counted, looks, strict=True):
        around = look.circumstances(verdicts) if look else Circumstances(has_camera=False)
        finding = finding_of(one.row, rule, look.recordings if look else (), around, policy.tolerance)
        because = Because.POLICY if news.everything else news.found[one.number]
        new = _comparison(one, finding, look, units.get(one.row.officer_id, ""), because, now)
        before = standing.get(one.number)
        if before is None or before != tuple(getattr(new, name) for name in NEW):
            yield new


@dataclass(frozen=True)
class _Look:
    """One dispatch's case."""

    shifts: Sequence[Assignment]
    cameras: Sequence[str]
    recordings: Sequence[Recording]
    out: tuple[str, ...]
    waiting: tuple[str, ...]
    said: Said | None

    @property
    def out_shifts(self) -> Iterator[Assignment]:
        return (one for one in self.shifts if one.camera in self.out)

    def circumstances(self, verdicts: Mapping[str, str]) -> Circumstances:
        told = tuple(verdicts[one.shift_id] for one in self.out_shifts)
        return Circumstances(bool(self.cameras), self.out, self.waiting, told, self.said is not None)


def _look(one: Stored, known: Known, exceptions: Exceptions) -> _Look:
    row, begins, cleared = one.row, one.row.begins_at, one.row.cleared_at
    assert begins is not None  # noqa: S101 - it counts, so it has both
    assert cleared is not None  # noqa: S101
    shifts = known.assignments.during(row.officer_id, begins, cleared)
    cameras = list(dict.fromkeys(shift.camera for shift in shifts))
    recordings = known.footage.overlapping(row.officer_id, begins, cleared)
    unreceipted = {recording.camera for recording in recordings if not recording.is_receipted}
    out = tuple(camera for camera in cameras if not known.docks.docked_since(camera, cleared))
    waiting = tuple(
        camera for camera in cameras if camera in unreceipted or known.docks.waits(camera, cleared)
    ) or tuple(sorted(unreceipted))
    return _Look(shifts, cameras, recordings, out, waiting, exceptions.of(row))


def _comparison(
    one: Stored, finding: Finding, look: _Look | None, officers_unit: str, because: Because, now: datetime
) -> Comparison:
    said = look.said if look else None
    recordings = finding.recordings
    return Comparison(
        dispatch_id=one.number,
        result=str(finding.result),
        rule=str(finding.rule or ""),
        cause=str(finding.cause or ""),
        start=str(finding.start or ""),
        end=str(finding.end or ""),
        late_start_s=finding.late_start_s,
        early_end_s=finding.early_end_s,
        began_at=min((recording.began_at for recording in recordings), default=None),
        ended_at=max((recording.ended_at for recording in recordings), default=None),
        assets=[recording.asset_id for recording in recordings],
        cameras=list(look.cameras) if look else [],
        shifts=[shift.shift_id for shift in look.shifts] if look else [],
        unit=next((shift.unit for shift in look.shifts if shift.unit), officers_unit) if look else officers_unit,
        awaits=finding.awaits,
        exception_id=said.number if said else None,
        documented=documented(said, one.row) if said else "",
        because=str(because),
        compared_at=now,
    )


def _stored(numbers: Sequence[int] | None) -> Iterator[Stored]:
    columns = ("pk", "withdrawn", "dispatch_id", "officer_id", *OWN)
    every = Dispatch.objects.order_by()
    for rows in [every] if numbers is None else (every.filter(pk__in=batch) for batch in batches(map(str, numbers))):
        for number, withdrawn, dispatch_id, officer, *own in rows.values_list(*columns).iterator():
            yield Stored(number, DispatchRow(dispatch_id, officer, **dict(zip(OWN, own, strict=True))), withdrawn)


def _standing(numbers: Sequence[int] | None) -> dict[int, tuple[Any, ...]]:
    every = Comparison.objects.filter(superseded_at=None).order_by()
    found: dict[int, tuple[Any, ...]] = {}
    for rows in (
        [every] if numbers is None else (every.filter(dispatch__in=batch) for batch in batches(map(str, numbers)))
    ):
        for number, *said in rows.values_list("dispatch_id", *NEW).iterator():
            found[number] = tuple(said)
    return found


def _exceptions() -> Exceptions:
    """Those that nobody refused or withdrew."""
    gone = ExceptionDecision.objects.exclude(outcome=ExceptionDecision.APPROVED).values("exception")
    rows = DocumentedException.objects.exclude(pk__in=gone)
    columns = rows.values_list("pk", "officer_id", "dispatch_id", "since", "until", "said_at")
    return Exceptions(Said(*row) for row in columns)


def _write(rows: Sequence[Comparison], read: Compared, now: datetime) -> None:
    """Raises `Overtaken` when somebody else began meanwhile."""
    with transaction.atomic():
        Compared.objects.get_or_create(pk=1)
        if not Compared.objects.filter(pk=1, turn=read.turn).update(turn=F("turn") + 1):
            raise Overtaken
    read.turn += 1
    for first in range(0, len(rows), WRITTEN_AT_ONCE):
        with transaction.atomic():
            _refuse_overtaken(read)
            _write_some(rows[first : first + WRITTEN_AT_ONCE], now)
    with transaction.atomic():
        _refuse_overtaken(read)
        read.save()


def _refuse_overtaken(read: Compared) -> None:
    if not Compared.objects.filter(pk=1, turn=read.turn).exists():
        raise Overtaken


def _write_some(rows: Sequence[Comparison], now: datetime) -> None:
    for batch in batches(str(row.dispatch_id) for row in rows):
        Comparison.objects.filter(dispatch__in=batch, superseded_at=None).update(superseded_at=now)
    Comparison.objects.bulk_create(rows, batch_size=BATCH)
