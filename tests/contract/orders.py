"""Orders as the station gives them to card work."""

from __future__ import annotations

from uuid import uuid4

from agent.ports import StageOrder
from agent.rules.footage import CardFile
from protocol.sidecar import Sidecar, encode_path, encode_sidecar


def order_for(file: CardFile, **more: object) -> StageOrder:
    """Copy this file as a new asset of camera BWC1."""
    asset_id = uuid4()
    draft = Sidecar(
        asset_id=asset_id,
        station="east-1",
        ledger_uuid=uuid4(),
        camera="BWC1",
        path_b64=encode_path(file.path),
        size=file.size,
        mtime_ns=file.mtime_ns,
        kind="video",
    )
    return StageOrder(asset_id, file, encode_sidecar(draft), **more)  # type: ignore[arg-type]
