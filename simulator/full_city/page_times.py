"""Opens each page of a central as each reader would, and says how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True)
class PageTime:
    """One page for one role."""

    role: str
    path: str
    status: int
    queries: int
    bytes: int
    cpu_ms: float
    """Median processor time of this process."""
    wall_ms: float
    """The least of all rounds."""


def time_pages(root: Path, rounds: int, say: Callable[[str], None], only: str = "") -> list[PageTime]:
    """Every page of the central in `root`, or those whose address begins so. Makes the users that it needs, and
    nothing else."""
    from simulator.full_city.filling import set_up

    set_up(root)
    readers = _readers()
    found = []
    for role, path in _pages():
        if path.startswith(only):
            found.append(_timed(readers[role], role, path, rounds))
            say(f"{path} as {role}: {found[-1].cpu_ms:.0f} ms")
    return found


def as_table(times: Sequence[PageTime]) -> str:
    lines = ["| page | as | questions | KiB | cpu ms | wall ms |", "|---|---|--:|--:|--:|--:|"]
    for one in sorted(times, key=lambda one: -one.cpu_ms):
        path = one.path if one.status == 200 else f"{one.path} (status {one.status})"
        size, cpu, wall = f"{one.bytes / 1024:.0f}", f"{one.cpu_ms:.0f}", f"{one.wall_ms:.0f}"
        lines.append(f"| `{path}` | {one.role} | {one.queries} | {size} | {cpu} | {wall} |")
    return "\n".join(lines)


def _timed(browser: Any, role: str, path: str, rounds: int) -> PageTime:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        answer = browser.get(path)
    questions = len(asked)  # before the next request empties the log
    cpu, wall = [], []
    for _ in range(rounds):
        began, since = time.process_time(), time.perf_counter()
        answer = browser.get(path)
        cpu.append(1000 * (time.process_time() - began))
        wall.append(1000 * (time.perf_counter() - since))
    return PageTime(role, path, answer.status_code, questions, len(answer.content), median(cpu), min(wall))


def _readers() -> dict[str, Any]:
    from django.contrib.auth.models import Group, User
    from django.test import Client

    found = {}
    for role, address in _addresses().items():
        user, _ = User.objects.get_or_create(username=address, defaults={"email": address})
        user.groups.set([Group.objects.get_or_create(name=role)[0]])
        found[role] = Client()
        found[role].force_login(user)
    return found


def _addresses() -> dict[str, str]:
    """The supervisor of a unit that has many shifts, and an officer who has some."""
    from central.roster.models import Officer, Unit

    unit = Unit.objects.exclude(supervisor_email="").order_by("pk").first()
    officer = Officer.objects.exclude(email="").order_by("pk").first()
    return {
        "it": "it@timed.example",
        "auditor": "auditor@timed.example",
        "supervisor": unit.supervisor_email if unit else "sgt@timed.example",
        "officer": officer.email if officer else "officer@timed.example",
    }


def _pages() -> Iterator[tuple[str, str]]:
    from central.custody.models import Asset, DockSession
    from central.fleet.models import Station
    from central.judging.models import Judgement
    from central.notices.models import Notice

    asset = Asset.objects.exclude(object=None).order_by("-first_heard_at").first()
    dock = DockSession.objects.order_by("-docked_at").first()
    station = Station.objects.order_by("pk").first()
    said = (
        Judgement.objects.filter(verdict="late").order_by("-pk").first() or Judgement.objects.order_by("-pk").first()
    )
    notice = Notice.objects.order_by("-pk").first()
    everybody = ("/", "/open/", "/stations/", "/docks", "/assets", "/units/", "/measures/", "/notices/", "/roster/")
    everybody += ("/cameras/", "/trends/", "/trends/footage", "/trends/watching")
    for path in (*everybody, "/answers/", "/search"):
        yield from (("it", path), ("supervisor", path))
    yield from (("it", path) for path in ("/alarms/", "/assets?page=200", "/docks?page=200", "/search?q=KC01"))
    yield from (("officer", path) for path in ("/mine/", "/open/", "/answers/", "/search?q=KC0001"))
    if station:
        yield from (("it", f"/stations/{station.pk}"), ("it", f"/assets?station={station.pk}"))
        yield from (("it", f"/docks?station={station.pk}"), ("it", f"/stations/{station.pk}/events"))
        yield "it", f"/stations/{station.pk}?days=7"
    if dock:
        yield from (("it", f"/cameras/{dock.camera}/"), ("it", f"/assets?camera={dock.camera}"))
    if asset:
        yield from (("it", f"/assets/{asset.pk}"), ("supervisor", f"/assets/{asset.pk}"))
        yield from (("it", f"/search?q={asset.sha256[:7]}"), ("it", f"/search?q={asset.camera}_20"))
        yield "it", "/assets?state=VERIFIED"
    if said:
        yield "it", f"/shifts/{said.shift_id}/"
    if notice:
        yield "it", f"/notices/{notice.notice_id}/"
