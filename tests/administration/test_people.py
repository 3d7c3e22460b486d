"""Users by command; cameras, officers and users as rows; what was changed can only be added to."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.test import Client

from central.custody.models import DockSession
from central.fleet.auditing import Change, keep_change
from central.fleet.models import AdminEvent, Station
from central.refusals import CommandRefused
from central.roster.models import Officer, Shift
from tests.administration.running import run

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

Typed = Callable[[str], None]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Typed:
    return lambda words: monkeypatch.setattr("sys.stdin", io.StringIO(words))


@pytest.fixture
def pat(typed: Typed) -> None:
    typed("secret-1\n")
    run("user", "add", "Pat@example", "--role", "it", "--password-stdin")


@pytest.mark.usefixtures("pat")
def test_a_new_role_takes_the_place_of_the_old_one_and_both_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    run("user", "set-role", "pat@example", "--role", "auditor")
    run("user", "set-role", "pat@example", "--role", "auditor")
    run("user", "list", "--format", "json")
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["email"], row["roles"], row["active"]) == ("pat@example", ["auditor"], True)
    kept = AdminEvent.objects.get(what=Change.ROLE_SET)
    assert kept.detail == {"role": "auditor", "role_before": "it"}


@pytest.mark.usefixtures("pat")
def test_whoever_is_disabled_is_logged_out_and_cannot_log_in_until_enabled(client: Client) -> None:
    assert client.login(username="pat@example", password="secret-1")
    assert client.get("/").status_code == 200
    run("user", "disable", "pat@example")
    assert client.get("/").status_code == 302
    assert authenticate(username="pat@example", password="secret-1") is None
    run("user", "enable", "pat@example")
    assert authenticate(username="pat@example", password="secret-1") is not None


@pytest.mark.usefixtures("pat")
def test_a_new_password_logs_out_who_has_the_old_one_and_is_kept_nowhere(client: Client, typed: Typed) -> None:
    assert client.login(username="pat@example", password="secret-1")
    typed("secret-2\n")
    run("user", "set-password", "pat@example", "--password-stdin")
    assert client.get("/").status_code == 302
    assert authenticate(username="pat@example", password="secret-2") is not None
    assert "secret-" not in repr(list(AdminEvent.objects.values()))
    typed("\n")
    with pytest.raises(CommandRefused, match="nothing was changed"):
        run("user", "set-password", "pat@example", "--password-stdin")


@pytest.mark.parametrize("words", [("disable",), ("enable",), ("set-role", "--role", "it")])
def test_nobody_is_changed_who_is_not_there(words: tuple[str, ...]) -> None:
    with pytest.raises(CommandRefused, match="there is no user"):
        run("user", words[0], "nobody@example", *words[1:])
    assert not User.objects.exists()
    assert not AdminEvent.objects.exists()


@pytest.mark.parametrize("change", ["UPDATE", "DELETE"])
def test_the_database_refuses_to_rewrite_what_was_kept(change: str) -> None:
    keep_change(Change.KEY_ADDED, "scheduler", by="pat", now=NOON)
    rows = AdminEvent.objects.all()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        rows.update(by="somebody else") if change == "UPDATE" else rows._raw_delete("default")
    assert rows.get().by == "pat"


def test_keys_and_the_epoch_are_kept_with_who_changed_them(capsys: pytest.CaptureFixture[str]) -> None:
    run("key", "add", "scheduler")
    secret = capsys.readouterr().out.strip()
    run("key", "revoke", "scheduler")
    run("epoch", "raise")
    kept = list(AdminEvent.objects.order_by("number"))
    assert [one.what for one in kept] == ["key_added", "key_revoked", "epoch_raised"]
    assert all(one.by for one in kept)
    assert secret not in repr([one.detail for one in kept])


def test_cameras_and_officers_are_listed_whether_docked_or_only_in_the_roster(
    capsys: pytest.CaptureFixture[str],
) -> None:
    east = Station.objects.create(station_id="east-1", added_at=NOON)
    DockSession.objects.create(
        session="0b7e37a4-5a3f-4f83-9d0e-6f0d7d1c4f10", station=east, camera="C1", bay="1-1", docked_at=NOON
    )
    kim = Officer.objects.create(officer_id="P1", name="Kim", unit="East")
    Shift.objects.create(shift_id="S1", officer=kim, camera_serial="C2", starts_at=NOON, ends_at=NOON)
    run("camera", "list", "--format", "json")
    docked, named = json.loads(capsys.readouterr().out)
    assert (docked["camera_serial"], docked["last_station_id"], docked["in_dock"], docked["shifts"]) == (
        *("C1", "east-1", True),
        0,
    )
    assert (named["camera_serial"], named["docks"], named["in_dock"], named["last_officer_id"]) == (
        "C2",
        0,
        None,
        "P1",
    )
    run("export", "officers", "--format", "json")
    (officer,) = json.loads(capsys.readouterr().out)
    assert (officer["officer_id"], officer["last_camera_serial"], officer["shifts"]) == ("P1", "C2", 1)
    run("export", "cameras", "--format", "csv")
    assert len(capsys.readouterr().out.splitlines()) == 3
