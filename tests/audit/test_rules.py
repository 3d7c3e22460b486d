"""Sample sizes, spans, coverage: values in, values out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

import pytest

from central.audit.coverage import Piece, pieces, watched_shares
from central.audit.dictionary import meaning
from central.audit.package import TRAVELS, columns_of
from central.audit.span import left_out
from central.audit.tables import counted_files
from central.measures.measuring import Rows
from central.measures.window import Window
from central.timeliness.facts import Bay, Watched

NOON = datetime(2026, 10, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = Window(NOON, NOON + 24 * HOUR)
_spec = spec_from_file_location("sample_script", TRAVELS / "sample.py")
assert _spec is not None
assert _spec.loader is not None
script: Any = module_from_spec(_spec)
_spec.loader.exec_module(script)


@pytest.mark.parametrize(
    ("population", "confidence", "margin", "size"),
    # The usual tables: 384.15 without correction; Cochran's correction for finite populations.
    [
        (102_569, 0.95, 0.05, 383),
        (1000, 0.95, 0.05, 278),
        (98, 0.95, 0.05, 79),
        (1, 0.95, 0.05, 1),
        (0, 0.95, 0.05, 0),
    ],
)
def test_a_sample_is_as_large_as_the_tables_of_auditors_say(
    population: int, confidence: float, margin: float, size: int
) -> None:
    assert script.size_for(population, confidence, margin, 0.5) == size


def test_a_larger_sample_keeps_the_smaller_one_and_the_order_of_rows_does_not_matter() -> None:
    ids = [f"S{number}" for number in range(50)]
    ten = script.draw(ids, "seed", 10)
    assert script.draw(ids[::-1], "seed", 20)[:10] == ten
    assert script.population_hash(ids) == script.population_hash(ids[::-1])
    # Written down once: who draws in ten years gets these.
    assert script.draw(ids, "seed", 3) == ["S45", "S13", "S7"]


@pytest.mark.parametrize(
    ("table", "row", "rule"),
    [
        ("assets", {"recorded_at": NOON, "staged_at": None}, None),
        ("assets", {"recorded_at": NOON + 24 * HOUR, "staged_at": NOON}, "outside_the_span"),
        ("assets", {"recorded_at": None, "staged_at": None}, None),
        ("docks", {"undocked_at": None}, None),
        ("docks", {"undocked_at": NOON - HOUR}, "over_before_the_span"),
        ("stations", {}, None),
        ("dispatches", {"kind": "call", "dispatched_at": NOON - HOUR, "arrived_at": NOON}, "outside_the_span"),
        ("dispatches", {"kind": "self_initiated", "dispatched_at": None, "arrived_at": NOON}, None),
    ],
)
def test_a_row_outside_the_span_stays_at_central_by_a_named_rule(
    table: str, row: dict[str, Any], rule: str | None
) -> None:
    assert left_out(table, row, DAY) == rule


def test_watched_and_unwatched_pieces_make_up_the_span_whatever_overlaps() -> None:
    spans = (
        Watched(NOON - HOUR, NOON + HOUR),
        Watched(NOON, NOON + 2 * HOUR),
        Watched(NOON + 5 * HOUR, NOON + HOUR * 99),
    )
    found = list(pieces(Bay("east-1", "usb", spans), NOON, NOON + 10 * HOUR))
    assert [(one.state, one.seconds / 3600) for one in found] == [
        ("watched", 1),
        ("watched", 1),
        ("unwatched", 3),
        ("watched", 5),
    ]
    never = Piece("west-1", None, "unwatched", NOON, NOON + HOUR)
    assert watched_shares([*found, never]) == {"east-1": 0.7, "west-1": 0.0}


def test_every_column_that_a_package_can_have_is_in_the_dictionary() -> None:
    tables = columns_of(counted_files(Rows([], [])))
    assert [(table, one) for table, columns in tables.items() for one in columns if not meaning(table, one)] == []
