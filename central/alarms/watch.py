"""One look at everything that IT is told of, and the telling. The alert worker's part of this room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from central.alarms.condition import Findings
from central.alarms.conditions import find
from central.alarms.dues import Rules
from central.alarms.facts import Channels, Limits
from central.alarms.gathering import gather
from central.alarms.keeping import keep
from central.alarms.models import Remembered
from central.alarms.ping import Ping
from central.alarms.silences import silences
from central.alarms.telling import Recipients, tell
from central.alarms.webhook import Webhook
from central.alarms.weekly import tell_weekly
from central.config import CentralConfig
from central.fleet.central_clock import Doubt
from central.fleet.standing import compute_anew, notice_silence
from central.notices.models import Notice
from central.notices.outbox import trouble, waiting

REFUSED_FOR = timedelta(days=7)
MOST_SELDOM = timedelta(seconds=10)


@dataclass
class AlarmWatch:
    """What one process needs to watch and to tell. Nothing that is only here may be needed after a restart."""

    config: CentralConfig
    up_since: datetime
    folder_trouble: Callable[[], str] = str
    webhook: Webhook = field(init=False)
    _looked_at: datetime | None = None
    _doubt: Doubt | None = None
    _has_computed: bool = False
    """The instants of all stations are as this configuration has them."""
    ping: Ping = field(init=False)

    def __post_init__(self) -> None:
        self.webhook = Webhook(self.config.alarms.webhook, self.config.web.base_url)
        self.ping = Ping(self.config.alarms.ping_url, self.config.alarms.ping_interval)

    def look(self, now: datetime, worked_at: datetime | None, doubt: Doubt | None = None) -> None:
        """Open and end alarms, and tell of them, unless it was done just now. May be called every second.

        `worked_at`: when the worker completed a round last. `doubt`: of central's own clock.
        """
        wait = self._wait()
        if self._looked_at is not None and timedelta(0) <= now - self._looked_at < min(MOST_SELDOM, wait / 4):
            return
        self._looked_at, self._doubt = now, doubt
        rules = Rules(wait, self.config.alarms.repeat, silences(now).keys())
        if doubt is None:
            self._notice_silence(now)
        keep(lambda: self._find(now, worked_at), now, rules.wait)
        to = Recipients(self.config.notices.it_recipients, self.config)
        tell(to, rules, now)
        tell_weekly(to, now)
        self.webhook.post_due(rules, now)

    def _notice_silence(self, now: datetime) -> None:
        if not self._has_computed:
            compute_anew(self.config.stations, now)
            self._has_computed = True
        notice_silence(self.config.stations, self.up_since, now)

    def _find(self, now: datetime, worked_at: datetime | None) -> Findings:
        facts = gather(
            now,
            data=settings.DATA.root,
            channels=_channels(self.config, now),
            folder_trouble=self.folder_trouble(),
            worked_at=worked_at,
        )
        return find(replace(facts, clock_doubt=self._doubt), self._limits(), now)

    def _limits(self) -> Limits:
        config = self.config
        return Limits(
            up_since=self.up_since,
            zone=ZoneInfo(config.web.time_zone),
            stale_after=config.stations.stale_after,
            offline_after=config.stations.offline_after,
            credential_lifetime=config.stations.credential_lifetime,
            roster_max_age=config.roster.max_age,
            disk_low=config.alarms.disk_low,
            unreceipted_after=config.alarms.unreceipted_after,
            not_safe_after=config.alarms.not_safe_after,
            full_within=config.alarms.full_within,
            min_version=config.alarms.min_version,
            version_after=config.alarms.version_after,
            drift_after=config.alarms.drift_after,
        )

    def _wait(self) -> timedelta:
        wait = self.config.alarms.wait
        return self.config.stations.offline_after / 10 if wait is None else wait


def _channels(config: CentralConfig, now: datetime) -> Channels:
    mail, row = trouble(), Remembered.objects.filter(pk=1).first() or Remembered()
    # Each recipient's latest, however many there are: one who is refused often must not hide the others.
    rows = Notice.objects.filter(refused_at__gt=now - REFUSED_FOR).order_by("refused_at")
    refused = {name: (at, why) for name, at, why in rows.values_list("recipient", "refused_at", "last_error")}
    told_since = Notice.objects.filter(recipient__in=refused, sent_at__isnull=False).values_list(
        "recipient", "sent_at"
    )
    mended = {name for name, sent_at in told_since if sent_at > refused[name][0]}
    long_put_off = waiting().filter(put_off=True, created_at__lte=now - config.notices.escalation)
    return Channels(
        mail_failing_since=mail.failing_since,
        mail_trouble=mail.last_error,
        mails_waiting=mail.waiting,
        unaddressed=mail.unaddressed,
        refused=tuple((name, why) for name, (_, why) in sorted(refused.items()) if name not in mended),
        put_off=tuple(sorted(dict(long_put_off.values_list("recipient", "last_error")).items())),
        webhook_failing_since=row.webhook_failing_since if config.alarms.webhook else None,
        webhook_trouble=row.webhook_trouble,
    )
