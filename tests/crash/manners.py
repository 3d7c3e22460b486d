"""The manners in which lives are lived here."""

from __future__ import annotations

import pytest

from tests.crash.station import Manner

IN_TURN = Manner("one step after another", uploads_between=False, stable_keys=True)
OVERLAPPING = Manner(
    "uploads while others are staged, and the largest while it is copied",
    uploads_between=True,
    stable_keys=False,
    follows=2000,
)
PIECE = 1024


def in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of some sectors are handled as large ones are: read and written in blocks, uploaded in chunks, recorded
    one by one."""
    monkeypatch.setattr("agent.pipeline.read_through.BLOCK", PIECE)
    monkeypatch.setattr("agent.pipeline.upload.SMALL_FILE", PIECE)
    monkeypatch.setattr("agent.pipeline.grouped_records.SMALL", PIECE)
    monkeypatch.setattr("agent.pipeline.stage_card.SMALL", PIECE)
