"""A central that judges and writes, by rows alone; nothing is handed over unless a test does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings

from central.config import CentralConfig, Mail, Notices
from central.judging.judge import Judging, judge_due
from central.notices.models import Line, Notice
from central.notices.outbox import waiting
from central.notices.telling import tell
from central.roster.models import Unit
from tests.judging.court import LONG_AGO
from tests.watching.telling import at

SUPERVISOR, CAPTAIN, DESK, IT = "chen@pd.example", "captain@pd.example", "desk@pd.example", "it@pd.example"


def configured(**notices: Any) -> CentralConfig:
    """As usual, but for these keys of [notices]."""
    return CentralConfig(notices=Notices(it_recipients=(IT,), **notices), mail=Mail(host="mail.example"))


def unit(name: str = "East", supervisor: str = SUPERVISOR, escalate_to: str = "", on_duty: str = "") -> None:
    Unit.objects.update_or_create(
        unit=name,
        defaults={"supervisor_email": supervisor, "escalate_to_email": escalate_to, "on_duty_email": on_duty},
    )


@dataclass
class Desk:
    """Judges, then tells. What is written counts as taken by the mail server, unless it is `dead`."""

    config: CentralConfig = field(default_factory=configured)
    dead: bool = False
    up_since: float | None = None
    """The minute at which central came up; None: long ago."""

    def begin(self, minute: float = LONG_AGO) -> None:
        """Notices are switched on."""
        tell(self.config, at(minute))

    def play(self, minute: float) -> list[Notice]:
        """One round; returns what was written."""
        settings.CONFIG = self.config
        up_since = at(2 * LONG_AGO if self.up_since is None else self.up_since)
        judge_due(Judging(self.config, up_since), at(minute))
        before = set(Notice.objects.values_list("pk", flat=True))
        tell(self.config, at(minute), up_since)
        if not self.dead:
            waiting().update(sent_at=at(minute))
        return list(Notice.objects.exclude(pk__in=before).order_by("pk"))

    def says(self, minute: float) -> list[tuple[str, str]]:
        """Kind and recipient of every mail that this round wrote."""
        return [(one.kind, one.recipient) for one in self.play(minute)]


def lines(notice: Notice) -> list[tuple[str, str]]:
    """What it says of which camera."""
    found = Line.objects.filter(notice=notice).order_by("pk").values_list("kind", "camera")
    return list(dict.fromkeys(found))


def instant(minute: float) -> datetime:
    return at(minute)
