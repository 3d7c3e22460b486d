"""`dock-central doctor`: what it judges, as tables; and a real DIR that it leaves as it was."""

from __future__ import annotations

import hashlib
import json
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from central.administration.examination import judging
from central.administration.examination.finding import NAMES, Finding, Severity
from central.administration.examination.judging import FileSeen, Sampled
from central.administration.examination.probing import probe_mail
from central.config import Alarms, CentralConfig, Mail, Notices, Web
from tests.central_server import CentralServer

GIB = 2**30
FOLDER = FileSeen("data", 0o40700, 7)
SECRETS = [FileSeen(name, 0o100600, 7) for name in judging.SECRETS]
DOCS = Path(__file__).resolve().parents[2] / "docs" / "administration.md"

JUDGED = [
    (judging.judge_base_url(CentralConfig()), "warning"),
    (judging.judge_base_url(CentralConfig(web=Web(base_url="http://central.example"))), "warning"),
    (judging.judge_base_url(CentralConfig(web=Web(base_url="https://central.example"))), "ok"),
    (judging.judge_time_zone(CentralConfig()), "note"),
    (judging.judge_time_zone(CentralConfig(web=Web(time_zone="America/Chicago"))), "ok"),
    (judging.judge_keys(FOLDER, SECRETS), "ok"),
    (judging.judge_keys(FileSeen("data", 0o40755, 7), SECRETS), "problem"),
    (judging.judge_keys(FOLDER, SECRETS[1:]), "problem"),
    (judging.judge_keys(FOLDER, [*SECRETS[1:], FileSeen(judging.SECRETS[0], 0o100640, 7)]), "problem"),
    (judging.judge_keys(FOLDER, [*SECRETS[1:], FileSeen(judging.SECRETS[0], 0o100600, 0)]), "problem"),
    (judging.judge_database([], is_whole=True), "ok"),
    (judging.judge_database([], is_whole=False), "note"),
    (judging.judge_database(["row 7 missing"], is_whole=True), "problem"),
    (judging.judge_schema({"a.1"}, {"a.1"}), "ok"),
    (judging.judge_schema({"a.1"}, {"a.1", "a.2"}), "warning"),
    (judging.judge_schema({"a.1", "a.9"}, {"a.1", "a.2"}), "problem"),
    (judging.judge_disk(20 * GIB - 1, 99 * GIB, 20 * GIB), "problem"),
    (judging.judge_disk(40 * GIB - 1, 99 * GIB, 20 * GIB), "warning"),
    (judging.judge_disk(40 * GIB, 99 * GIB, 20 * GIB), "ok"),
    (judging.judge_clock(is_synchronised=False), "warning"),
    (judging.judge_objects(Sampled(0, 0)), "ok"),
    (judging.judge_objects(Sampled(20, 900)), "ok"),
    (judging.judge_objects(Sampled(20, 900, ("a" * 64,))), "problem"),
    (judging.judge_objects(Sampled(20, 900, known_bad=1)), "problem"),
    (judging.judge_worker(is_served=False, age_s=9e9), "note"),
    (judging.judge_worker(is_served=True, age_s=60.0), "ok"),
    (judging.judge_worker(is_served=True, age_s=61.0), "problem"),
    (judging.judge_worker(is_served=True, age_s=None), "problem"),
    (judging.judge_worker(is_served=False, age_s=5.0), "ok"),
    (judging.judge_told(CentralConfig()), "warning"),
    (judging.judge_told(CentralConfig(notices=Notices(it_recipients=("it@example",)))), "note"),
    (
        judging.judge_told(CentralConfig(alarms=Alarms(webhook="https://a.example", ping_url="https://p.example"))),
        "ok",
    ),
    (probe_mail(Mail()), "warning"),
    (probe_mail(Mail(host="127.0.0.1", port=1)), "problem"),
]


@pytest.mark.parametrize(("finding", "severity"), JUDGED)
def test_each_thing_is_judged_by_how_much_it_matters(finding: Finding, severity: str) -> None:
    assert finding.severity == severity, finding
    assert finding.name in NAMES
    if finding.severity in (Severity.WARNING, Severity.PROBLEM):
        assert finding.means
        assert finding.todo


def test_a_mail_server_that_is_not_set_or_not_there_is_told() -> None:
    assert probe_mail(Mail()).severity == "warning"
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        found = probe_mail(Mail(host="127.0.0.1", port=nobody_listens.getsockname()[1]))
    assert found.severity == "problem"
    assert "127.0.0.1" in found.saw


@pytest.mark.parametrize("name", NAMES)
def test_every_finding_of_doctor_is_explained(name: str) -> None:
    assert f"| `{name}` | " in DOCS.read_text()


def snapshot(folder: Path) -> dict[str, tuple[int, int, int]]:
    found = {str(path.relative_to(folder)): path.stat() for path in folder.rglob("*")}
    return {name: (one.st_mode, one.st_size, one.st_mtime_ns) for name, one in found.items()}


def examined(central: CentralServer) -> tuple[int, dict[str, str]]:
    done = central.command("doctor", "--json")
    said = json.loads(done.stdout)
    assert [one["name"] for one in said["findings"]] == list(NAMES)
    return done.returncode, {one["name"]: one["severity"] for one in said["findings"]}


def test_a_new_central_has_no_problem_and_is_left_as_it_was(tmp_path: Path) -> None:
    central = CentralServer(tmp_path / "central")
    central.init()
    (central.data_dir / "central.toml").write_text('[alarms]\ndisk_low = "0B"\n')
    before = snapshot(central.data_dir)
    status, found = examined(central)
    assert (status, [name for name, severity in found.items() if severity == "problem"]) == (0, [])
    assert (found["database"], found["schema"], found["objects"], found["worker"]) == ("ok", "ok", "ok", "note")
    assert snapshot(central.data_dir) == before


def test_a_changed_file_an_open_key_and_a_newer_schema_are_found(tmp_path: Path) -> None:
    central = CentralServer(tmp_path / "central")
    central.init()
    good, bad = (hashlib.sha256(word).hexdigest() for word in (b"good", b"bad!"))
    for name in (good, bad):
        path = central.data_dir / "objects" / name[:2] / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"good")
    with closing(sqlite3.connect(central.data_dir / "central.sqlite3")) as database, database:
        columns = "INSERT INTO custody_storedobject (sha256, size, stored_at, verified_at) VALUES (?, 4, ?, ?)"
        database.executemany(columns, [(name, "2026-11-23", "2026-11-23") for name in (good, bad)])
        newer = (
            "INSERT INTO django_migrations (app, name, applied) VALUES ('fleet', '9999_of_tomorrow', '2026-11-23')"
        )
        database.execute(newer)
    (central.data_dir / "receipt_key.pem").chmod(0o644)
    status, found = examined(central)
    assert status == 1
    assert (found["objects"], found["keys"], found["schema"]) == ("problem", "problem", "problem")
