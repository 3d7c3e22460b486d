"""Asks central itself what it knows of this station: our own log proves nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

from agent.adapters import credential_file
from agent.adapters.central_api import CentralApi
from agent.adapters.http_session import HttpSession
from agent.adapters.receipt_keys import PinnedKeys
from agent.cli.commissioning.dialogue import Dialogue
from agent.cli.commissioning.label_bays import SKIP
from agent.cli.commissioning.sheet import ReceiptLine
from agent.config import Config
from agent.errors import DockError
from agent.ports import SignedStatement
from agent.rules.footage import Asset

ASK_EVERY_S = 1.0
ASK_WITHIN_S = 15.0
AT_ONCE = 500


class CentralAsked:
    """Central's own words. Close it."""

    def __init__(self, settings: Config) -> None:
        """Raises NeedsOperator: this PC is not enrolled."""
        self.credential = credential_file.read(settings.credential_file)
        self._http = HttpSession(
            settings.central.url,
            verify=settings.central.ca_file or True,
            credential=lambda: credential_file.read(settings.credential_file).token,  # the agent may renew it
            stall_s=ASK_WITHIN_S,
        )
        self._central = CentralApi(self._http, settings.central.url)
        self._keys = PinnedKeys(self.credential.receipt_keys)
        self.asked_at: datetime | None = None
        self.heartbeat_at: datetime | None = None

    def close(self) -> None:
        self._http.close()

    def time_there(self) -> datetime:
        """Central's clock now. Raises DockError."""
        return self._central.heard()[0]

    def wait_for_heartbeat(self, since: datetime, dialogue: Dialogue, wait_s: float) -> bool:
        """Whether central says that it received a heartbeat at or after `since`, both by its own clock.

        Raises:
            Stopped.
        """
        told, until = "", time.monotonic() + wait_s
        while True:
            try:
                self.asked_at, self.heartbeat_at = self._central.heard()
                trouble = ""
            except DockError as error:
                trouble = f"   Central does not say: {error}"
            if self.heartbeat_at is not None and self.heartbeat_at >= since:
                return True
            if trouble and trouble != told:
                dialogue.tell(trouble)
                told = trouble
            if dialogue.typed(ASK_EVERY_S) == SKIP or time.monotonic() > until:
                return False

    def receipts(self, assets: Sequence[Asset]) -> list[ReceiptLine]:
        """Each receipt, with what its signature and the central that stands now say of it.

        Raises:
            DockError: central did not answer.
        """
        lines = []
        for start in range(0, len(assets), AT_ONCE):
            some = [(one, one.receipt) for one in assets[start : start + AT_ONCE] if one.receipt is not None]
            told = self._central.standing_of([(one.asset_id, receipt.receipt_id) for one, receipt in some])
            for (one, receipt), standing in zip(some, told.receipts, strict=True):
                signed = self._keys.is_signed(SignedStatement(receipt.content, receipt.signature, receipt.key_id))
                lines.append(
                    ReceiptLine(
                        receipt_id=str(receipt.receipt_id),
                        asset_id=str(one.asset_id),
                        file=one.path.decode("utf-8", "backslashreplace"),
                        size=receipt.size,
                        sha256=receipt.sha256,
                        signed=signed and receipt.sha256 == one.sha256,
                        stands=standing.stands,
                    )
                )
        return lines
