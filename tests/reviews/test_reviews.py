"""Random reviews: drawn by seed and population alone, said by a supervisor, contested, decided by another."""

from __future__ import annotations

import argparse
import hashlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group, User
from django.db import DatabaseError, transaction
from django.test import Client

from central import clock
from central.custody.models import Asset, StoredObject
from central.fleet.models import Station
from central.refusals import CommandRefused
from central.reviews.commands import draw
from central.reviews.drawing import Candidate, drawn, population_hash
from central.reviews.exports import REVIEW_COLUMNS, review_rows
from central.reviews.models import Draw, Review, Word
from central.reviews.population import population, quarter_of
from central.roster.models import Unit
from tests.roster.rows import bring, shift

BEGIN = datetime(2026, 10, 5, 8, tzinfo=UTC)
MANY = [Candidate(f"o{number % 7}", str(number), f"s{number}") for number in range(200)]


def test_what_is_drawn_follows_from_seed_and_population_alone() -> None:
    chosen = drawn(MANY, "4711", 3)
    assert chosen == drawn(reversed(MANY), "4711", 3)
    assert Counter(one.officer_id for one in chosen) == {f"o{number}": 3 for number in range(7)}
    assert chosen != drawn(MANY, "4712", 3)
    assert len(drawn(MANY[:3], "4711", 5)) == 3, "an officer with fewer videos has all of them drawn"
    tickets = {one.asset_id: hashlib.sha256(f"4711\n{one.asset_id}".encode()).hexdigest() for one in MANY}
    mine = sorted((one for one in MANY if one.officer_id == "o0"), key=lambda one: tickets[one.asset_id])
    assert chosen[:3] == mine[:3]


def test_the_populations_hash_changes_with_each_video_and_with_no_order() -> None:
    assert population_hash(MANY) == population_hash(reversed(MANY))
    assert population_hash(MANY) != population_hash(MANY[1:])


def test_a_quarter_is_the_sites() -> None:
    begin, end = quarter_of("2026Q4", ZoneInfo("America/Chicago"))
    assert (begin.astimezone(UTC).hour, end.astimezone(UTC)) == (5, datetime(2027, 1, 1, 6, tzinfo=UTC))
    for wrong in ("2026Q5", "Q4", "2026Q4 "):
        with pytest.raises(ValueError, match="no quarter"):
            quarter_of(wrong, ZoneInfo("UTC"))


def video(camera: str, at: datetime, *, held: bool = True) -> Asset:
    digest = uuid4().hex * 2
    kept = StoredObject.objects.create(sha256=digest, size=1, stored_at=at, verified_at=at) if held else None
    more = {"kind": "video", "sha256": digest, "recorded_at": at, "first_heard_at": at, "object": kept}
    return Asset.objects.create(asset_id=uuid4(), station_id="east-1", camera=camera, source_path="a.MP4", **more)


def quarter(seed: str = "4711") -> Draw:
    draw(argparse.Namespace(quarter="2026Q4", seed=seed, per_officer=1))
    return Draw.objects.get()


@pytest.fixture
def city(db: None, monkeypatch: pytest.MonkeyPatch) -> list[Asset]:
    """Two officers with two videos each, and three videos that are nobody's, two officers', or not here."""
    monkeypatch.setattr("central.clock.now", lambda: BEGIN + timedelta(days=20))
    Station.objects.create(station_id="east-1", added_at=BEGIN)
    Unit.objects.create(unit="East", supervisor_email="sgt@pd.example", escalate_to_email="lt@pd.example")
    times = {"starts_at": BEGIN, "ends_at": BEGIN + timedelta(hours=8), "supervisor_email": ""}
    mine = shift("A", camera_serial="C1", officer_email="kim@pd.example", **times)
    other = shift("B", camera_serial="C2", officer_id="8", officer_email="ana@pd.example", **times)
    both = [shift(f"D{one}", camera_serial="C3", officer_id=one, officer_email="", **times) for one in ("7", "8")]
    bring(mine, other, *both)
    hour = timedelta(hours=1)
    found = [video(camera, BEGIN + number * hour) for camera in ("C1", "C2") for number in (1, 2)]
    video("C1", BEGIN + 9 * hour)
    video("C3", BEGIN + hour)
    video("C1", BEGIN + hour, held=False)
    return found


def test_a_video_whose_officer_is_in_doubt_is_not_drawn_and_is_counted(city: list[Asset]) -> None:
    candidates, left_out = population(*quarter_of("2026Q4", ZoneInfo("UTC")))
    assert {one.asset_id for one in candidates} == {str(one.pk) for one in city}
    assert left_out == {"not_held": 1, "outside_any_shift": 1, "two_officers": 1}


def test_a_quarter_is_drawn_once_and_stays(city: list[Asset]) -> None:
    first = quarter()
    assert (quarter().pk, Review.objects.count(), first.population) == (first.pk, 2, 4)
    with pytest.raises(CommandRefused, match="drawn already"):
        quarter("another seed")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Draw.objects.update(seed="another")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Review.objects.all().delete()


def browser(address: str, role: str) -> Client:
    user = User.objects.create(username=address, email=address)
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    client = Client()
    client.force_login(user)
    return client


def say(client: Client, review: Review, said: str, text: str = "") -> Any:
    return client.post(f"/reviews/{review.pk}/say", {"said": said, "text": text})


def test_a_finding_is_read_contested_by_its_officer_and_decided_by_another(city: list[Asset]) -> None:
    quarter()
    review = Review.objects.get(officer_id="7")
    sergeant, lieutenant = browser("sgt@pd.example", "supervisor"), browser("lt@pd.example", "supervisor")
    kim, ana = browser("kim@pd.example", "officer"), browser("ana@pd.example", "officer")
    assert ana.get(f"/reviews/{review.pk}/").status_code == 404, "another's review is not hers to see"
    assert say(kim, review, "no_concern").status_code == 403
    assert say(kim, review, "contest", "too early").status_code == 409
    assert say(sergeant, review, "concern").status_code == 409, "a concern needs its words"
    assert say(sergeant, review, "concern", "began late").status_code == 302
    assert say(sergeant, review, "no_concern").status_code == 409, "what was found stays"
    assert "began late" in kim.get(f"/reviews/{review.pk}/").content.decode()
    assert say(kim, review, "contest", "the battery was empty").status_code == 302
    contested = Word.objects.get(kind="contest")
    assert (contested.decider, contested.due_at) == ("lt@pd.example", clock.now() + timedelta(days=14))
    for party in (kim, sergeant):
        assert say(party, review, "upheld", "yes").status_code == 403
    assert say(lieutenant, review, "upheld", "true").status_code == 302
    row = dict(zip(REVIEW_COLUMNS, next(one for one in review_rows() if one[0] == review.pk), strict=True))
    assert (row["finding"], row["decision"], row["decided_by"]) == ("concern", "upheld", "lt@pd.example")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Word.objects.update(text="")


def test_a_supervisor_does_not_review_himself(city: list[Asset]) -> None:
    quarter()
    review = Review.objects.get(officer_id="7")
    himself = browser("kim@pd.example", "supervisor")
    assert say(himself, review, "no_concern").status_code == 403
    assert not Word.objects.exists()


def test_done_among_required_stands_by_unit(city: list[Asset]) -> None:
    quarter()
    admin = browser("chief@pd.example", "admin")
    assert "0.0 %" in admin.get("/reviews/").content.decode()
    assert say(admin, Review.objects.get(officer_id="8"), "no_concern").status_code == 302
    assert "50.0 %" in admin.get("/reviews/").content.decode()
