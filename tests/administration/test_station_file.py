"""What a file of stations says, and every error of one that says something wrong. Pure."""

from __future__ import annotations

import pytest

from central.administration.station_file import Wanted, read_stations


def test_a_file_of_stations_is_read_whole() -> None:
    rows, errors = read_stations(b"station_id,site,label\neast-1,East,Front desk\nwest-1,West,\n")
    assert errors == []
    assert rows == [Wanted("east-1", "East", "Front desk"), Wanted("west-1", "West", "")]


def test_a_column_that_is_not_there_or_empty_takes_nothing_away() -> None:
    assert read_stations(b"station_id,site\neast-1,\n")[0] == [Wanted("east-1")]
    assert read_stations(b"station_id\neast-1\n")[0] == [Wanted("east-1")]


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b"", "row 1"),
        (b"station_id\n", "no rows"),
        (b"name\neast-1\n", "station_id"),
        (b"station_id\n../east\n", "row 2, station_id"),
        (b"station_id\n" + b"x" * 65 + b"\n", "row 2, station_id"),
        (b"station_id\neast-1\neast-1\n", "stands in row 2 already"),
        (b"station_id,site\neast-1," + b"s" * 65 + b"\n", "row 2, site"),
        (b"station_id,colour\neast-1,red\n", "colour"),
        (b"\xff\xfe\x00", ""),
    ],
)
def test_what_is_wrong_is_named_with_its_row(content: bytes, where: str) -> None:
    _, errors = read_stations(content)
    assert errors
    assert where in "\n".join(map(str, errors))
