"""The pages people see. Django's own test client; the database is real SQLite."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from central import clock
from central.custody.assets import asset_of, save_asset
from central.custody.recording import record_events
from central.fleet.enrolment import add_station, spend_code
from protocol import events as e
from tests.central.station_client import Chain, clock_at
from tests.central.test_events import life_of

pytestmark = pytest.mark.django_db

PAGES = ("/", "/stations/", "/docks", "/assets", "/stations/east-1", "/assets/{asset}")


@pytest.fixture
def world() -> dict[str, Any]:
    """One station with one docked camera, one asset and every trouble a ledger can have."""
    spend_code(add_station("east-1", clock.now()), "key", "pc", clock.now())
    chain, asset_id = Chain(), uuid.uuid4()
    batch = [chain.add(event) for event in life_of(asset_id, b"data", uuid.uuid4())]
    record_events("east-1", [*batch, chain.add("<script>alert(1)</script>")], clock.now())
    chain.add(e.LedgerOpened(at=clock_at(), reason="lost on the way"))
    record_events("east-1", [chain.add(e.LedgerOpened(at=clock_at(), reason="past the gap"))], clock.now())
    return {"asset": asset_id}


def browser(role: str | None) -> Client:
    client = Client()
    if role is not None:
        user = User.objects.create_user(f"{role}@example", f"{role}@example", "secret")
        user.groups.add(Group.objects.get_or_create(name=role)[0])
        client.force_login(user)
    return client


@pytest.mark.parametrize("page", PAGES)
def test_no_page_is_shown_without_login(world: dict[str, Any], page: str) -> None:
    answer = browser(None).get(page.format(**world))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login?next=")


@pytest.mark.parametrize("page", PAGES[1:])
def test_an_officer_does_not_see_the_footage_of_others(world: dict[str, Any], page: str) -> None:
    answer = browser("officer").get(page.format(**world))
    assert answer.status_code == 403
    assert b"a.mp4" not in answer.content


def test_an_officer_who_opens_the_front_page_is_led_to_his_own_shifts() -> None:
    assert browser("officer").get("/")["Location"] == "/mine/"


@pytest.mark.parametrize("page", PAGES)
def test_pages_carry_no_foreign_script_no_inline_style_and_a_strict_policy(world: dict[str, Any], page: str) -> None:
    answer = browser("it").get(page.format(**world))
    assert answer.status_code == 200
    text = answer.content.decode()
    assert set(re.findall(r"<script[^>]*>.", text)) <= {'<script src="/static/dashboard/live.js" defer><'}
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text)
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_the_station_page_shows_gaps_and_parked_events(world: dict[str, Any]) -> None:
    text = browser("it").get("/stations/east-1").content.decode()
    assert "number 9 is missing" in text
    assert "&lt;script&gt;alert(1)" in text
    assert "Parked events" in text
    assert "Bay 7" in text
    front = browser("auditor").get("/").content.decode()
    assert "1 gap, 1 parked event" in front
    assert "never heard" in browser("admin").get("/stations/").content.decode()


def test_a_fork_is_shown(world: dict[str, Any]) -> None:
    from central.custody.recording import Forked
    from central.fleet.models import Ledger

    other = Chain(ledger_uuid=Ledger.objects.get().ledger_uuid)
    with pytest.raises(Forked):
        record_events("east-1", [other.add("another history")], clock.now())
    text = browser("it").get("/stations/east-1").content.decode()
    assert "Forks" in text
    assert "another history" in text


def test_the_asset_page_shows_the_whole_custody(world: dict[str, Any]) -> None:
    text = browser("supervisor").get(f"/assets/{world['asset']}").content.decode()
    for told in ("ERASED", "camera_docked", "asset_staged", "asset_erased", "No receipt", "file (container)", "C7"):
        assert told in text or told == "camera_docked"
    assert "2026-11-20 11:00:00" in text


def test_assets_are_filtered_by_camera_station_and_state(world: dict[str, Any]) -> None:
    client = browser("it")
    for query, there in (
        ("camera=C7", True),
        ("camera=C8", False),
        ("station=east-1&state=ERASED", True),
        ("state=FOUND", False),
    ):
        assert (str(world["asset"]) in client.get(f"/assets?{query}").content.decode()) is there


def test_lists_are_paged_and_keep_their_filter() -> None:
    add_station("east-1", clock.now())
    chain, start = Chain(), clock_at().wall
    docked = [
        e.CameraDocked(
            at=clock_at(start + timedelta(minutes=n)),
            session=uuid.uuid4(),
            camera="C=1&2",
            identity_source="marker",
            identity_unique=True,
            bay="1",
            bay_label="",
            source="usb",
        )
        for n in range(60)
    ]
    record_events("east-1", [chain.add(event) for event in docked], clock.now())
    text = browser("it").get("/docks?camera=C%3D1%262&page=1").content.decode()
    assert "Page 1 of 2 · 60 in all" in text
    assert "?camera=C%3D1%262&amp;page=2" in text


def test_logging_in_and_out_works_with_a_mail_address(world: dict[str, Any]) -> None:
    User.objects.create_user("pat@example", "pat@example", "secret").groups.add(Group.objects.create(name="it"))
    client = Client(enforce_csrf_checks=True)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get("/login").content.decode())
    assert token is not None
    form = {"username": "pat@example", "password": "wrong", "csrfmiddlewaretoken": token[1]}
    assert b"do not match" in client.post("/login", form).content
    assert client.post("/login", {**form, "password": "secret"})["Location"] == "/"
    assert client.get("/").status_code == 200


def test_an_unknown_address_is_a_page_for_people_and_a_problem_for_stations() -> None:
    client = browser("it")
    assert b"Not found" in client.get("/nothing").content
    assert client.get("/stations/none").status_code == 404
    answer = client.get("/api/v1/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_address")


def test_the_style_sheet_is_served(world: dict[str, Any]) -> None:
    answer = Client().get("/static/dashboard/central.css")
    assert answer.status_code == 200
    assert b"prefers-color-scheme: dark" in b"".join(answer.streaming_content)
    answer.close()


def test_an_asset_whose_dock_is_not_told_yet_has_a_page(world: dict[str, Any]) -> None:
    fresh = asset_of("east-1", uuid.uuid4(), clock.now())
    save_asset(fresh)
    answer = browser("it").get(f"/assets/{fresh.pk}")
    assert answer.status_code == 200
    assert b"The station has not told its events yet" in answer.content


def test_what_another_station_says_of_an_asset_is_not_shown_as_its_custody(world: dict[str, Any]) -> None:
    add_station("west-1", clock.now())
    lie = e.AssetQuarantined(at=clock_at(), asset_id=world["asset"], reason="lie")
    record_events("west-1", [Chain().add(lie)], clock.now())
    client = browser("it")
    assert b"asset_quarantined" not in client.get(f"/assets/{world['asset']}").content
    assert b"belongs to another station" in client.get("/stations/west-1").content
