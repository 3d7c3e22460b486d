"""A power cut at every call while a credential is renewed, against the rows of a real central: whatever is left
works, and the next start ends with one credential on both sides."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from django.db import transaction

from agent.adapters.credential_file import Credential, CredentialFile, own_public_key, write_private
from agent.errors import AuthRefused
from agent.ports import HeartbeatReply
from agent.reporting.renewal import Renewal
from central.config import Stations
from central.fleet.credentials import Worth, renew, shown, term_of
from central.fleet.models import Credential as Row
from central.fleet.models import Station
from protocol.messages import RenewAnswer, RenewRequest
from protocol.renewal import digest_of
from simulator.clock import SimulatedClock
from simulator.volume import ALL_KEPT, LOSSES, Volume
from tests.crash.world import Numbered

pytestmark = pytest.mark.django_db

NAME, PATH = "state/agent/credential.json", Path("/state/agent/credential.json")
OLD = "the-first-token"
MADE = datetime(2026, 11, 20, tzinfo=UTC)
NOW = MADE + timedelta(days=61)
LIMITS = Stations()
Point = Callable[[str], None]


class PowerCut(BaseException):
    """Nothing catches it."""


class Pc:
    """A PC that runs on a disk until the power goes, and the central it speaks to."""

    def __init__(self, disk: Volume, keys: Path, point: Point = lambda _: None) -> None:
        self.disk = disk
        self.book = CredentialFile(PATH, keys, Numbered(disk, "disk", point))
        central = Numbered(self, "central", point)
        self.renewal = Renewal(self.book, lambda wish: central.take(wish), SimulatedClock(NOW))

    def take(self, wish: RenewRequest) -> RenewAnswer:
        return RenewAnswer(station=wish.station, credential_expires_at=renew(wish, LIMITS, NOW), server_time=NOW)

    def beat(self) -> Worth:
        """A heartbeat; central answers when to renew, the station does."""
        found = shown(self.book.token, NOW)
        if found.worth is Worth.GOOD:
            term = term_of(found.station, LIMITS)
            reply = HeartbeatReply(NOW, 1, "", 0.0, None, b"", 0, term.expires_at, term.renew_from)
            self.renewal.heard(reply)
        return found.worth


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    station = Station.objects.create(station_id="east-1", added_at=MADE)
    Row.objects.create(
        station=station,
        token_sha256=digest_of(OLD),
        public_key=b64encode(own_public_key(tmp_path)).decode(),
        created_at=MADE,
        used_at=MADE,
        expires_at=MADE + timedelta(days=90),
    )
    return tmp_path


def new_disk() -> Volume:
    disk = Volume("/", 70)
    disk.put("state/.keep", b"")
    enrolled = Credential(station="east-1", central_url="x", token=OLD, receipt_keys=[], enrolled_at="")
    write_private(PATH, msgspec.json.encode(enrolled), disk)
    return disk


def cuts(keys: Path) -> Iterator[tuple[int, str, Pc]]:
    """The same renewal, with the power gone one call later each time; what central took is undone in between."""
    number = 0
    while True:
        left = [number]

        def point(name: str, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise PowerCut(name)

        disk, story = new_disk(), ""
        with transaction.atomic():
            pc = Pc(disk, keys)
            pc.book._files = Numbered(disk, "disk", point)
            central = Numbered(pc, "central", point)
            pc.renewal._ask = lambda wish, central=central: central.take(wish)
            try:
                pc.beat()
                pc.beat()
            except PowerCut as cut:
                story = str(cut)
            if story:
                yield number, story, pc
            transaction.set_rollback(True)
        if not story:
            return
        number += 1


def goes_on(disk: Volume, keys: Path) -> tuple[Worth, list[str], str]:
    """What the credential on this disk is worth at its first use; after three heartbeats: what central still takes,
    and what the disk holds. Undone afterwards."""
    with transaction.atomic():
        pc = Pc(disk, keys)
        first = pc.beat()
        pc.beat()
        assert pc.beat() is Worth.GOOD
        living = list(Row.objects.filter(revoked_at=None).values_list("token_sha256", flat=True))
        held = digest_of(msgspec.json.decode(disk.files()[NAME], type=Credential).token)
        transaction.set_rollback(True)
    return first, living, held


def test_wherever_the_power_goes_a_credential_is_left_that_works_and_in_the_end_there_is_one(
    keys: Path, tally: Callable[[str], None]
) -> None:
    points, stories = 0, set()
    for number, story, pc in cuts(keys):
        stories.add(story)
        for loss in LOSSES:
            first, living, held = goes_on(pc.disk.after(loss), keys)
            assert first is Worth.GOOD, (number, story, loss)
            assert living == [held], (number, story, loss)
            assert held != digest_of(OLD), (number, story, loss)
            points += 1
    assert {"before central.take", "after central.take"} <= stories
    assert points > 60
    tally(f"crash points, credential renewed: {points}, all left one that works")


def test_it_would_be_seen_if_the_new_one_was_not_durable_before_it_is_used(
    keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = new_disk()
    monkeypatch.setattr("agent.adapters.credential_file.write_private", lambda *_: None)
    pc = Pc(disk, keys)
    assert [pc.beat(), pc.beat()] == [Worth.GOOD, Worth.GOOD]
    assert Pc(disk.after(ALL_KEPT), keys).beat() is Worth.SUPERSEDED


def test_the_old_one_goes_on_until_the_new_one_was_used(keys: Path) -> None:
    pc = Pc(new_disk(), keys)
    assert pc.beat() is Worth.GOOD
    assert pc.book.token != OLD
    assert shown(OLD, NOW).worth is Worth.GOOD
    assert pc.beat() is Worth.GOOD
    assert shown(OLD, NOW).worth is Worth.SUPERSEDED


@pytest.mark.parametrize("has_intended", [False, True])
def test_a_disk_that_was_put_back_renews_and_is_good_again(keys: Path, has_intended: bool) -> None:
    disk = new_disk()
    pc = Pc(disk, keys)
    if has_intended:
        pc.book.intend()
    before = disk.after(ALL_KEPT)
    pc.beat()
    pc.beat()
    back = Pc(before, keys)
    assert back.beat() is Worth.SUPERSEDED
    assert back.renewal.may_mend(AuthRefused("no", reason=Worth.SUPERSEDED.value))
    back.renewal.renew()
    assert back.beat() is Worth.GOOD


def test_of_two_pcs_with_one_disk_neither_is_shut_out(keys: Path) -> None:
    disk = new_disk()
    one = Pc(disk, keys)
    other = Pc(disk.after(ALL_KEPT), keys)
    seen = []
    for pc in (one, other) * 4:
        if (worth := pc.beat()) is not Worth.GOOD:
            assert pc.renewal.may_mend(AuthRefused("no", reason=worth.value))
            pc.renewal.renew()
            assert pc.beat() is Worth.GOOD
            seen.append(worth)
    assert set(seen) == {Worth.SUPERSEDED}


def test_who_enrolled_meanwhile_is_not_overwritten(keys: Path) -> None:
    disk = new_disk()
    pc = Pc(disk, keys)
    other = Credential(station="east-1", central_url="x", token="enrolled anew", receipt_keys=[], enrolled_at="")
    write_private(PATH, msgspec.json.encode(other), disk)
    pc.beat()
    assert pc.renewal.trouble is not None
    assert pc.renewal.trouble.code == "credential_invalid"
    assert b"enrolled anew" in disk.files()[NAME]
