"""`/measures/`: how many cameras were back in time and how many videos arrived within a day, with the rows."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

from central import clock
from central.dashboard.guards import only
from central.dashboard.live import live_page
from central.dashboard.roles import ADMIN, AUDITOR, IT, READERS, roles_of
from central.dashboard.surroundings import site_zone
from central.measures.counting import Excuses, Figure
from central.measures.keeping import FRESH, Kept, is_large, kept, start_counting
from central.measures.measuring import Asked, Measures, Split, find, measure
from central.measures.plots import Column, Plot, plot
from central.measures.reading import read
from central.measures.rules import MEASURES
from central.measures.telling import WORDS, percent, percents, rows_behind
from central.measures.videos import CAUSES
from central.measures.window import Window, first_of_month, window_between
from central.roster.models import Shift
from central.rows_out import write_rows

MONTHS_BEFORE = 2
"""Without a wish, the page begins with the first of the month so many months ago."""
ROW_READERS = (IT, AUDITOR, ADMIN)
"""Rows name officers."""
HEADLINES = (("M1", "on_time"), ("M1", "within_1h"), ("M2", "outstanding"), ("M2", "indeterminate"))
RETURNS = {
    "Back by the deadline": ("M1", "on_time"),
    "Late": ("M2", "late"),
    "Outstanding": ("M2", "outstanding"),
    "Beside: unknown": ("M2", "indeterminate"),
    "Videos after a day": ("M4a", "videos"),
}
VIDEOS_OF_CALLS = {
    "Calls with a video": ("M9", "calls"),
    "Own activity": ("M10", "self_initiated"),
    "No video, no reason": ("M11", "without_reason"),
    "Complete": ("M12", "complete"),
}
"""Columns of tables, with the figure of each."""
ARRIVALS = (("M4a", "videos"), ("M4b", "cameras"))


@dataclass(frozen=True)
class Shown:
    """One figure as the page has it: plainly, and with excuses honoured."""

    plain: Figure
    honoured: Figure
    left_out: tuple[tuple[str, int], ...] | None = None
    """None: the same as of the figure before."""

    @property
    def words(self) -> str:
        return WORDS[self.plain.name].removeprefix("· ")

    @property
    def share(self) -> str:
        return percent(self.plain)

    @property
    def interval(self) -> str:
        return percents(self.plain)

    @property
    def honoured_share(self) -> str:
        return percent(self.honoured)


@only(*READERS)
def measures_page(request: HttpRequest) -> HttpResponse:
    asked, wrong = _asked(request)
    units = Shift.objects.exclude(unit="").order_by("unit").values_list("unit", flat=True).distinct()
    found = _counted(asked)
    context: dict[str, Any] = {
        "wrong": wrong,
        "window": asked.window,
        "unit": asked.unit,
        "wanted": {name: request.GET.get(name, "") for name in ("from", "to", "unit")},
        "query": urlencode({name: request.GET[name] for name in ("from", "to", "unit") if request.GET.get(name)}),
        "all_units": list(units),
        "counted_at": None if found is None else found.at,
        "is_old": found is not None and asked.at - found.at > FRESH,
        "may_take_rows": bool(roles_of(request) & set(ROW_READERS)),
        "measures": MEASURES,
        "now": asked.at,
        **({} if found is None else _figures(found.told)),
    }
    return live_page(request, "measures", context)


def _counted(asked: Asked) -> Kept | None:
    """Counted now where there is little to count. Else what was kept, and a process that counts anew if that is old;
    None: it is being counted for the first time."""
    if not is_large(asked):
        return Kept(asked.at, measure(read(asked, settings.CONFIG), asked))
    found = kept(settings.DATA.measures, asked)
    if found is None or asked.at - found.at > FRESH:
        start_counting(settings.DATA.root, settings.DATA.measures, asked)
    return found


def _figures(told: Measures) -> dict[str, Any]:
    """All that the page shows of what was counted."""
    return {
        "told": told,
        "headlines": [_shown(told.figures, *name) for name in (*HEADLINES, *ARRIVALS)],
        "figures": list(_all(told.figures)),
        "days": next(one for one in told.days_late if one.excuses is Excuses.IGNORED),
        "days_plot": _days_plot(told),
        "months_plot": _months_plot(told.months),
        "groups": (
            _group("units", "By unit", "Unit", told.units, RETURNS),
            _group("months", "By month", "Month", told.months, RETURNS),
            *(
                _group(key, f"Dispatches {title.lower()}", name, splits, VIDEOS_OF_CALLS)
                for key, title, name, splits in (
                    ("calls-units", "By unit", "Unit", [one for one in told.units if _has_calls(one)]),
                    ("calls-types", "By type", "Type", told.types),
                    ("calls-priorities", "By priority", "Priority", told.priorities),
                )
            ),
        ),
        "delays": [_shown(told.figures, "M5", cause) for cause in CAUSES],
    }


@only(*ROW_READERS)
def measure_rows(request: HttpRequest, name: str) -> HttpResponse:
    """The rows behind one measure, as CSV."""
    asked, wrong = _asked(request)
    if name not in MEASURES or wrong:
        raise Http404
    out = io.StringIO()
    write_rows(*rows_behind(name, read(asked, settings.CONFIG)), "csv", out)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _asked(request: HttpRequest) -> tuple[Asked, str]:
    """What the page is asked for, and what was wrong with it: then it shows what it shows without a wish."""
    zone, now = site_zone(), clock.now()
    usual, wrong = Window(first_of_month(now, zone, MONTHS_BEFORE)), ""
    begins, ends = (request.GET.get(name, "")[:64].strip() for name in ("from", "to"))
    try:
        window = window_between(begins, ends, zone) if begins or ends else usual
    except ValueError as error:
        window, wrong = usual, str(error)
    return Asked(now, window, request.GET.get("unit", "")[:255] or None, zone), wrong


def _plain(figures: Iterable[Figure]) -> list[Figure]:
    return [one for one in figures if one.excuses is Excuses.IGNORED]


def _shown(figures: Iterable[Figure], measure_name: str, name: str) -> Shown:
    figures = tuple(figures)
    return Shown(find(figures, measure_name, name), find(figures, measure_name, name, Excuses.HONOURED))


def _all(figures: tuple[Figure, ...]) -> Iterator[Shown]:
    before: tuple[str, Mapping[str, int]] | None = None
    for one in _plain(figures):
        here = (one.measure, one.left_out)
        left_out = None if here == before else tuple(one.left_out.items())
        yield replace(_shown(figures, one.measure, one.name), left_out=left_out)
        before = here


def _group(key: str, title: str, name: str, splits: Iterable[Split], wanted: Mapping[str, tuple[str, str]]) -> Any:
    rows = [{"name": one.name, "figures": [_shown(one.figures, *each) for each in wanted.values()]} for one in splits]
    return {"key": key, "title": title, "name": name, "heads": list(wanted), "rows": rows}


def _has_calls(split: Split) -> bool:
    figures = (find(split.figures, *name) for name in (("M9", "calls"), ("M10", "self_initiated")))
    return any(figure.proportion.denominator for figure in figures)


def _days_plot(told: Measures) -> Plot | None:
    days = [one for one in _plain(told.figures) if one.measure == "M3"]
    if not days[0].proportion.denominator:
        return None
    labels = ("up to 1 d", *(f"{number} d" for number in range(2, 6)), "more")
    counts = [one.proportion.numerator for one in days]
    columns = [Column(label, count, str(count)) for label, count in zip(labels, counts, strict=True)]
    return plot("Cameras that came back late, by days", columns)


def _months_plot(months: Iterable[Split]) -> Plot | None:
    columns = []
    for one in (month for month in months if month.name):
        figure = find(one.figures, "M2", "not_by_deadline")
        share, interval = figure.proportion.share, figure.proportion.interval
        columns.append(Column(one.name, share, percent(figure), interval))
    return plot("Not docked by the deadline, by month", columns)
