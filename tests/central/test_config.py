"""central.toml: every key of the contract is accepted, every problem is told at once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from central.config import NEW_FILE, CentralConfig
from central.config_reading import read_config
from protocol.settings import SettingsError
from tests.central_server import CentralServer

EVERY_KEY = """
[web]
base_url = "https://central.example"
time_zone = "America/Chicago"
[mail]
host = "mail.example"
port = 587
from = "dock@example"
security = "starttls"
username = "dock"
password_file = "/etc/dock/mail"
[storage]
url = "s3://bucket/prefix"
[database]
url = "postgresql://user@host/name"
[lateness]
grace = "5s"
gap_tolerance = "0s"
merge_gap = "2h"
early_tolerance = "60min"
[notices]
mode = "shadow"
it_recipients = ["it@example"]
digest_delay = "1s"
reminders = "24h"
escalation = "2d"
pause = "12h"
contest_due = "14d"
[unit."East Patrol"]
grace = "12h"
mode = "live"
digest_times = ["06:00", "14:00"]
[stations]
stale_after = "10s"
offline_after = "20s"
[retention]
"""


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return tmp_path / "central.toml"


def problems(toml: Path, text: str) -> dict[str, str]:
    """By key; every one begins with file and line."""
    toml.write_text(text)
    with pytest.raises(SettingsError) as caught:
        read_config(toml)
    found = {}
    for problem in caught.value.problems:
        place, _, rest = problem.partition(": ")
        assert place.startswith(f"{toml}:") or place == str(toml), problem
        found[rest.partition(" = ")[0].partition(": ")[0]] = problem
    return found


def test_every_key_of_the_contract_is_accepted(toml: Path) -> None:
    toml.write_text(EVERY_KEY)
    config = read_config(toml)
    assert config.mail.sender == "dock@example"
    assert config.lateness.grace == timedelta(seconds=5)
    assert config.grace_for("East Patrol") == timedelta(hours=12)
    assert config.grace_for("West") == timedelta(seconds=5)


def test_no_file_and_the_file_that_init_writes_mean_all_defaults(toml: Path) -> None:
    assert read_config(toml) == CentralConfig()
    toml.write_text(NEW_FILE)
    assert read_config(toml) == CentralConfig()
    assert CentralConfig().lateness.grace == timedelta(hours=24)


def test_all_problems_are_listed_at_once_with_key_value_reason_and_example(toml: Path) -> None:
    found = problems(
        toml,
        '[web]\nbase_url = "central.example"\ntime_zone = "Mars/Olympus"\n'
        '[mail]\nport = 99999\nsecurity = "ssl"\nhst = "x"\n'
        '[lateness]\ngrace = 24\nmerge_gap = "2 fortnights"\n'
        '[notices]\nit_recipients = ["it at example"]\n[stations]\n[mial]\n'
        '[unit."East"]\ndigest_times = ["25:00"]\nmode = "loud"\n',
    )
    assert set(found) == {
        "web.base_url",
        "web.time_zone",
        "mail.port",
        "mail.security",
        "mail.hst",
        "lateness.grace",
        "lateness.merge_gap",
        "notices.it_recipients",
        "mial",
        "unit.East.digest_times",
        "unit.East.mode",
    }
    assert "did you mean 'host'?" in found["mail.hst"]
    assert "did you mean 'mail'?" in found["mial"]
    assert "'ssl'" in found["mail.security"]
    assert 'example: security = "starttls"' in found["mail.security"]
    assert found["mail.port"].startswith(f"{toml}:5: ")


def test_a_station_cannot_be_offline_before_it_is_stale(toml: Path) -> None:
    assert "stations.offline_after" in problems(toml, '[stations]\nstale_after = "1h"\noffline_after = "1min"\n')


def test_a_file_that_is_no_toml_is_told_with_its_line(toml: Path) -> None:
    assert "line 2" in problems(toml, "[web]\nbase_url = \n")["this is not TOML"]


def test_serve_refuses_a_bad_file_and_a_store_it_does_not_have(own_central: CentralServer) -> None:
    toml = own_central.data_dir / "central.toml"
    toml.write_text('[web]\nbase_ulr = "x"\n[mail]\nport = 0\n')
    bad = own_central.command("serve", "--listen", "127.0.0.1:0")
    assert (bad.returncode, bad.stdout) == (1, "")
    assert "base_ulr" in bad.stderr
    assert "mail.port" in bad.stderr
    toml.write_text('[storage]\nurl = "s3://bucket"\n')
    refused = own_central.command("serve", "--listen", "127.0.0.1:0")
    assert refused.returncode == 1
    assert "Nothing was started" in refused.stderr
