"""The outbox: a mail is a row before it is handed over, and stays one afterwards."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db.models import QuerySet

from central.config import Mail, Web
from central.mailing.letter import Attachment, Letter
from central.notices.models import Item, Line, MailState, Notice

log = structlog.get_logger()

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


def kept_letter(notice: Notice) -> Letter:
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
