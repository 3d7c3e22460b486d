"""Hands over what waits in the outbox.

At least once: an attempt that broke off is made again with the same Message-ID. One process at a time hands over.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet

from central.config import Mail
from central.mailing.letter import Letter
from central.mailing.sending import Handed, Outcome, hand_over
from central.notices.digest import Kind
from central.notices.locks import held
from central.notices.models import MailState, Notice
from central.notices.outbox import kept_letter, waiting

log = structlog.get_logger()

LETTER_AGAIN, LETTER_SELDOM = timedelta(seconds=15), timedelta(hours=1)
"""When a mail that its server put off is tried again: after the first, twice that, and so on up to the second."""
SERVER_AGAIN, SERVER_SELDOM = timedelta(seconds=2), timedelta(minutes=5)
"""The same for a server that takes no mail at all. Two mails ask for all."""
BREAKS = 2
"""After so many in a row the server is not asked about any other mail: one strange mail keeps no other back."""
LONG_ENOUGH_S = 60.0
"""After so long one call ends, whatever still waits."""
LONGEST_CALL = timedelta(minutes=10)
"""More than any call takes: instants are reckoned from its beginning."""
PAGE = 100


def send_due(mail: Mail, now: datetime, *, only_it: bool = False) -> int:
    """Hand over what waits; returns how many mails were taken. Nothing happens while another process does it.

    No transaction is open while the server is spoken to. May be killed at any instant. `only_it`: central's clock is
    in doubt; nobody is told anything but IT.
    """
    mails = waiting().filter(kind=Kind.IT_ALERT) if only_it else waiting()
    with held(settings.DATA.outbox_lock) as ours:
        if not ours or not _server_may_be_asked(now) or not mails.exists():
            return 0
        return _Sending(mail, now, mails).play()


class _Sending:
    """One call's conversation with the server."""

    def __init__(self, mail: Mail, now: datetime, mails: QuerySet[Notice]) -> None:
        self._mail, self._now, self._begun = mail, now, time.monotonic()
        self._mails = mails
        self._breaks = 0
        self._claimed: dict[str, Notice] = {}
        self._passed: set[str] = set()
        """Recipients of whom an earlier mail still waits: nothing may overtake it."""

    def play(self) -> int:
        taken = 0
        for handed in hand_over(self._mail, self._letters()):
            taken += handed.outcome is Outcome.TAKEN
            self._breaks = self._breaks + 1 if handed.server_trouble else 0
            self._keep(self._claimed.pop(handed.letter.message_id), handed)
        return taken

    def _letters(self) -> Iterator[Letter]:
        """One after another, each claimed just before it is handed over."""
        last = 0
        while page := list(self._mails.filter(pk__gt=last).order_by("pk")[:PAGE]):
            for notice in page:
                last = notice.pk
                if self._breaks == BREAKS or self._elapsed().total_seconds() > LONG_ENOUGH_S:
                    return
                if self._may_go(notice) and self._claim(notice):
                    yield kept_letter(notice)

    def _may_go(self, notice: Notice) -> bool:
        if notice.recipient.lower() in self._passed:
            return False
        later = is_to_come(notice.next_try_at, LETTER_SELDOM, self._now)
        if later:
            self._passed.add(notice.recipient.lower())
        return not later

    def _claim(self, notice: Notice) -> bool:
        """Say that it is tried before it is: whoever dies in between leaves it in doubt, and waiting."""
        self._claimed[notice.message_id] = notice
        claim = waiting().filter(pk=notice.pk)
        return bool(claim.update(attempts=F("attempts") + 1, tried_at=self._at(), in_doubt=True))

    def _keep(self, notice: Notice, handed: Handed) -> None:
        changes: dict[str, object] = {"last_error": handed.why, "in_doubt": False, "put_off": False}
        match handed.outcome:
            case Outcome.TAKEN:
                changes["sent_at"] = self._at()
            case Outcome.REFUSED:
                changes["refused_at"] = self._at()
                log.error("notice_refused", notice=str(notice.notice_id), to=notice.recipient, why=handed.why)
            case Outcome.TRY_LATER:
                self._passed.add(notice.recipient.lower())
                changes["put_off"] = handed.is_about_recipient
                changes["in_doubt"] = notice.in_doubt or handed.maybe_taken
                changes["next_try_at"] = self._at() + _backoff(notice.attempts, LETTER_AGAIN, LETTER_SELDOM)
                log.warning("notice_put_off", notice=str(notice.notice_id), to=notice.recipient, why=handed.why)
        with transaction.atomic():
            Notice.objects.filter(pk=notice.pk).update(**changes)
            _remember_server(handed, self._at())

    def _elapsed(self) -> timedelta:
        return timedelta(seconds=time.monotonic() - self._begun)

    def _at(self) -> datetime:
        return self._now + self._elapsed()


def _server_may_be_asked(now: datetime) -> bool:
    state = MailState.objects.filter(pk=1).first()
    return state is None or not is_to_come(state.next_try_at, SERVER_SELDOM, now)


def is_to_come(at: datetime | None, longest: timedelta, now: datetime) -> bool:
    """Not when it is further away than anything is put off: central's clock was set back since."""
    return at is not None and now < at <= now + longest + LONGEST_CALL


def _remember_server(handed: Handed, at: datetime) -> None:
    state, _ = MailState.objects.get_or_create(pk=1)
    if handed.server_trouble:
        state.failing_since = state.failing_since or at
        state.next_try_at = at + _backoff(state.failures, SERVER_AGAIN, SERVER_SELDOM)
        state.failures += 1
        state.last_error = handed.why
    else:
        state.failing_since, state.next_try_at, state.failures, state.last_error = None, None, 0, ""
    if handed.outcome is Outcome.TAKEN:
        state.sent_at = at
    state.save()


def _backoff(times: int, first: timedelta, most: timedelta) -> timedelta:
    return min(most, first * (1 << min(times, 20)))
