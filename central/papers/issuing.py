"""Issues a custody record: read, signed and kept in one transaction, with who asked for it and why."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace
from datetime import datetime

import msgspec
import structlog
from django.db import transaction

from central.custody.footage import LONGEST_NUMBER, LONGEST_REASON, SHORTEST_REASON
from central.custody.models import Asset
from central.custody.signing import ReceiptSigner
from central.papers.limits import cannot_show
from central.papers.models import Paper
from central.papers.reading import Desk, Wish, read_record

log = structlog.get_logger()


class NotIssued(Exception):
    """Nothing was kept and nothing signed. The text says why."""


def issue(asset: Asset, wish: Wish, desk: Desk, signer: ReceiptSigner, now: datetime) -> Paper:
    """The record as it stands now, signed. Its files come from `bundle.files_of`, now and later.

    Raises:
        NotIssued: no reason is given, or one that cannot be kept.
    """
    wish = _checked(wish)
    paper_id = uuid.uuid4()
    with transaction.atomic():
        record = read_record(asset, wish, desk, paper_id, now)
        record["cannot_show"] = cannot_show(record)
        content = msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"
        paper = Paper.objects.create(
            paper_id=paper_id,
            at=now,
            by=wish.by[:255],
            roles=";".join(sorted(wish.roles)),
            asset=asset,
            reason=wish.reason,
            request_number=wish.request_number,
            peer=wish.peer[:255],
            sha256=hashlib.sha256(content).hexdigest(),
            content=content.decode(),
            signature=signer.sign(content),
            key_id=signer.key_id,
            public_pem=signer.public_pem.decode(),
        )
    log.info("paper_issued", paper=str(paper_id), by=paper.by, asset=str(asset.pk))
    return paper


def _checked(wish: Wish) -> Wish:
    reason, number = " ".join(wish.reason.split()), " ".join(wish.request_number.split())
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise NotIssued(f"say why in {SHORTEST_REASON} to {LONGEST_REASON} characters; it is kept")
    if len(number) > LONGEST_NUMBER:
        raise NotIssued(f"a request number has {LONGEST_NUMBER} characters at most")
    return replace(wish, reason=reason, request_number=number)
