"""Measures of what a central holds: through its rows, its exports, its command and its page."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from uuid import uuid4

import pytest

from central.cli import build_parser
from central.config import CentralConfig
from central.custody.exports import ASSET_COLUMNS, asset_rows
from central.dispatches.exports import DISPATCH_COLUMNS, dispatch_rows
from central.dispatches.importing import Bringing, bring_dispatches
from central.dispatches.models import DocumentedException
from central.judging.shift_exports import SHIFT_COLUMNS, shift_rows
from central.measures import reading
from central.measures.commands import measures
from central.measures.counting import Excuses
from central.measures.measuring import Asked, Measures, measure
from central.measures.reading import read
from central.measures.rules import RULES
from central.measures.telling import rows_behind
from central.measures.window import ALWAYS, Window
from central.refusals import CommandRefused
from central.roster.models import Shift, ShiftVersion
from central.rows_out import write_rows
from tests.dispatches import cad
from tests.measures.recomputing import in_its_words, recompute
from tests.measures.stored import store_judgement, store_shifts, store_videos
from tests.measures.worlds import AT, HOUR, NOON, nobodys, random_shifts, random_videos, shift, video

pytestmark = pytest.mark.django_db
CONFIG = CentralConfig()


def measured(window: Window = ALWAYS, **asked: object) -> Measures:
    wanted = Asked(**{"at": AT, "window": window, **asked})  # type: ignore[arg-type]
    return measure(read(wanted, CONFIG), wanted)


def store_sent() -> None:
    """Calls of one and two officers: covered, late, missing, documented, excluded, and one that was not compared."""
    own = cad.shift(starts=-2, ends=6)
    cad.shift("S2", "8", "C2")
    cad.judged(own, "on_time")
    cad.dock(), cad.dock("C2")
    cad.video("dispatched")
    cad.video("late", began=2.5, ended=3)
    DocumentedException.objects.create(
        officer_id="8",
        dispatch_id="D3",
        since=cad.NOON,
        until=cad.NOON,
        reason="forgot",
        said_by="x",
        said_as="officer",
        said_at=cad.NOW,
        token=uuid4(),
    )
    moved = {"dispatched_at": 2, "arrived_at": 2.1, "cleared_at": 3}
    cad.bring(
        *(cad.call(), cad.call(officer="8"), cad.call("D2", **moved), cad.call("D3", "8"), cad.call("D3", "9")),
        *(cad.call("D4", type="Phone report"), cad.call("D5", kind="self_initiated", priority="", **moved)),
    )
    last = cad.as_file([cad.call("D6")])
    bring_dispatches(last, Bringing("command", cad.NOW), cad.UTC_ZONE, cad.POLICY)


def exports() -> tuple[list[dict[str, object]], ...]:
    found = []
    tables = (
        (SHIFT_COLUMNS, shift_rows(CONFIG)),
        (ASSET_COLUMNS, asset_rows()),
        (DISPATCH_COLUMNS, dispatch_rows()),
    )
    for columns, rows in tables:
        out = io.StringIO()
        write_rows(columns, rows, "json", out)
        found.append(json.loads(out.getvalue()))
    return tuple(found)


def recomputed(*edges: datetime) -> dict[tuple[str, str, str], object]:
    shifts, assets, dispatches = exports()
    again: dict[tuple[str, str, str], object] = recompute(shifts, assets, AT, *edges, dispatches=dispatches)
    return again


def counts(told: Measures, measure_name: str, name: str) -> tuple[int, int]:
    found = told.figure(measure_name, name).proportion
    return found.numerator, found.denominator


@pytest.mark.parametrize("seed", range(4))
def test_the_script_gets_from_the_exports_what_central_gets_from_its_rows(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PAGE", 7)
    dice = Random(seed)
    store_shifts(random_shifts(dice, 30))
    store_videos(random_videos(dice, 30))
    store_sent()
    for window in (Window(), Window(NOON - 100 * HOUR, NOON + 120 * HOUR)):
        edges = [edge for edge in (window.begins, window.ends) if edge is not None]
        assert recomputed(*edges) == in_its_words(measured(window))


def test_a_shift_of_which_nothing_was_said_yet_is_pending_and_one_that_is_nobodys_is_named() -> None:
    store_shifts([nobodys("A"), replace(nobodys("B"), status="scheduled")])
    assert measured().figure("M1", "on_time").left_out == {"cancelled": 1, "pending": 1}
    assert measured(Window(NOON + HOUR)).figure("M1", "on_time").left_out == {}


def test_a_verdict_that_was_corrected_is_counted_once_as_it_stands() -> None:
    late = shift("A", "late", late_by_s=90.0, docked_at=25)
    store_shifts([late])
    store_judgement("A", replace(late, verdict="on_time", plain_verdict="on_time", late_by_s=None), NOON + 50 * HOUR)
    assert counts(measured(), "M1", "on_time") == (1, 1)


def test_a_figure_of_the_past_comes_out_as_it_stood_then() -> None:
    late = shift("A", "late", late_by_s=90.0, docked_at=25)
    store_shifts([late, shift("B", camera="C2")], said_at=NOON + 26 * HOUR)
    store_shifts([shift("C", camera="C3")], said_at=NOON + 50 * HOUR)
    store_judgement("A", replace(late, verdict="excused", excuse="leave"), NOON + 60 * HOUR)
    store_videos([video("a", verified_at=40)])
    Shift.objects.filter(pk="A").update(unit="West")
    ShiftVersion.objects.create(
        shift_id="A",
        officer_id="7",
        camera_serial="C1",
        starts_at=late.starts_at,
        unit="West",
        ends_at=late.ends_at,
        said_at=NOON + 60 * HOUR,
        said_by="x",
        change="corrected",
        status="actual",
    )
    then = measured(at=NOON + 30 * HOUR, as_it_stood=True)
    assert counts(then, "M1", "on_time") == (1, 2)
    assert then.figure("M1", "on_time", Excuses.HONOURED).proportion.denominator == 2
    assert [one.name for one in then.units] == ["East"]
    assert counts(then, "M4a", "videos") == (1, 1)  # not there, and more than a day old
    now = measured()
    assert counts(now, "M1", "on_time") == (2, 3)
    assert now.figure("M1", "on_time", Excuses.HONOURED).proportion.denominator == 2
    assert [one.name for one in now.units] == ["East", "West"]


def test_a_video_from_before_midnight_finds_its_duty_that_ends_in_the_next_month() -> None:
    store_shifts([shift("A", ends=4)])
    store_videos([video("a", -1, docked_at=5, staged_at=6, verified_at=60)])
    assert counts(measured(Window(NOON - 2 * HOUR, NOON)), "M5", "network") == (1, 1)


def test_six_days_of_shifts_without_a_gap_are_one_duty_for_product_and_script() -> None:
    spans = [(12 * number, 12 * number + 12) for number in range(12)]
    store_shifts([shift(f"S{a}", starts=a, ends=b, duty_starts=0, duty_ends=144) for a, b in spans])
    late = {"docked_at": 145, "staged_at": 146, "verified_at": 190}
    store_videos([video("a", 20, **late), video("b", 110, **late)])
    for window, videos in ((Window(), 2), (Window(NOON + 2 * HOUR, NOON + 30 * HOUR), 1)):
        assert counts(measured(window), "M5", "shift_remainder")[1] == videos
        edges = [edge for edge in (window.begins, window.ends) if edge is not None]
        assert recomputed(*edges) == in_its_words(measured(window))


def test_every_figure_can_be_traced_to_its_rows() -> None:
    dice = Random(7)
    store_shifts(random_shifts(dice, 30))
    store_videos(random_videos(dice, 30))
    store_sent()
    told = measured()
    asked = Asked(AT)
    for rule in RULES:
        columns, table = rows_behind(rule.measure, read(asked, CONFIG))
        parts = [dict(zip(columns, row, strict=True))[rule.column] for row in table]
        found = (sum(part in rule.counts for part in parts), sum(part in rule.among for part in parts))
        assert counts(told, rule.measure, rule.name) == found


def said_by(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    measures(build_parser().parse_args(["measures", "--data", "unused", *words]))
    return capsys.readouterr().out


def test_the_command_says_figures_rows_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    store_shifts([shift("A"), shift("B", "late", late_by_s=2 * 86400.0, camera="C2"), nobodys("C")])
    store_videos([video("a"), video("b", camera="C2", verified_at=90)])
    text = said_by(capsys)
    assert "50.0%" in text
    assert "1 of 2" in text
    assert "1 cancelled" in text
    assert "median 2.00 d" in text
    rows = said_by(capsys, "--rows", "M2", "--format", "csv").splitlines()
    assert rows[0].startswith("shift_ids,camera_serial,officer_id,unit,")
    assert len(rows) == 4
    assert len(json.loads(said_by(capsys, "--rows", "M4b", "--format", "json"))) == 2
    told = json.loads(said_by(capsys, "--json", "--from", "2026-10-01", "--to", "2026-11-01", "--unit", "East"))
    assert (told["from"], told["unit"]) == ("2026-10-01T00:00:00Z", "East")
    figure = next(one for one in told["figures"] if (one["measure"], one["name"]) == ("M4a", "videos"))
    assert (figure["numerator"], figure["denominator"], figure["excuses"]) == (1, 2, "ignored")
    assert [one["name"] for one in told["units"]] == ["East"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--from", "October"), "'October' is no date like"),
        (("--from", "2026-11-01", "--to", "2026-10-01"), "ends before it begins"),
        (("--as-of", "2126-10-01"), "is yet to come"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(words: tuple[str, ...], why: str) -> None:
    with pytest.raises(CommandRefused, match=why):
        measures(build_parser().parse_args(["measures", "--data", "unused", *words]))


def test_a_unit_that_does_not_exist_has_no_figure(capsys: pytest.CaptureFixture[str]) -> None:
    store_shifts([shift("A")])
    assert said_by(capsys, "--unit", "Nowhere").count("no figure: 0 of 0") >= 20


def test_a_span_takes_the_videos_that_were_recorded_in_it() -> None:
    store_videos([video("a", -4), video("b", 3, verified_at=40)])
    assert counts(measured(Window(NOON, NOON + timedelta(days=1))), "M4a", "videos") == (1, 1)


def test_calls_are_counted_once_each_and_once_for_each_officer_with_what_excludes_the_others() -> None:
    store_sent()
    told = measured()
    assert counts(told, "M9", "calls") == (2, 3)
    assert counts(told, "M9b", "calls_of_officers") == (2, 4)
    assert told.figure("M9b", "calls_of_officers").left_out == {
        "excluded_type": 1,
        "pending": 1,
        "self_initiated": 1,
        "unknown_officer": 1,
    }
    assert counts(told, "M10", "self_initiated") == (1, 1)
    assert counts(told, "M11", "without_reason") == (1, 5)
    assert counts(told, "M11", "documented_after") == (1, 2)
    assert counts(told, "M12", "complete") == (1, 3)
    honoured = told.figure("M9", "calls", Excuses.HONOURED)
    assert (honoured.proportion.numerator, honoured.proportion.denominator) == (2, 2)
    assert [one.name for one in told.types] == ["Alarm", "Phone report"]
    assert [one.name for one in told.priorities] == ["", "2"]
    before = measured(at=cad.NOON, as_it_stood=True)
    assert before.figure("M9", "calls").left_out == {}
    assert counts(before, "M9", "calls") == (0, 0)
