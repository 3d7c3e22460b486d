"""Whatever the rows are: figures follow from them, add up, and come out the same by the script of docs/."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from central.dispatches.explaining import Cause
from central.measures.counting import Excuses, part_of
from central.measures.dispatches import Sent
from central.measures.duties import ShiftRow, counted_duties
from central.measures.measuring import Asked, Measures, Rows, chosen, find, measure
from central.measures.rules import OF_DISPATCHES, OF_DUTIES, OF_SENT, RULES
from central.measures.videos import VideoRow, counted_videos
from central.measures.window import Window
from tests.measures.recomputing import in_its_words, recompute
from tests.measures.worlds import (
    AT,
    HOUR,
    NOON,
    as_exported_asset,
    as_exported_dispatch,
    as_exported_shift,
    random_sent,
    random_shifts,
    random_videos,
)
from tests.scale import amount

WORLDS = amount(ci=60, soak=5000)
FIRST, LAST = NOON - 100 * HOUR, NOON + 120 * HOUR
seeds = st.integers(0, 2**32)


World = tuple[list[ShiftRow], list[VideoRow], list[Sent]]


def told_of(
    shifts: list[ShiftRow], videos: list[VideoRow], sent: list[Sent], window: Window
) -> tuple[Rows, Measures]:
    duties = counted_duties(shifts)
    placed = [one for one in videos if one.placed_at is None or window.holds(one.placed_at)]
    asked = Asked(AT, window)
    rows = chosen(Rows(duties, counted_videos(placed, duties, AT), sent), asked)
    return rows, measure(rows, asked)


def world(seed: int) -> World:
    dice = Random(seed)
    shifts, videos = random_shifts(dice, dice.randrange(60)), random_videos(dice, dice.randrange(60))
    return shifts, videos, random_sent(dice, dice.randrange(60))


@settings(max_examples=WORLDS, deadline=None, derandomize=True)
@given(seeds, st.booleans())
def test_somebody_who_has_only_the_exports_and_the_script_gets_the_same_figures(seed: int, in_window: bool) -> None:
    shifts, videos, sent = world(seed)
    edges: tuple[datetime, ...] = (FIRST, LAST) if in_window else ()
    _, told = told_of(shifts, videos, sent, Window(*edges))
    exports = [as_exported_shift(row) for row in shifts], [as_exported_asset(row) for row in videos]
    again = recompute(*exports, AT, *edges, dispatches=[as_exported_dispatch(row) for row in sent])
    assert again == in_its_words(told)


@settings(max_examples=WORLDS, deadline=None, derandomize=True)
@given(seeds)
def test_every_row_is_counted_or_named_and_parts_make_up_their_wholes(seed: int) -> None:
    rows, told = told_of(*world(seed), Window())
    for one in told.figures:
        whole = one.proportion.denominator + sum(one.left_out.values())
        population = {"M4a": len(rows.videos), "M5": len(rows.videos), "M4b": len({v.camera for v in rows.videos})}
        population |= {rule.measure: len(rows.sent) for rule in OF_SENT}
        population |= {rule.measure: len({one.dispatch_id for one in rows.sent}) for rule in OF_DISPATCHES}
        assert whole == population.get(one.measure, len(rows.duties))
        assert 0 <= one.proportion.numerator <= one.proportion.denominator
    for excuses in Excuses:
        number = {one.name: one.proportion.numerator for one in told.figures if one.excuses is excuses}
        judged = told.figure("M1", "on_time", excuses).proportion.denominator
        assert number["late"] + number["outstanding"] == number["not_by_deadline"]
        assert number["on_time"] + number["not_by_deadline"] == judged
        with_reason = [str(cause) for cause in Cause]
        missing = told.figure("M11", "unexplained", excuses).proportion.denominator
        assert sum(number[name] for name in with_reason) == missing
        assert number["documented_before"] + number["documented_after"] == number["documented_exception"]
        assert number["unexplained"] == number["without_reason"]
        for measure_name, total in (("M3", number["late"]), ("M5", told.figure("M5", "dock", excuses))):
            parts = [one for one in told.figures if (one.measure, one.excuses) == (measure_name, excuses)]
            whole = total if isinstance(total, int) else total.proportion.denominator
            assert sum(one.proportion.numerator for one in parts) == whole
    for splits in (told.units, told.months):
        for one in told.figures:
            if one.measure not in ("M4b", "M9", "M10"):  # a camera or a dispatch may be two units'
                found = [s for split in splits for s in split.figures if _same(s, one)]
                assert sum(s.proportion.denominator for s in found) == one.proportion.denominator


@settings(max_examples=WORLDS, deadline=None, derandomize=True)
@given(seeds)
def test_what_is_counted_is_among_what_it_is_counted_among(seed: int) -> None:
    rows, told = told_of(*world(seed), Window())
    for rule in RULES:
        if rule not in OF_DUTIES:
            continue
        for excuses in Excuses:
            among = {one.shift_ids for one in rows.duties if part_of(one, rule.column, excuses) in rule.among}
            counts = {one.shift_ids for one in rows.duties if part_of(one, rule.column, excuses) in rule.counts}
            assert counts <= among
            figure = told.figure(rule.measure, rule.name, excuses).proportion
            assert (figure.numerator, figure.denominator) == (len(counts), len(among))


@settings(max_examples=WORLDS, deadline=None, derandomize=True)
@given(seeds)
def test_one_excuse_more_changes_no_plain_figure_and_adds_to_no_count(seed: int) -> None:
    shifts, videos, sent = world(seed)
    _, before = told_of(shifts, videos, sent, Window())
    owed = [row for row in shifts if row.duty_ends_at is not None and row.verdict != "excused"]
    if not owed:
        return
    duty = (owed[0].camera, owed[0].officer, owed[0].duty_starts_at)
    excuse: Callable[[ShiftRow], bool] = lambda row: (row.camera, row.officer, row.duty_starts_at) == duty  # noqa: E731
    more = [replace(row, verdict="excused", excuse="leave") if excuse(row) else row for row in shifts]
    _, after = told_of(more, videos, sent, Window())
    for one, other in zip(before.figures, after.figures, strict=True):
        if one.excuses is Excuses.IGNORED:
            assert one == other
        else:
            assert other.proportion.denominator <= one.proportion.denominator
            assert other.proportion.numerator <= one.proportion.numerator


def _same(one: object, other: object) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in ("measure", "name", "excuses"))


@settings(max_examples=WORLDS, deadline=None, derandomize=True)
@given(seeds)
def test_types_and_priorities_make_up_the_whole_and_one_exception_more_changes_no_plain_figure(seed: int) -> None:
    sent = random_sent(Random(seed), 40)
    before = measure(chosen(Rows([], [], sent), Asked(AT)), Asked(AT))
    for splits in (before.types, before.priorities):
        for rule in (*OF_SENT, *OF_DISPATCHES):
            whole = before.figure(rule.measure, rule.name).proportion
            parts = [find(split.figures, rule.measure, rule.name).proportion for split in splits]
            assert sum(part.numerator for part in parts) == whole.numerator
            assert sum(part.denominator for part in parts) == whole.denominator
    excused = [replace(sent[0], documented=sent[0].documented or "after"), *sent[1:]]
    after = measure(chosen(Rows([], [], excused), Asked(AT)), Asked(AT))
    for one, other in zip(before.figures, after.figures, strict=True):
        assert one == other or one.excuses is Excuses.HONOURED
        assert other.proportion.denominator <= one.proportion.denominator
