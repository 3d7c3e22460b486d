"""What each measure counts, and what it leaves out and says so."""

from __future__ import annotations

from datetime import timedelta
from math import sqrt

import pytest

from central.measures.counting import Excuses, Rule
from central.measures.duties import ShiftRow, counted_duties
from central.measures.measuring import Asked, Measures, Rows, chosen, measure
from central.measures.proportion import Proportion
from central.measures.telling import as_lines, percent
from central.measures.videos import VideoRow, counted_videos
from tests.measures.worlds import AT, HOUR, nobodys, shift, video

DAY = 24


def of(*rows: ShiftRow | VideoRow, **asked: object) -> Measures:
    duties = counted_duties(row for row in rows if isinstance(row, ShiftRow))
    videos = counted_videos([row for row in rows if isinstance(row, VideoRow)], duties, AT)
    wanted = Asked(AT, **asked)  # type: ignore[arg-type]
    return measure(chosen(Rows(duties, videos), wanted), wanted)


def counts(told: Measures, name: str, excuses: Excuses = Excuses.IGNORED) -> tuple[int, int]:
    found = next(one for one in told.figures if (f"{one.measure} {one.name}", one.excuses) == (name, excuses))
    return found.proportion.numerator, found.proportion.denominator


def left_out(told: Measures, name: str, excuses: Excuses = Excuses.IGNORED) -> dict[str, int]:
    measure_name, _, figure = name.partition(" ")
    return dict(told.figure(measure_name, figure, excuses).left_out)


EVERY_KIND = (
    shift("A", docked_at=0.5, absent_until=0.4),
    shift("B", docked_at=9, absent_until=8.9, camera="C2"),
    shift("C", "late", docked_at=30, absent_until=29.9, late_by_s=5.9 * 3600, camera="C3"),
    shift("D", "outstanding", late_by_s=99 * 3600, camera="C4"),
    shift("E", "indeterminate", causes=("unwatched", "dock_uncertain"), camera="C5"),
    shift("F", "no_duty", camera="C6"),
    shift("G", "pending", camera="C7"),
    nobodys("H"),
    nobodys("I", "withdrawn"),
)


def test_what_cannot_be_said_is_beside_and_never_inside() -> None:
    told = of(*EVERY_KIND)
    assert counts(told, "M1 on_time") == (2, 4)
    assert counts(told, "M2 not_by_deadline") == (2, 4)
    assert counts(told, "M2 late") == (1, 4)
    assert counts(told, "M2 outstanding") == (1, 4)
    assert counts(told, "M2 indeterminate") == (1, 5)
    assert told.causes == {"dock_uncertain": 1, "unwatched": 1}


def test_everything_that_is_left_out_is_named_with_its_count() -> None:
    gone = {"cancelled": 1, "withdrawn": 1, "no_duty": 1, "pending": 1}
    told = of(*EVERY_KIND)
    assert left_out(told, "M1 on_time") == {**gone, "indeterminate": 1}
    assert left_out(told, "M2 indeterminate") == gone
    assert left_out(told, "M3 days_1") == {**gone, "indeterminate": 1, "on_time": 2, "outstanding": 1}


def test_within_an_hour_of_its_end_is_asked_of_when_the_dock_was_seen() -> None:
    assert counts(of(*EVERY_KIND), "M1 within_1h") == (1, 4)
    uncertain = of(shift("A", docked_at=1.1, absent_until=0.9), shift("B", docked_at=3, camera="C2"))
    assert counts(uncertain, "M1 within_1h") == (0, 0)
    assert left_out(uncertain, "M1 within_1h") == {"dock_uncertain": 2}
    edges = (shift("A", docked_at=1, absent_until=0.9), shift("B", docked_at=1.1, absent_until=1, camera="C2"))
    assert counts(of(*edges), "M1 within_1h") == (1, 2)
    early = of(shift("A", docked_at=-0.3, absent_until=-0.4))
    assert counts(early, "M1 within_1h") == (1, 1)


def test_with_a_short_grace_a_late_camera_may_still_be_back_within_the_hour() -> None:
    late = shift("A", "late", docked_at=0.6, absent_until=0.5, late_by_s=1500)
    assert counts(of(late), "M1 within_1h") == (1, 1)
    soon = shift("B", "outstanding", late_by_s=60)
    assert soon.deadline_at is not None
    soon = ShiftRow(**{**vars(soon), "deadline_at": soon.deadline_at - 24 * HOUR})
    assert left_out(of(soon), "M1 within_1h") == {"pending": 1}


def test_an_excuse_takes_a_duty_out_of_both_counts_and_leaves_the_plain_figure_as_it_is() -> None:
    rows = [shift(f"S{n}", "late", late_by_s=9.0, camera=f"C{n}", excuse="leave" if n else "") for n in range(3)]
    rows.append(shift("T", docked_at=1, camera="C9"))
    told = of(*rows)
    assert counts(told, "M1 on_time") == (1, 4)
    assert counts(told, "M1 on_time", Excuses.HONOURED) == (1, 2)
    assert left_out(told, "M1 on_time", Excuses.HONOURED) == {"excused": 2}


def test_two_shifts_of_one_duty_are_one_return_and_belong_to_the_unit_of_the_last() -> None:
    duty = {"duty_starts": -8, "duty_ends": 8, "docked_at": 9}
    told = of(shift("A", **duty), shift("B", starts=0, ends=8, unit="West", **duty))
    assert counts(told, "M1 on_time") == (1, 1)
    assert [one.name for one in told.units] == ["West"]


def test_two_officers_with_one_camera_owe_a_return_each() -> None:
    assert counts(of(shift("A"), shift("B", officer="8")), "M1 on_time") == (2, 2)


def test_days_late_are_counted_up_and_their_quantiles_are_values_that_occurred() -> None:
    hours = [0, 24, 24.1, 71, 100, 120, 120.1, 500]
    told = of(*(shift(f"S{n}", "late", late_by_s=by * 3600, camera=f"C{n}") for n, by in enumerate(hours)))
    found = [counts(told, f"M3 days_{name}") for name in ("1", "2", "3", "4", "5", "more")]
    assert found == [(2, 8), (1, 8), (1, 8), (0, 8), (2, 8), (2, 8)]
    days = told.days_late[0]
    assert (days.median_s, days.p90_s, days.max_s) == (71 * 3600, 500 * 3600, 500 * 3600)


def test_nothing_to_divide_by_is_no_figure_and_never_nought_percent() -> None:
    told = of(nobodys("A"))
    assert told.figure("M1", "on_time").proportion.share is None
    assert told.days_late[0].median_s is None
    lines = "\n".join(as_lines(told))
    assert "no figure: 0 of 0" in lines
    assert "%" not in lines


def test_rounding_makes_neither_all_nor_none_of_what_is_neither() -> None:
    duties = [shift(f"S{number}", camera=f"C{number}") for number in range(3000)]
    told = of(*duties, shift("L", "late", late_by_s=60.0, camera="L"))
    figures = [told.figure("M1", "on_time"), told.figure("M2", "late"), told.figure("M2", "outstanding")]
    assert [percent(one) for one in figures] == [">99.9%", "<0.1%", "0.0%"]


def test_a_video_is_late_when_it_arrives_more_than_a_day_after_its_recording_ended() -> None:
    ended = -4 + 10 / 60
    told = of(
        shift("A"),
        video("a", verified_at=ended + DAY),
        video("b", verified_at=ended + DAY + 0.001),
        video("c", verified_at=None),
        video("d", recorded=29.5 * DAY, verified_at=None),
        video("e", recorded=5, docked_at=4, staged_at=4, verified_at=4.5),
        video("f", recorded=None),
        video("g", kind=""),
        video("h", sha256="sha-a", verified_at=90),
    )
    assert counts(told, "M4a videos") == (2, 3)
    assert left_out(told, "M4a videos") == {
        "kind_unknown": 1,
        "recorded_after_it_arrived": 1,
        "recording_time_unknown": 1,
        "seen_again": 1,
        "too_early": 1,
    }


def test_a_camera_counts_once_however_many_of_its_videos_were_late() -> None:
    late = {"verified_at": 100}
    rows = (video("a", **late), video("b", **late), video("c", camera="C2"), video("d", camera="C3", kind=""))
    told = of(*rows)
    assert counts(told, "M4b cameras") == (1, 2)
    assert left_out(told, "M4b cameras") == {"no_video_counted": 1}


def test_the_delays_of_a_late_video_are_its_whole_way_and_the_largest_is_named() -> None:
    steps = {"docked_at": 20, "staged_at": 21, "verified_at": 27}
    duties = counted_duties([shift("A")])
    (found,) = counted_videos([video("a", **steps)], duties, AT)
    assert found.delays is not None
    hours = {cause: round(delay / HOUR, 2) for cause, delay in found.delays.items()}
    assert hours == {"shift_remainder": 3.83, "officer": 20.0, "dock": 1.0, "network": 6.0}
    assert found.parts["largest"] == "officer"


@pytest.mark.parametrize(
    ("steps", "largest"),
    [
        ({"docked_at": -3, "staged_at": -2, "verified_at": 40}, "network"),
        ({"docked_at": -3, "staged_at": 50, "verified_at": 51}, "dock"),
        ({"docked_at": 0.1, "staged_at": 0.2, "verified_at": 26}, "network"),
        ({"docked_at": None, "verified_at": 40}, "dock_unknown"),
        ({"verified_at": None}, "not_arrived_yet"),
        ({"recorded": 50, "docked_at": 90, "staged_at": 90, "verified_at": 90}, "outside_any_duty"),
        ({"docked_at": 900, "staged_at": 901, "verified_at": 40}, "officer"),
    ],
)
def test_no_delay_is_negative_and_what_is_not_known_is_not_split(
    steps: dict[str, float | None], largest: str
) -> None:
    (found,) = counted_videos([video("a", **steps)], counted_duties([shift("A")]), AT)
    assert found.parts["largest"] == largest
    assert found.delays is None or min(found.delays.values()) >= timedelta(0)


def test_a_video_belongs_to_the_nearest_duty_and_between_two_to_the_one_it_lies_in() -> None:
    early, late = shift("A"), shift("B", starts=1, ends=9, officer="8")
    duties = counted_duties([early, late])

    def owner(recorded: float) -> str | None:
        (found,) = counted_videos([video("a", recorded)], duties, AT)
        return found.duty and found.duty.last.shift_id

    assert [owner(hour) for hour in (-10.1, -9.9, -1, 0.4, 0.6, 5, 10.9, 11.1)] == [
        *(None, "A", "A", "A", "B", "B", "B", None)
    ]


def test_a_unit_has_its_own_figures_and_its_own_videos() -> None:
    rows = (shift("A"), shift("B", "late", late_by_s=1.0, unit="West", camera="C2"))
    told = of(*rows, video("a"), video("b", camera="C2", verified_at=100), video("c", camera="C8"), unit="West")
    assert counts(told, "M1 on_time") == (0, 1)
    assert counts(told, "M4a videos") == (1, 1)


def test_an_interval_holds_its_share_and_stays_within_nought_and_one() -> None:
    for numerator, denominator in ((0, 3), (3, 3), (1, 3), (56, 800)):
        share = Proportion(numerator, denominator)
        assert share.interval is not None
        assert share.share is not None
        low, high = share.interval
        assert 0 <= low <= share.share <= high <= 1
        for bound in {low, high} - {0.0, 1.0}:  # what makes it Wilson's: the share is just so unlikely there
            assert abs(share.share - bound) == pytest.approx(1.959964 * sqrt(bound * (1 - bound) / denominator))
    assert Proportion(0, 10).interval == pytest.approx((0, 0.2775), abs=1e-4)


def test_a_rule_counts_only_what_it_counts_among() -> None:
    with pytest.raises(ValueError, match="does not count among"):
        Rule("M9", "wrong", "part", frozenset({"late"}), frozenset({"on_time"}))
