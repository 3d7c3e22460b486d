"""The outbox: a mail is a row before it is handed over, and stays one afterwards.

At least once: an attempt that broke off is made again with the same Message-ID. One process at a time hands over.
"""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet

from central.config import Mail, Web
from central.mailing.letter import Attachment, Letter
from central.mailing.sending import Handed, Outcome, hand_over
from central.notices.locks import held
from central.notices.models import Item, Line, MailState, Notice

log = structlog.get_logger()

LETTER_AGAIN, LETTER_SELDOM = timedelta(seconds=15), timedelta(hours=1)
"""When a mail that its server put off is tried again: after the first, twice that, and so on up to the second."""
SERVER_AGAIN, SERVER_SELDOM = timedelta(seconds=2), timedelta(minutes=5)
"""The same for a server that takes no mail at all. Two mails ask for all."""
BREAKS = 2
"""After so many in a row the server is not asked about any other mail: one strange mail keeps no other back."""
LONG_ENOUGH_S = 60.0
"""After so long one call ends, whatever still waits."""
PAGE = 100
REFUSED_SHOWN = 50
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


@dataclass(frozen=True)
class Said:
    """One camera's line in a notice, and the shifts that it names."""

    kind: str
    camera: str
    shift_ids: tuple[str, ...]
    item: Item | None = None


@dataclass(frozen=True)
class Refused:
    """A mail that will never arrive."""

    notice_id: UUID
    recipient: str
    why: str
    at: datetime


@dataclass(frozen=True)
class Trouble:
    """What keeps mail from flowing. All empty: nothing does."""

    waiting: int = 0
    oldest_due_at: datetime | None = None
    """Of those that wait."""
    failing_since: datetime | None = None
    """The server, or our account at it, has taken no mail since."""
    last_error: str = ""
    refused: tuple[Refused, ...] = ()
    """The latest ones, newest first."""
    unaddressed: int = 0
    """Open items that nobody can be told of: no address is known, not even `it_recipients`."""

    @property
    def server_trouble(self) -> bool:
        return self.failing_since is not None


def message_id(notice_id: UUID, web: Web, mail: Mail) -> str:
    """The mail's name for good: it is kept with the notice, whatever the settings say later."""
    return f"<{notice_id}@{_site(web, mail)}>"


def list_id(web: Web, mail: Mail) -> str:
    """By which people's mail programs sort what comes from this central."""
    return f"dock-notices.{_site(web, mail)}"


def post(
    letter: Letter,
    kind: str,
    *,
    at: datetime,
    due_at: datetime | None = None,
    mode: str = Notice.LIVE,
    shift_ids: tuple[str, ...] = (),
    item: Item | None = None,
    notice_id: UUID | None = None,
    unit: str = "",
    said: Iterable[Said] = (),
) -> Notice:
    """Put a mail into the outbox, in the caller's transaction: once that is committed, the mail will leave.

    `said` names what it says of which camera; without it, `item` and `shift_ids` are what it is about.
    """
    notice_id = notice_id or uuid4()
    config = settings.CONFIG
    notice = Notice.objects.create(
        notice_id=notice_id,
        kind=str(kind),
        mode=mode,
        unit=unit,
        recipient=letter.to,
        created_at=at,
        due_at=due_at or at,
        message_id=letter.message_id or message_id(notice_id, config.web, config.mail),
        in_reply_to=letter.in_reply_to,
        references=list(letter.references),
        list_id=letter.list_id or list_id(config.web, config.mail),
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        attachments=[_as_json(one) for one in letter.attachments],
    )
    about = tuple(said)
    if not about and (shift_ids or item is not None):
        about = (Said(str(kind), item.camera if item else "", shift_ids, item),)
    Line.objects.bulk_create(
        Line(notice=notice, item=one.item, kind=one.kind, camera=one.camera, shift_id=shift_id)
        for one in about
        for shift_id in one.shift_ids or ("",)
    )
    return notice


def waiting() -> QuerySet[Notice]:
    """Mails that the server has not taken yet, and still may."""
    return Notice.objects.filter(mode=Notice.LIVE, sent_at=None, refused_at=None, superseded_at=None)


def supersede(notices: Iterable[Notice], now: datetime) -> list[Notice]:
    """Take back mails that can have reached nobody; returns those that were taken back. Others stay."""
    return [
        one for one in notices if waiting().filter(pk=one.pk, in_doubt=False).update(superseded_at=now, last_error="")
    ]


def send_due(mail: Mail, now: datetime) -> int:
    """Hand over what waits; returns how many mails were taken. Nothing happens while another process does it.

    No transaction is open while the server is spoken to. May be killed at any instant.
    """
    with held(settings.DATA.outbox_lock) as ours:
        if not ours or not _server_may_be_asked(now) or not waiting().exists():
            return 0
        return _Sending(mail, now).play()


def trouble() -> Trouble:
    """What keeps mail from flowing, for those who can do something about it."""
    state = MailState.objects.filter(pk=1).first() or MailState()
    oldest = waiting().order_by("due_at").first()
    refused = Notice.objects.filter(refused_at__isnull=False).order_by("-refused_at")[:REFUSED_SHOWN]
    tried = waiting().exclude(last_error="").order_by("due_at").first()
    return Trouble(
        waiting=waiting().count(),
        oldest_due_at=oldest.due_at if oldest else None,
        failing_since=state.failing_since,
        last_error=state.last_error or (tried.last_error if tried else ""),
        refused=tuple(Refused(one.notice_id, one.recipient, one.last_error, one.refused_at) for one in refused),
        unaddressed=state.unaddressed,
    )


class _Sending:
    """One call's conversation with the server."""

    def __init__(self, mail: Mail, now: datetime) -> None:
        self._mail, self._now, self._begun = mail, now, time.monotonic()
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
        while page := list(waiting().filter(pk__gt=last).order_by("pk")[:PAGE]):
            for notice in page:
                last = notice.pk
                if self._breaks == BREAKS or self._elapsed().total_seconds() > LONG_ENOUGH_S:
                    return
                if self._may_go(notice) and self._claim(notice):
                    yield _letter(notice)

    def _may_go(self, notice: Notice) -> bool:
        if notice.recipient in self._passed:
            return False
        later = notice.next_try_at is not None and notice.next_try_at > self._now
        if later:
            self._passed.add(notice.recipient)
        return not later

    def _claim(self, notice: Notice) -> bool:
        """Say that it is tried before it is: whoever dies in between leaves it in doubt, and waiting."""
        self._claimed[notice.message_id] = notice
        claim = waiting().filter(pk=notice.pk)
        return bool(claim.update(attempts=F("attempts") + 1, tried_at=self._at(), in_doubt=True))

    def _keep(self, notice: Notice, handed: Handed) -> None:
        changes: dict[str, object] = {"last_error": handed.why, "in_doubt": False}
        match handed.outcome:
            case Outcome.TAKEN:
                changes["sent_at"] = self._at()
            case Outcome.REFUSED:
                changes["refused_at"] = self._at()
                log.error("notice_refused", notice=str(notice.notice_id), to=notice.recipient, why=handed.why)
            case Outcome.TRY_LATER:
                self._passed.add(notice.recipient)
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
    return not MailState.objects.filter(pk=1, next_try_at__gt=now).exists()


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


def _letter(notice: Notice) -> Letter:
    return Letter(
        to=notice.recipient,
        subject=notice.subject,
        text=notice.text,
        html=notice.html,
        message_id=notice.message_id,
        in_reply_to=notice.in_reply_to,
        references=tuple(notice.references),
        list_id=notice.list_id,
        attachments=tuple(_from_json(one) for one in notice.attachments),
    )


def _as_json(one: Attachment) -> dict[str, str]:
    content = base64.b64encode(one.content).decode("ascii")
    return {"name": one.name, "content_type": one.content_type, "content": content}


def _from_json(one: dict[str, str]) -> Attachment:
    return Attachment(one["name"], one["content_type"], base64.b64decode(one["content"]))


def _site(web: Web, mail: Mail) -> str:
    """A host name of ours; ASCII, as headers want it."""
    host = urlsplit(web.base_url).hostname or mail.sender.rpartition("@")[2].strip("<> ") or "dock-central.invalid"
    return host if _HOST.fullmatch(host) else "dock-central.invalid"
