"""Whom a unit's notices go to."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from central.config import CentralConfig, Notices, Unit, Web
from central.notices.manners import Addresses, chain_of, delegate, first_of, manner_of

NOW = datetime(2026, 12, 1, 5, 30, tzinfo=UTC)
UNITS = {
    "East": Addresses("sgt@pd.example", "captain@pd.example", "desk@pd.example"),
    "Command": Addresses("captain@pd.example", "chief@pd.example"),
    "Chief's": Addresses("chief@pd.example", "captain@pd.example"),
}


def of(**unit: object) -> CentralConfig:
    return CentralConfig(web=Web(time_zone="America/Chicago"), unit={"East": Unit(**unit)})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("unit", "supervisor", "expected"),
    [
        ("East", "", ("sgt@pd.example", "desk@pd.example")),
        ("East", "lt@pd.example", ("lt@pd.example", "desk@pd.example")),
        ("East", "desk@pd.example", ("desk@pd.example",)),
        ("", "lt@pd.example", ("lt@pd.example",)),
        ("Nowhere", "", ()),
    ],
)
def test_the_shifts_own_supervisor_comes_before_his_units_and_whoever_is_on_duty_is_told_too(
    unit: str, supervisor: str, expected: tuple[str, ...]
) -> None:
    assert first_of(CentralConfig(), unit, supervisor, UNITS, NOW) == expected


def test_a_delegate_stands_in_on_his_days_by_the_sites_calendar() -> None:
    """At 05:30 UTC it is still the evening before in Chicago."""
    away = of(delegate="lt@pd.example", delegate_from=date(2026, 12, 1), delegate_until=date(2026, 12, 2))
    told = [delegate(away, "East", NOW + timedelta(days=day)) for day in range(4)]
    assert told == ["", "lt@pd.example", "lt@pd.example", ""]
    assert first_of(of(delegate="lt@pd.example"), "East", "sgt@pd.example", UNITS, NOW)[0] == "lt@pd.example"
    assert delegate(away, "West", NOW + timedelta(days=1)) == ""


def test_the_chain_goes_up_step_by_step_and_never_in_a_circle() -> None:
    assert chain_of("East", "sgt@pd.example", UNITS) == ("captain@pd.example", "chief@pd.example")
    assert chain_of("Chief's", "chief@pd.example", UNITS) == ("captain@pd.example",)
    assert chain_of("Nowhere", "sgt@pd.example", UNITS) == ()


def test_a_unit_may_differ_in_every_way_it_is_written_to() -> None:
    usual = manner_of(CentralConfig(notices=Notices(mode="shadow")), "East")
    assert (usual.mode, usual.delay, usual.times) == ("shadow", timedelta(minutes=15), ())
    own = manner_of(of(mode="live", digest_times=("06:30",), reminders=timedelta(hours=6)), "East")
    assert (own.mode, [str(one) for one in own.times], own.reminders) == ("live", ["06:30:00"], timedelta(hours=6))
    assert own.zone.key == "America/Chicago"
