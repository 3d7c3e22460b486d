"""A seeded department behind a real `dock-central serve`, with a session for each role.

Seeding happens in a process of its own: within a browser test Django's database may not be asked.
`python -m tests.browser.town DIR` fills a DIR that `dock-central init` made.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from simulator.clips import CardPlan, clips_of, footage_of
from tests.central_server import ROOT, CentralServer
from tests.made_once import made_once

PASSWORD = "night-shift-41"
KNOWN = "town.json"
"""What tests need to know of DIR: sessions by role, and what its odd things are called."""
SETTINGS = '[web]\ntime_zone = "America/Chicago"\n\n[notices]\nit_recipients = ["it@pd.example"]\n'
VIDEO = UUID("7d3f9a52-64f5-4c0e-9d0c-0f5f3a1c2b7e")


class Town(CentralServer):
    """One central of its own for whoever asks; the department is seeded once in a run."""

    known: dict[str, Any]

    def init(self) -> None:
        made = made_once("town", fill)
        if made is None:
            fill(self.data_dir)
        else:
            shutil.copytree(made, self.data_dir)
        self.known = json.loads((self.data_dir / KNOWN).read_text())


def fill(folder: Path) -> None:
    """A new DIR with the department in it."""
    CentralServer(folder).init()
    (folder / "central.toml").write_text(SETTINGS)
    command = [sys.executable, "-m", "tests.browser.town", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the department could not be seeded: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def set_up_django(folder: Path) -> None:
    os.environ |= {"DOCK_CENTRAL_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "central.settings"}
    import django

    django.setup()


def build(now: datetime, *, per_unit: int = 1, days: int = 5) -> dict[str, Any]:
    """Fill the database that Django is set up for."""
    from django.conf import settings
    from django.test import Client

    from central.alarms.watch import AlarmWatch
    from central.notices.models import Notice
    from central.roster.models import RosterImport
    from tests.dashboard.world import people, seed

    world = seed(now, settings.CONFIG, per_unit=per_unit, days=days)
    sessions = {}
    for role, user in people().items():
        if role in ("supervisor", "it"):
            user.set_password(PASSWORD)
            user.save()
        browser = Client()
        browser.force_login(user)
        sessions[role] = browser.cookies["sessionid"].value
    AlarmWatch(settings.CONFIG, now - timedelta(days=2)).look(now, now)
    RosterImport.objects.all().filter(content=b"").delete()
    return {
        "sessions": sessions,
        "import": _waiting_roster(world, now),
        "answer": _said(settings.CONFIG, now),
        "notice": str(Notice.objects.filter(kind="reminder", recipient="sgt.east@pd.example").latest("pk").notice_id),
        "video": _video(now),
        "review": _review(now),
        "dispatch": _dispatch(settings.CONFIG, world, now),
        **_people(now),
    }


def _people(now: datetime) -> dict[str, Any]:
    """Two who have yet to set a password, and somebody who may not log in."""
    from central.administration.users import add_user, link_of, set_active

    new = add_user("new@pd.example", "officer", now, "chief@pd.example")
    add_user("gone@pd.example", "it", now, "chief@pd.example")
    set_active("gone@pd.example", now, "chief@pd.example", is_active=False)
    invited = add_user("invited@pd.example", "officer", now, "chief@pd.example")
    return {"person": new.pk, "link": link_of(new), "link_to_use": link_of(invited)}


def _waiting_roster(world: Any, now: datetime) -> int | None:
    """A dozen shifts end an hour later, all alike: that looks like a mistake, and waits."""
    from central.judging.rosters import bring_roster
    from central.roster.importing import Bringing
    from tests.roster.rows import as_file

    usual = [row for row in world.shifts if row.shift_id.endswith(tuple("0123456789"))][-12:]
    moved = [replace(row, ends_at=row.ends_at + timedelta(hours=1)) for row in usual]
    outcome = bring_roster(as_file(moved), Bringing("folder", now - timedelta(minutes=40), "roster week 49.csv"))
    assert outcome.doubts, outcome
    return outcome.number


def _said(config: Any, now: datetime) -> int:
    from central.answers.kinds import Kind
    from central.answers.rights import Person
    from central.answers.saying import Saying, say

    by = Person("sgt.west@pd.example", frozenset({"supervisor"}))
    text = "It lies in the charger by the window."
    saying = Saying(Kind.SAID_DOCKED, "0391-a", by, True, text, station_id="north-1", bay="Bay 4")
    return int(say(saying, config, now - timedelta(minutes=25)).pk)


def _dispatch(config: Any, world: Any, now: datetime) -> int:
    """A call of every officer yesterday, without a recording; one with a reason that nobody approved yet."""
    from uuid import uuid4
    from zoneinfo import ZoneInfo

    from central.dispatches.comparing import compare_due
    from central.dispatches.importing import Bringing, bring_dispatches
    from central.dispatches.models import Dispatch, DocumentedException
    from tests.dispatches import cad

    for row in world.shifts[:12]:
        began = row.starts_at + timedelta(hours=1)
        call = cad.call(f"{row.shift_id}-call", row.officer_id, type="Disturbance, with a rather long description")
        moved = {"dispatched_at": began, "arrived_at": None, "cleared_at": began + timedelta(minutes=40)}
        content = cad.as_file([replace(call, **moved)])
        bring_dispatches(content, Bringing("command", now), ZoneInfo("UTC"), config.dispatches)
    last = Dispatch.objects.latest("pk")
    DocumentedException.objects.create(
        officer_id=last.officer_id,
        dispatch_id=last.dispatch_id,
        since=last.begins_at,
        until=last.cleared_at,
        reason="private_residence",
        note="Asked for at the door.",
        said_by="sgt.west@pd.example",
        said_as="supervisor",
        said_at=now,
        token=uuid4(),
    )
    compare_due(config.dispatches, now)
    return int(last.pk)


def _video(now: datetime) -> str:
    from django.conf import settings

    from central.custody.models import Asset, DockSession, StoredObject
    from central.custody.receipts import issue_receipt
    from central.custody.signing import load_signer

    session = DockSession.objects.filter(camera="0412").latest("docked_at")
    content = _film(session.docked_at - timedelta(hours=1))
    digest = sha256(content).hexdigest()
    target = settings.DATA.root / "objects" / digest[:2] / digest
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    stored = StoredObject.objects.create(sha256=digest, size=len(content), stored_at=now, verified_at=now)
    asset = Asset.objects.create(
        asset_id=VIDEO,
        station_id="east-1",
        camera="0412",
        session=session.session,
        source_path=f"DCIM/100/BWC0412_{session.docked_at:%Y%m%d}_0001.MP4",
        size=len(content),
        sha256=digest,
        object=stored,
        state="VERIFIED",
        kind="video",
        recorded_at=session.docked_at - timedelta(hours=3),
        recorded_source="container",
        found_at=session.docked_at + timedelta(seconds=8),
        staged_at=session.docked_at + timedelta(minutes=2),
        verified_at=session.docked_at + timedelta(minutes=5),
        first_heard_at=session.docked_at,
    )
    issue_receipt(asset, load_signer(settings.DATA.receipt_key), session.docked_at + timedelta(minutes=5))
    return str(VIDEO)


def _review(now: datetime) -> int:
    """The video drawn for review, and a concern about it."""
    from central.reviews.models import Draw, Review, Word
    from central.roster.models import Shift

    whose = Shift.objects.get(pk="0412-a")
    draw = {"per_officer": 1, "population": 1, "population_sha256": "5d" * 32, "left_out": {"two_officers": 2}}
    made = Draw.objects.create(quarter="2026Q4", seed="4711", at=now, by="root", **draw)
    review = Review.objects.create(
        draw=made, asset_id=VIDEO, shift=whose, officer_id=whose.officer_id, unit=whose.unit
    )
    Word.objects.create(review=review, kind="finding", outcome="concern", text="It began late.", by="sgt@x", at=now)
    return int(review.pk)


def _film(until: datetime) -> bytes:
    """A video that really plays."""
    plan = CardPlan("BWC0412", until, files=1, size=256 * 1024, half_written=False)
    return b"".join(bytes(block) for block in footage_of(plan, clips_of(plan)[0]).blocks())


if __name__ == "__main__":
    target = Path(sys.argv[1])
    set_up_django(target)
    from central import clock

    (target / KNOWN).write_text(json.dumps(build(clock.now())))
