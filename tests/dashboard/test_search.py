"""One box for everything, and only what one may see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from central.custody.file_names import named_like
from central.custody.models import Asset
from central.fleet.models import Station
from tests.dashboard.conftest import Department

pytestmark = pytest.mark.django_db
DIGEST = "ab12cd" + "0" * 58
ASSET = UUID("00000000-0000-4000-8000-0000000000aa")


@pytest.fixture
def with_files(department: Department) -> Department:
    names = ("DCIM/100/BWC0412_0001.MP4", "DCIM/100/BWC0412_0002.mp4", "NOTE.TXT")
    for number, name in enumerate(names):
        Asset.objects.create(
            asset_id=UUID(int=ASSET.int + number),
            station=Station.objects.get(pk="east-1"),
            camera="0412",
            source_path=name,
            sha256=DIGEST[:-1] + str(number),
            first_heard_at=department.world.now - timedelta(minutes=number),
        )
    return department


def leads(department: Department, role: str, asked: str) -> Any:
    answer = department.browsers[role].get("/search", {"q": asked})
    return answer["Location"] if answer.status_code == 302 else answer.content.decode()


@pytest.mark.parametrize(
    ("asked", "address"),
    [
        ("0412", "/cameras/0412/"),
        ("0412-a", "/shifts/0412-a/"),
        (" east-1 ", "/stations/east-1"),
        (str(ASSET), f"/assets/{ASSET}"),
        (DIGEST[:-1] + "1", f"/assets/{UUID(int=ASSET.int + 1)}"),
        ("BWC0412_0002.mp4", f"/assets/{UUID(int=ASSET.int + 1)}"),
        ("DCIM/100/BWC0412_0001.MP4", f"/assets/{ASSET}"),
    ],
)
def test_a_whole_name_leads_straight_there(with_files: Department, asked: str, address: str) -> None:
    assert leads(with_files, "it", asked) == address


def test_the_beginning_of_a_name_finds_all_that_begin_so_by_kind(with_files: Department) -> None:
    text = leads(with_files, "it", "bwc0412")
    assert text.count("/assets/00000000") == 2
    assert leads(with_files, "it", "AB12CD").count("/assets/00000000") == 3
    text = leads(with_files, "it", "04")
    assert text.index("Cameras</h2>") < text.index("Shifts</h2>")
    assert "/cameras/0440/" in text
    assert "?officer=1000" in leads(with_files, "it", "kim")
    assert "/shifts/0440-a/" in with_files.text("it", "/search?officer=1000")


def test_nobody_finds_what_he_may_not_see(with_files: Department) -> None:
    assert "Nothing was found that you may see" in leads(with_files, "supervisor", "0420-a")
    assert "Nothing was found that you may see" in leads(with_files, "supervisor", "Ida Novak")
    assert leads(with_files, "supervisor", "0412") == "/cameras/0412/"
    assert leads(with_files, "officer", "0440-a") == "/shifts/0440-a/"
    for asked in ("0412", "0412-a", "east-1", str(ASSET), "BWC0412_0001.MP4", "Ida"):
        assert "Nothing was found that you may see" in leads(with_files, "officer", asked)
    assert "/shifts/" not in with_files.text("officer", "/search?officer=1003")


@pytest.mark.parametrize("asked", ["", "\0", "%", "' OR 1=1 --", "<script>", "ü" * 500, "/", "a/"])
def test_no_words_break_the_search(with_files: Department, asked: str) -> None:
    answer = with_files.browsers["it"].get("/search", {"q": asked})
    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode()


def test_file_names_are_looked_up_in_their_index(with_files: Department) -> None:
    sql, values = named_like("bwc").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", values)
        assert "USING INDEX asset_by_file_name" in str(cursor.fetchall())
