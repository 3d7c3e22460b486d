"""Seeing footage: who may, with a reason that stays, and never as a page."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test import override_settings

from central.config import Footage
from central.custody.footage import VIEW_COLUMNS, view_rows
from central.custody.models import Asset, DockSession, FootageView, StoredObject
from central.custody.receipts import issue_receipt
from central.custody.signing import load_signer, new_key_pem
from central.dashboard.byte_ranges import NotSatisfiable, Part, asked_part
from central.roster.models import Shift
from tests.dashboard.conftest import Department

pytestmark = pytest.mark.django_db
VIDEO = b"\0\0\0\x18ftypisom" + bytes(range(256)) * 40
PAGE = b"<html><script>alert(1)</script></html>"


@dataclass(frozen=True)
class Kept:
    """The department, and one stored file in it."""

    department: Department
    asset: Asset

    def say(self, role: str, **said: str) -> Any:
        wish = {"what": "played", "reason": "complaint by a citizen", "request_number": "C-17", **said}
        return self.department.browsers[role].post(f"/assets/{self.asset.pk}/views", wish)

    def bytes(self, role: str, number: int, **headers: str) -> Any:
        return self.department.browsers[role].get(f"/footage/{number}", headers=headers)


def store(department: Department, content: bytes, path: str, camera: str = "0412") -> Kept:
    digest, now = sha256(content).hexdigest(), department.world.now
    target: Path = settings.DATA.root / "objects" / digest[:2] / digest
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    kept = StoredObject.objects.create(sha256=digest, size=len(content), stored_at=now, verified_at=now)
    asset = Asset.objects.create(
        asset_id=uuid.uuid4(),
        station_id="east-1",
        camera=camera,
        source_path=path,
        size=len(content),
        sha256=digest,
        object=kept,
        first_heard_at=now,
        recorded_at=now - timedelta(days=4) + timedelta(hours=1),
    )
    return Kept(department, asset)


@pytest.fixture
def video(department: Department) -> Kept:
    settings.DATA.receipt_key.write_bytes(new_key_pem())
    return store(department, VIDEO, "DCIM/100/a ü.MP4")


def test_a_video_is_played_after_a_reason_that_stays(video: Kept) -> None:
    told = video.say("it")
    view = FootageView.objects.get()
    assert told["Location"] == f"/assets/{video.asset.pk}?view={view.number}#footage"
    assert (view.by, view.roles, view.what, view.sha256) == ("it@pd.example", "it", "played", video.asset.sha256)
    assert (view.reason, view.request_number, view.peer) == ("complaint by a citizen", "C-17", "127.0.0.1")
    page = video.department.text("it", told["Location"].partition("#")[0])
    assert f'src="/footage/{view.number}"' in page
    assert page.partition('id="views"')[2].count("complaint by a citizen") == 1
    answer = video.bytes("it", view.number)
    assert b"".join(answer.streaming_content) == VIDEO
    assert answer["Content-Type"] == "video/mp4"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'; frame-ancestors 'none'"
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''a%20%C3%BC.MP4"
    part = video.bytes("it", view.number, Range="bytes=4-11")
    assert (part.status_code, b"".join(part.streaming_content)) == (206, b"ftypisom")
    assert part["Content-Range"] == f"bytes 4-11/{len(VIDEO)}"
    assert video.bytes("it", view.number, Range="bytes=99999999-").status_code == 416
    changed = video.bytes("it", view.number, Range="bytes=4-11", **{"If-Range": '"other"'})
    assert changed.status_code == 200


def test_what_is_no_video_is_a_download_and_nothing_else(department: Department) -> None:
    settings.DATA.receipt_key.write_bytes(new_key_pem())
    evil = store(department, PAGE, 'x".html')
    text = department.text("it", f"/assets/{evil.asset.pk}")
    assert "Play here" not in text
    told = evil.say("it", what="downloaded")
    answer = department.browsers["it"].get(told["Location"])
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["Content-Security-Policy"].startswith("sandbox;")
    assert b"".join(answer.streaming_content) == PAGE


@pytest.mark.parametrize(
    "said", [{"reason": ""}, {"reason": " \n "}, {"what": "shown"}, {"request_number": "9" * 65}]
)
def test_without_a_reason_nothing_is_shown_or_kept(video: Kept, said: dict[str, str]) -> None:
    answer = video.say("it", **said)
    assert answer.status_code == 400
    assert "Nothing was shown" in answer.content.decode()
    assert not FootageView.objects.exists()


def test_a_view_is_its_own_persons_and_not_for_ever(video: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    video.say("it")
    number = FootageView.objects.get().number
    assert video.bytes("admin", number).status_code == 404
    assert video.bytes("it", number + 1).status_code == 404
    later = video.department.world.now + timedelta(hours=5)
    monkeypatch.setattr("central.clock.now", lambda: later)
    assert video.bytes("it", number).status_code == 404


def test_a_supervisor_sees_the_footage_of_his_units_shifts_and_no_other(video: Kept) -> None:
    assert video.say("supervisor").status_code == 302
    west = store(video.department, VIDEO + b"2", "b.mp4", camera="0700")
    assert west.say("supervisor").status_code == 404
    Asset.objects.filter(pk=video.asset.pk).update(recorded_at=None)
    assert video.say("supervisor").status_code == 404, "nobody knows on whose shift it was recorded"
    assert FootageView.objects.count() == 1


def test_the_last_hour_of_a_shift_is_not_the_next_units(video: Kept) -> None:
    """A pool camera: West's shift begins half an hour after the recording, and nobody took the camera for it yet."""
    recorded_at = video.asset.recorded_at
    shift = Shift.objects.filter(camera_serial="0412", starts_at__lte=recorded_at).latest("starts_at")
    handed_over = recorded_at + timedelta(minutes=30)
    Shift.objects.filter(pk=shift.pk).update(ends_at=handed_over)
    shift.pk, shift.unit, shift.supervisor_email = "0412-west", "West Patrol", "lt.west@pd.example"
    shift.starts_at, shift.ends_at = handed_over, handed_over + timedelta(hours=8)
    shift.save(force_insert=True)
    DockSession.objects.filter(camera="0412", undocked_at__gte=recorded_at - timedelta(hours=1)).delete()
    assert video.say("supervisor").status_code == 302, "it was his own unit's shift"


def test_an_auditor_reads_everything_and_sees_no_footage_unless_that_is_wanted(video: Kept) -> None:
    page = video.department.text("auditor", f"/assets/{video.asset.pk}")
    assert "may read everything about this file, and not see it" in page
    assert "Who looked at it" in page
    assert [video.say(role).status_code for role in ("auditor", "officer")] == [404, 404]
    with override_settings(CONFIG=replace_footage(("auditor",))):
        assert video.say("auditor").status_code == 302
        assert video.say("it").status_code == 404


def replace_footage(viewers: tuple[Any, ...]) -> Any:
    return msgspec.structs.replace(settings.CONFIG, footage=Footage(viewers=viewers))


def test_a_right_that_was_taken_ends_the_view(video: Kept) -> None:
    video.say("it")
    number = FootageView.objects.get().number
    with override_settings(CONFIG=replace_footage(("admin",))):
        assert video.bytes("it", number).status_code == 404


def test_a_damaged_copy_is_not_shown(video: Kept) -> None:
    video.say("it")
    number = FootageView.objects.get().number
    StoredObject.objects.update(rotten_at=video.department.world.now)
    assert video.bytes("it", number).status_code == 404
    assert video.say("it").status_code == 400
    assert "found damaged" in video.department.text("it", f"/assets/{video.asset.pk}")


def test_a_missing_file_is_said_and_no_crash(video: Kept) -> None:
    video.say("it", what="downloaded")
    number = FootageView.objects.get().number
    (settings.DATA.root / "objects" / video.asset.sha256[:2] / video.asset.sha256).unlink()
    assert video.bytes("it", number).status_code == 503
    assert "Play here" not in video.department.text("it", f"/assets/{video.asset.pk}")


def test_views_are_added_and_never_changed_and_exported(video: Kept) -> None:
    video.say("it", what="downloaded")
    for sql in ("UPDATE custody_footageview SET reason = ''", "DELETE FROM custody_footageview"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    (row,) = view_rows()
    told = dict(zip(VIEW_COLUMNS, row, strict=True))
    assert (told["by"], told["what"], told["camera_serial"]) == ("it@pd.example", "downloaded", "0412")


def test_a_receipt_is_verified_with_what_the_page_hands_out(video: Kept) -> None:
    receipt = issue_receipt(video.asset, load_signer(settings.DATA.receipt_key), video.department.world.now)
    browser = video.department.browsers["auditor"]
    page = video.department.text("auditor", f"/assets/{video.asset.pk}")
    content, signature, pem = (browser.get(path).content for path in re.findall(r'href="(/receipt[^"]+)"', page))
    key = load_pem_public_key(pem)
    key.verify(signature, content)  # type: ignore[union-attr, call-arg]
    assert json.loads(content)["sha256"] == video.asset.sha256
    assert browser.get(f"/receipts/{receipt.pk}.exe").status_code == 404


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, None),
        ("bytes=0-", Part(0, 100)),
        ("bytes=90-200", Part(90, 10)),
        ("bytes=-10", Part(90, 10)),
        ("bytes=-500", Part(0, 100)),
        ("bytes=5-4", None),
        ("bytes=0-1,4-5", None),
        ("items=0-1", None),
        ("bytes=-", None),
    ],
)
def test_the_part_that_is_asked_for(header: str | None, part: Part | None) -> None:
    assert asked_part(header, 100) == part


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=-0"])
def test_a_part_that_is_not_there(header: str) -> None:
    with pytest.raises(NotSatisfiable):
        asked_part(header, 100)
