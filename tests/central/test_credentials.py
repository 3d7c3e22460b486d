"""Credentials end, and are renewed: rules against rows, then real agents and a real central."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from central.config import Stations
from central.fleet.credentials import RenewalRefused, Worth, renew, shown, term_of
from central.fleet.enrolment import replace_station, revoke_station, spend_code
from central.fleet.models import Credential, Station
from protocol import messages
from protocol.renewal import digest_of, proof_of
from tests.central.conftest import StockedServer
from tests.central.station_client import StationClient
from tests.central_server import CentralServer
from tests.dock_station import DockStation, eventually

MADE = datetime(2026, 11, 20, tzinfo=UTC)
DAY = timedelta(days=1)
KEY = Ed25519PrivateKey.generate()
LIMITS = Stations(credential_lifetime=90 * DAY, renewal_grace=30 * DAY)
ENDLESS = Stations(credential_lifetime=timedelta(0))


def public(key: Ed25519PrivateKey) -> str:
    return b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def enrolled(expires_at: datetime | None = MADE + 90 * DAY) -> str:
    station, _ = Station.objects.get_or_create(station_id="east-1", defaults={"added_at": MADE})
    code = replace_station(station.pk, MADE)
    return spend_code(code, public(KEY), "pc", MADE, expires_at=expires_at).credential


def wish(old: str, new: str, key: Ed25519PrivateKey = KEY, station: str = "east-1") -> messages.RenewRequest:
    signature = key.sign(proof_of(station, digest_of(old), digest_of(new)))
    return messages.RenewRequest(
        station=station,
        old_sha256=digest_of(old),
        new_sha256=digest_of(new),
        signature=b64encode(signature).decode(),
    )


def after(days: float) -> datetime:
    return MADE + days * DAY


@pytest.mark.django_db
def test_a_credential_is_good_until_it_ends_and_may_be_renewed_for_the_grace_after() -> None:
    old = enrolled()
    assert shown(old, after(89.9)).worth is Worth.GOOD
    assert shown(old, after(90)).worth is Worth.EXPIRED
    with pytest.raises(RenewalRefused, match="too long ago"):
        renew(wish(old, "new"), LIMITS, after(121))
    assert renew(wish(old, "new"), LIMITS, after(119)) == after(209)
    assert shown("new", after(119)).worth is Worth.GOOD
    assert shown(old, after(119)).worth is Worth.SUPERSEDED


@pytest.mark.django_db
def test_both_are_good_until_the_new_one_is_used_and_asking_again_changes_nothing() -> None:
    old = enrolled()
    ends = renew(wish(old, "new"), LIMITS, after(60))
    assert renew(wish(old, "new"), LIMITS, after(61)) == ends == after(150)
    assert shown(old, after(62)).worth is Worth.GOOD
    assert renew(wish(old, "another"), LIMITS, after(62)) == after(152), "its intent was lost with its disk"
    shown("another", after(63))
    assert [shown(one, after(63)).worth for one in (old, "new", "another")] == [
        Worth.SUPERSEDED,
        Worth.SUPERSEDED,
        Worth.GOOD,
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("revoked", ["revoked", "replaced"])
def test_what_was_revoked_is_over_at_once_also_what_was_to_take_its_place(revoked: str) -> None:
    old = enrolled()
    renew(wish(old, "renewed"), LIMITS, after(59))
    shown("renewed", after(59))
    renew(wish("renewed", "new"), LIMITS, after(60))
    if revoked == "revoked":
        revoke_station("east-1", "stolen", after(61))
    else:
        enrolled()
    for one in (old, "renewed", "new"):
        assert shown(one, after(62)).worth is Worth.REVOKED
        for new in ("renewed", "new", "next"):
            with pytest.raises(RenewalRefused):
                renew(wish(one, new), LIMITS, after(62))


@pytest.mark.django_db
def test_only_the_key_of_the_enrolled_pc_renews() -> None:
    old = enrolled()
    Station.objects.create(station_id="west-1", added_at=MADE)
    other = Ed25519PrivateKey.generate()
    for refused in (wish(old, "new", other), wish("nonsense", "new"), wish(old, "new", station="west-1")):
        with pytest.raises(RenewalRefused):
            renew(refused, LIMITS, after(60))
    assert Credential.objects.count() == 1


@pytest.mark.django_db
def test_central_says_when_to_renew() -> None:
    enrolled()
    assert term_of("east-1", LIMITS).renew_from == after(60)
    assert term_of("east-1", Stations(credential_lifetime=30 * DAY)).renew_from == after(20), "a new, shorter limit"
    enrolled(expires_at=None)
    assert term_of("east-1", LIMITS).renew_from == MADE, "made before credentials had an end"
    assert term_of("east-1", ENDLESS).renew_from is None


def test_over_http_an_ended_credential_is_named_and_its_renewal_opens_the_doors(own_central: StockedServer) -> None:
    (own_central.data_dir / "central.toml").write_text('[stations]\ncredential_lifetime = "1s"\n')
    own_central.start()
    told = messages.EnrollRequest(code=next(own_central.codes), public_key=public(KEY), renews=True)
    answer = requests.post(f"{own_central.url}/api/v1/enroll", data=messages.encode(told), timeout=30).json()
    old, station = answer["credential"], answer["station"]
    assert answer["credential_expires_at"]

    def knock(token: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.get(f"{own_central.url}/api/v1/ledgers", headers=headers, timeout=30)

    eventually(lambda: knock(old).status_code == 401, why="it ends")
    assert knock(old).json()["code"] == "credential_expired"
    renewal = f"{own_central.url}/api/v1/credential"
    stolen = wish(old, "x", Ed25519PrivateKey.generate(), station)
    refused = requests.post(renewal, data=messages.encode(stolen), timeout=30)
    assert (refused.status_code, refused.json()["code"]) == (403, "bad_signature")
    done = requests.post(renewal, data=messages.encode(wish(old, "new-one", station=station)), timeout=30)
    assert done.status_code == 200, done.text
    assert knock("new-one").json().get("code") in (None, "credential_expired"), "it is known, if it has not ended"
    older = StationClient(own_central.url, next(own_central.codes))
    assert older.enrolled.credential_expires_at is None, "it did not say that it renews"
    older.close()


@pytest.mark.timeout(240)
def test_a_real_station_renews_by_itself_also_after_days_in_the_dark(tmp_path: Path) -> None:
    with CentralServer(tmp_path / "central") as central:
        central.init()
        toml = central.data_dir / "central.toml"
        toml.write_text('[stations]\ncredential_lifetime = "6s"\nrenewal_grace = "1h"\n')
        central.start()
        east = DockStation(tmp_path, central)
        east.enroll()
        first = (east.state / "credential.json").read_text()
        east.start()

        def held() -> str:
            return (east.state / "credential.json").read_text()

        eventually(lambda: held() != first and '"next_token": ""' in held(), why="it is renewed while it runs")
        east.kill()
        second = held()
        eventually(lambda: _expired(central, second), why="it ends while its station is off")
        east.start()
        eventually(
            lambda: held() != second and '"next_token": ""' in held(), why="it is renewed although it had ended"
        )
        eventually(lambda: east.snapshot()["central"]["reachable"], why="the new one is good")
        assert 0 < east.snapshot()["credential_days"] < 1
        east.kill()
        done = central.command("export", "admin", "--format", "csv")
        assert "credential_renewed" in done.stdout


def _expired(central: CentralServer, held: str) -> bool:
    token = held.split('"token": "')[1].split('"')[0]
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.get(f"{central.url}/api/v1/ledgers", headers=headers, timeout=30)
    return answer.status_code == 401 and answer.json()["code"] == "credential_expired"
