"""Drawings as values: nothing leaves the paper, and time goes from left to right."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from central.dashboard.drawing.axis import Axis
from central.dashboard.drawing.days import Day, stacked, strip
from central.dashboard.drawing.svg import svg_of
from central.dashboard.drawing.timeline import LONGEST, NARROW, WIDE, Lane, Span, Story, Told, draw, span_of
from central.dashboard.units import unit_months
from central.dashboard.words import bay_words, spelled, why_sentence

CHICAGO = ZoneInfo("America/Chicago")
START = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def story(now_h: float = 40, grace_h: float = 24, **more: object) -> Story:
    duty = Span(START, START + 8 * HOUR, "the duty")
    usual: dict[str, object] = {
        "now": START + now_h * HOUR,
        "deadline": START + (8 + grace_h) * HOUR,
        "duty": duty,
        "rostered_end": duty.until,
        "counts_from": duty.until,
        "shifts": (duty,),
    }
    return Story(**{**usual, **more})  # type: ignore[arg-type]


hours = st.floats(min_value=-500, max_value=2000, allow_nan=False)
spans = st.lists(st.tuples(hours, st.floats(min_value=0, max_value=500)), max_size=6).map(
    lambda those: tuple(
        Span(START + a * HOUR, START + (a + b) * HOUR, f"east-1 Bay {i}") for i, (a, b) in enumerate(those)
    )
)


@given(spans, spans, hours, st.floats(min_value=0.001, max_value=200), st.lists(hours, max_size=5))
def test_whatever_happened_every_shape_lies_within_the_drawing(
    docks: tuple[Span, ...], gaps: tuple[Span, ...], now_h: float, grace_h: float, told: list[float]
) -> None:
    mails = tuple(Told(START + at * HOUR, "first", "first to x") for at in told)
    told_story = story(now_h, grace_h, docks=docks, lanes=(Lane("east-1 Bay 7", docks, gaps),), told=mails)
    for layout in (WIDE, NARROW):
        drawing = draw(told_story, layout, CHICAGO)
        for box in drawing.boxes:
            assert 0 <= box.x <= drawing.width - box.width + 2
            assert 0 < box.y + box.height <= drawing.height
        for rule in (*drawing.rules, *drawing.over):
            assert 0 <= rule.x1 <= rule.x2 <= drawing.width
        for label in drawing.labels:
            assert 0 <= label.x <= drawing.width
            assert 0 < label.y <= drawing.height


def test_a_camera_that_is_out_for_a_month_does_not_squeeze_its_shift_to_nothing() -> None:
    long_out = story(now_h=24 * 30)
    assert span_of(long_out)[1] <= long_out.deadline + LONGEST * 1.05


def test_the_deadline_is_drawn_right_of_the_end_and_a_return_between_them_left_of_the_deadline() -> None:
    back = story(docks=(Span(START + 10 * HOUR, None, "east-1 Bay 7", "return"),))
    drawing = draw(back, WIDE, CHICAGO)
    at = {rule.kind: rule.x1 for rule in drawing.over}
    (box,) = (box for box in drawing.boxes if box.kind == "return")
    assert at["end"] < box.x < at["deadline"]


def test_ticks_stand_at_round_local_times_on_the_night_that_has_one_hour_twice() -> None:
    axis = Axis(datetime(2026, 11, 1, 2, tzinfo=UTC), datetime(2026, 11, 2, 18, tzinfo=UTC), 0, 900)
    ticks = list(axis.ticks(CHICAGO, 70))
    assert [tick.at for tick in ticks] == sorted({tick.at for tick in ticks})
    days = [tick for tick in ticks if tick.is_day]
    assert [tick.text for tick in days] == ["Sun 1", "Mon 2"]
    assert days[1].at - days[0].at == 25 * HOUR


def test_a_story_of_seconds_has_ticks_of_seconds() -> None:
    axis = Axis(START, START + timedelta(seconds=20), 0, 900)
    assert "08:00:04" in [tick.text for tick in axis.ticks(CHICAGO, 70)]


def test_names_stay_text_in_a_drawing_and_it_is_well_formed() -> None:
    nasty = '</title><script>alert(1)</script>" onload="x'
    told = story(
        docks=(Span(START, START + 40 * HOUR, nasty),),
        lanes=(Lane(nasty, (), (Span(START, START + HOUR, nasty, "gap"),)),),
        told=(Told(START + 9 * HOUR, "first", nasty),),
        says=nasty,
    )
    root = ElementTree.fromstring(svg_of(draw(told, WIDE, CHICAGO)))  # noqa: S314 - our own text
    assert root.get("aria-label") == nasty
    assert {one.tag for one in root.iter()} == {
        *("svg", "defs", "pattern", "rect", "line", "circle", "text", "title"),
    }


def test_a_bar_is_as_high_as_its_count_and_a_day_without_any_is_bare() -> None:
    days = [Day(date(2026, 11, 1), {"on_time": 3, "late": 1}), Day(date(2026, 11, 2), {})]
    drawing = stacked(days, "u", "says")
    on_time, late = drawing.boxes
    assert abs(on_time.height - 3 * late.height) < 0.2
    assert late.y < on_time.y
    assert not stacked([], "u", "says").boxes


def test_a_strip_leaves_the_days_bare_on_which_nothing_was_seen() -> None:
    drawing = strip([(date(2026, 11, 1), True), (date(2026, 11, 2), False)], "s", "says")
    assert [box.kind for box in drawing.boxes] == ["watched", "unseen"]


def test_a_duty_of_several_shifts_counts_once_on_the_local_day_of_its_deadline() -> None:
    deadline, starts = "2026-11-03 04:00:00", "2026-11-02 14:00:00"  # the evening before in Chicago
    rows = [(unit, "C1", starts, deadline, "late") for unit in ("East", "West")]
    rows += [("East", "C2", starts, deadline, "on_time"), ("East", "C3", starts, deadline, "pending")]
    east, west = unit_months(rows, date(2026, 11, 1), date(2026, 11, 4), CHICAGO)
    assert (east.unit, east.due, east.judged) == ("East", 1, 1)
    assert (west.unit, west.counts["late"]) == ("West", 1), "its last shift's unit"
    assert [day.total for day in east.days] == [0, 1, 0]
    assert ("late", 0, "0.0 % of 1") in east.parts


def test_without_a_denominator_there_is_no_figure() -> None:
    (unit,) = unit_months(
        [("U", "C", "", "2026-11-01 12:00:00+00", "indeterminate")], date(2026, 11, 1), date(2026, 11, 2), CHICAGO
    )
    assert {name: share for name, _, share in unit.parts}["on_time"] == "no figure"


def test_spans_are_spelled_in_two_units() -> None:
    said = [spelled(timedelta(seconds=seconds)) for seconds in (-5, 45, 200, 3600, 11520, 86400, 187200)]
    assert said == ["0 s", "45 s", "3 min 20 s", "1 h", "3 h 12 min", "1 d", "2 d 4 h"]


def test_a_reason_names_the_bay_by_its_label_and_a_source_as_all_other_bays() -> None:
    why = {"cause": "unwatched", "station": "east-1", "bay": "1-7", "since": "2026-11-20T16:00:00Z", "until": None}
    labels = {("east-1", "1-7"): "Bay 7"}
    assert why_sentence(why, CHICAGO, labels) == "not watched: east-1 Bay 7, since Fri Nov 20, 10:00"
    assert why_sentence({**why, "bay": "usb"}, CHICAGO, labels).startswith("not watched: east-1 other bays,")
    assert bay_words("east-1", "folder:/srv/docked", labels) == "other bays"
    assert bay_words("east-1", "folder:C1", labels) == "folder:C1"
    assert bay_words("east-1", "folder:C1", {("east-1", "folder:C1"): "Bay 4"}) == "Bay 4"
    assert why_sentence({"cause": "something_new", "station": None}, CHICAGO, labels) == "something new"
