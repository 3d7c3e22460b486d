"""Whatever a scheduler writes in a legal file is read as it was meant, in every dialect; no bytes break a reader."""

from __future__ import annotations

import codecs
import csv
import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central.instants import parse_instant
from central.roster.csv_file import COLUMNS, STATUSES, RosterRow, read_roster
from central.roster.plan import plan_import
from central.roster.supervisors import read_supervisors

CHICAGO = ZoneInfo("America/Chicago")
ZONES = [UTC, CHICAGO, ZoneInfo("Asia/Kathmandu"), ZoneInfo("Australia/Lord_Howe")]


def text(longest: int = 20) -> st.SearchStrategy[str]:
    """What can stand in a cell: no control characters, no blanks around it."""
    letters = st.characters(exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp"), include_characters=" ")
    return st.text(letters, max_size=longest).map(str.strip)


names = text(8).map(lambda name: name if name.strip("; ") else "x")
stations = st.lists(st.from_regex(r"[a-z]{1,5}-[0-9]", fullmatch=True), min_size=1, max_size=3, unique=True)
mails = st.sampled_from(["", "chen@pd.example", "o'brien+dock@pd.example"])
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
instants = st.timedeltas(timedelta(0), timedelta(days=700)).map(lambda span: NEW_YEAR + span)


@st.composite
def shifts(draw: st.DrawFn) -> RosterRow:
    starts_at = draw(instants)
    return RosterRow(
        shift_id=draw(names),
        officer_id=draw(names),
        officer_name=draw(text()),
        camera_serial=draw(names),
        starts_at=starts_at,
        ends_at=starts_at + draw(st.timedeltas(timedelta(seconds=1), timedelta(hours=48))),
        supervisor_email=draw(mails),
        stations=tuple(draw(stations)),
        unit=draw(text()),
        officer_email=draw(mails),
        status=draw(st.sampled_from(STATUSES)),
        end_source=draw(text()),
    )


rosters = st.lists(shifts(), min_size=1, max_size=4, unique_by=lambda row: row.shift_id)
dialects = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from([",", ";", "\t"]),
        "lineterminator": st.sampled_from(["\n", "\r\n"]),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    }
)


def written(rows: list[RosterRow], dialect: dict[str, object], zone: object) -> str:
    out = io.StringIO()
    writer = csv.writer(out, **dialect)  # type: ignore[arg-type]
    writer.writerow(COLUMNS.known)
    for row in rows:
        cells = {name: getattr(row, name, "") for name in COLUMNS.known} | {"station_id": ";".join(row.stations)}
        for name in ("starts_at", "ends_at"):
            cells[name] = cells[name].astimezone(zone).isoformat()
        writer.writerow([cells[name] for name in COLUMNS.known])
    return out.getvalue()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rosters, dialects, st.sampled_from(ZONES), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_every_legal_roster_is_read_as_it_was_meant(
    rows: list[RosterRow], dialect: dict[str, object], zone: object, encoding: str
) -> None:
    read, errors = read_roster(written(rows, dialect, zone).encode(encoding), CHICAGO)
    assert errors == []
    assert read == rows
    assert plan_import(read, {row.shift_id: row for row in rows}, None).is_empty


@settings(deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.builds(lambda tail: ",".join(COLUMNS.required).encode() + b"\n" + tail, st.binary(max_size=300)),
        st.builds(lambda tail: codecs.BOM_UTF16_LE + tail, st.binary(max_size=300)),
    )
)
def test_no_bytes_break_the_readers_and_none_come_in_beside_an_error(content: bytes) -> None:
    for read in (lambda: read_roster(content, CHICAGO), lambda: read_supervisors(content)):
        rows, errors = read()
        assert rows or errors
        assert all(str(error) for error in errors)


CLOCK_CHANGES = {
    CHICAGO: ("2026-03-08T02:00", "2026-11-01T02:00"),
    ZoneInfo("Europe/Berlin"): ("2026-03-29T02:00", "2026-10-25T03:00"),
    ZoneInfo("Australia/Lord_Howe"): ("2026-10-04T02:00", "2026-04-05T02:00"),
    ZoneInfo("Asia/Kathmandu"): ("2026-06-01T12:00",),
}
near_a_change = st.sampled_from([(zone, text) for zone, texts in CLOCK_CHANGES.items() for text in texts])


@settings(deadline=None)
@given(near_a_change, st.integers(-130, 130))
def test_a_local_time_is_read_exactly_where_one_instant_shows_it_on_the_wall(
    change: tuple[ZoneInfo, str], minutes: int
) -> None:
    zone, text = change
    wall = (datetime.fromisoformat(f"{text}+00:00") + timedelta(minutes=minutes)).replace(tzinfo=None)
    quarters = (wall.replace(tzinfo=UTC) + timedelta(minutes=15 * count) for count in range(-56, 57))
    showing = [instant for instant in quarters if instant.astimezone(zone).replace(tzinfo=None) == wall]
    if len(showing) == 1:
        assert parse_instant(wall.isoformat(), zone) == showing[0]
    else:
        with pytest.raises(ValueError, match="exists twice" if showing else "does not exist"):
            parse_instant(wall.isoformat(), zone)
