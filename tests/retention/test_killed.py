"""SIGKILL while the bin is emptied, at each of its two commits: a real process, a real database, a real file."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.central_server import ROOT, CentralServer

FILL = """
import django; django.setup()
import uuid
from datetime import timedelta
from django.conf import settings
from django.contrib.auth.models import Group, User
from central import clock
from central.custody.assets import save_asset
from central.custody.models import Asset
from central.custody.object_store import ObjectStore
from central.custody.signing import load_signer
from central.custody.turns import Turns
from central.custody.verification import Workplace, verify_asset
from central.fleet.enrolment import add_station
from central.retention.binning import put_into_bin
from central.retention.categorising import categorise
from central.retention.people import person_named
from tests.central.test_custody_rows import digest_of, upload
now = clock.now()
add_station("east-1", now)
chief = User.objects.create(username="chief@x", email="chief@x")
chief.groups.add(Group.objects.get_or_create(name="admin")[0])
place = Workplace(ObjectStore(settings.DATA), Turns(), load_signer(settings.DATA.receipt_key), clock.now)
asset = uuid.uuid4()
upload(place, asset, b"footage")
verify_asset(place, asset, digest_of(b"footage"))
row = Asset.objects.get()
row.erased_at = now
save_asset(row)
categorise(row, "traffic", person_named("chief@x", ()), "", settings.CONFIG, now)
put_into_bin(row, "chief@x", "minimum is over", settings.CONFIG, clock.now())
"""
DIE = """
import os, signal, sys
import django; django.setup()
from central.retention import emptying
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
def bury_then_die(*given):
    bury(*given)
    die()
bury = emptying.bury
if sys.argv[1] == "after_the_tombstone":
    emptying.bury = bury_then_die
else:
    emptying.sync_folder = die
from central.cli import main
main(["retention", "empty-bin", "--by", "chief@x", "--data", os.environ["DOCK_CENTRAL_DATA"]])
"""


@pytest.fixture
def central(tmp_path: Path) -> CentralServer:
    """One asset in the bin, of a department that keeps nothing for longer than a moment."""
    server = CentralServer(tmp_path / "central")
    server.init()
    config = '[retention]\nbin = "0s"\n[retention.category.traffic]\nminimum = "0s"\n'
    (server.data_dir / "central.toml").write_text(config)
    assert python(server, FILL).returncode == 0
    (server.data_dir / "up_since").write_text("2021-01-01T00:00:00Z")  # a worker's sign of life is its time of change
    return server


def python(server: CentralServer, code: str, *words: str) -> subprocess.CompletedProcess[str]:
    env = {"DOCK_CENTRAL_DATA": str(server.data_dir), "DJANGO_SETTINGS_MODULE": "central.settings"}
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=ROOT,
        env={**os.environ, **env, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def marks(server: CentralServer) -> tuple[int, bool, bool]:
    """Tombstones, and whether the object is marked deleted and said to be unlinked."""
    with sqlite3.connect(server.data_dir / "central.sqlite3") as database:
        (stones,) = database.execute("SELECT count(*) FROM custody_tombstone").fetchone()
        rows = "SELECT deleted_at IS NOT NULL, unlinked_at IS NOT NULL FROM custody_storedobject"
        deleted, unlinked = database.execute(rows).fetchone()
    return stones, bool(deleted), bool(unlinked)


@pytest.mark.parametrize(("where", "is_there"), [("after_the_tombstone", True), ("after_the_unlink", False)])
def test_a_kill_while_the_bin_is_emptied_is_finished_by_the_next_run(
    central: CentralServer, where: str, is_there: bool
) -> None:
    killed = python(central, DIE, where)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert bool(central.objects()) is is_there
    assert marks(central) == (1, True, False), "the tombstone stands before a byte goes"
    done = central.command("retention", "empty-bin", "--by", "chief@x")
    assert done.returncode == 0, done.stderr
    assert central.objects() == {}
    assert marks(central) == (1, True, True)
    [stone] = json.loads(central.command("export", "tombstones", "--format", "json").stdout)
    assert (stone["reason"], stone["deleted_by"]) == ("minimum is over", "chief@x")


def test_a_bin_is_not_emptied_by_a_clock_that_nobody_compares(central: CentralServer) -> None:
    """Set forward by hand, with no server running, it would make everything old."""
    long_ago = time.time() - 3600
    os.utime(central.data_dir / "up_since", (long_ago, long_ago))
    for _ in range(2):
        refused = central.command("retention", "empty-bin", "--by", "chief@x")
        assert refused.returncode == 1
        assert "nothing was deleted" in refused.stderr
        assert central.objects()
        assert marks(central) == (0, False, False)
        (central.data_dir / "up_since").unlink(missing_ok=True)
