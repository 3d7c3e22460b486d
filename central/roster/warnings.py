"""What an import takes in although it may be a typing error: one sentence each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from central.fleet.models import Station
from central.roster.csv_file import RosterRow
from central.roster.models import Officer, Shift
from central.roster.plan import Plan, overlaps
from central.roster.shifts import batches, standing


def warnings_of(rows: Sequence[RosterRow], plan: Plan) -> Iterator[str]:
    """To be asked before anything is written."""
    yield from _unknown("station", (name for row in rows for name in row.stations), _known_stations)
    if Shift.objects.exists():  # the first roster is all new
        yield from _unknown("camera", (row.camera_serial for row in plan.rows), _known_cameras)
        yield from _unknown("officer", (row.officer_id for row in plan.rows), _known_officers)
    yield from _overlapping(rows, plan)


def outside(rows: Sequence[RosterRow], begins: object, ends: object) -> Iterator[str]:
    """Shifts that do not start within the window that their file replaces."""
    stray = [row for row in rows if not begins <= row.starts_at < ends]  # type: ignore[operator]
    if stray:
        yield (
            f"{len(stray)} of {len(rows)} shifts start outside the window that is replaced, the first in row "
            f"{stray[0].row}: they are taken in like the others, and nothing is withdrawn out there"
        )


def _overlapping(rows: Sequence[RosterRow], plan: Plan) -> Iterator[str]:
    neighbours = _neighbours(plan, {row.shift_id for row in rows} | {row.shift_id for row in plan.withdrawn})
    for first, second in overlaps([*rows, *neighbours]):
        if first.row or second.row:
            yield (
                f"camera {first.camera_serial} is given to {_named(first)} and to {_named(second)} at the same time: "
                "unless a dock says more, neither can be judged"
            )


def _named(row: RosterRow) -> str:
    where = f"row {row.row}" if row.row else "on the roster already"
    return f"officer {row.officer_id} ({row.shift_id}, {where})"


def _neighbours(plan: Plan, left_out: set[str]) -> list[RosterRow]:
    """Shifts that stand, with cameras and in the time of those that the import brings."""
    if not plan.rows:
        return []
    begins, ends = min(row.starts_at for row in plan.rows), max(row.ends_at for row in plan.rows)
    near = Shift.objects.filter(ends_at__gt=begins, starts_at__lt=ends).exclude(status__in=Shift.NOBODYS)
    found: set[str] = set()
    for batch in batches(row.camera_serial for row in plan.rows):
        found.update(near.filter(camera_serial__in=batch).values_list("pk", flat=True))
    return list(standing(sorted(found - left_out)).values())


def _unknown(what: str, named: Iterable[str], known: Callable[[list[str]], Iterable[str]]) -> Iterator[str]:
    names = set(named)
    here = {one for batch in batches(names) for one in known(batch)}
    for name in sorted(names - here):
        yield f"the roster names {what} {name!r}, which central does not know yet"


def _known_stations(names: list[str]) -> Iterable[str]:
    return Station.objects.filter(pk__in=names).values_list("pk", flat=True)


def _known_cameras(names: list[str]) -> Iterable[str]:
    return Shift.objects.filter(camera_serial__in=names).values_list("camera_serial", flat=True).distinct()


def _known_officers(names: list[str]) -> Iterable[str]:
    return Officer.objects.filter(pk__in=names).values_list("pk", flat=True)
