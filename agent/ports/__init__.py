"""The doors of the agent: what the steps may ask of the world, and what they may rely on.

Every port has one contract suite in `tests/contract/`, which the real adapter and the simulator's double pass.

Each door is loaded when it is first asked for: a card process needs two of them, and is started for every camera that
is docked. Loading them all took a third of its memory and most of its start.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.ports.card import Card, CardReader, SpoolCopy, SpoolDisk
    from agent.ports.card_work import CardWork, EraseOrder, Progress, StageOrder
    from agent.ports.central import (
        MOST_RECEIPTS,
        Central,
        FootageStore,
        Hashing,
        HeartbeatReply,
        Mismatch,
        Pace,
        ReceiptKeys,
        ReceiptStanding,
        SignedStatement,
        Standing,
        UnknownAsset,
        UploadIntent,
        UploadState,
        VerifyAnswer,
    )
    from agent.ports.clock import Clock
    from agent.ports.credential import CredentialBook
    from agent.ports.devices import DeviceSource, Mounter, SourceEvent, Truth
    from agent.ports.ledger import Ledger, StoredEvent
    from agent.ports.spool import Spool, SpooledFile, SpoolSpace
    from agent.ports.unlock import CameraSays, LockedCamera, Password, Unlocker
else:

    def __getattr__(name: str) -> object:
        door = _DOOR_OF.get(name)
        if door is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(f"{__name__}.{door}"), name)
        return found


_DOOR_OF = {
    **dict.fromkeys(
        (
            "Card",
            "CardReader",
            "SpoolCopy",
            "SpoolDisk",
        ),
        "card",
    ),
    **dict.fromkeys(
        (
            "CardWork",
            "EraseOrder",
            "Progress",
            "StageOrder",
        ),
        "card_work",
    ),
    **dict.fromkeys(
        (
            "MOST_RECEIPTS",
            "Central",
            "FootageStore",
            "Hashing",
            "HeartbeatReply",
            "Mismatch",
            "Pace",
            "ReceiptKeys",
            "ReceiptStanding",
            "SignedStatement",
            "Standing",
            "UnknownAsset",
            "UploadIntent",
            "UploadState",
            "VerifyAnswer",
        ),
        "central",
    ),
    **dict.fromkeys(("Clock",), "clock"),
    **dict.fromkeys(("CredentialBook",), "credential"),
    **dict.fromkeys(
        (
            "DeviceSource",
            "Mounter",
            "SourceEvent",
            "Truth",
        ),
        "devices",
    ),
    **dict.fromkeys(
        (
            "Ledger",
            "StoredEvent",
        ),
        "ledger",
    ),
    **dict.fromkeys(
        (
            "Spool",
            "SpooledFile",
            "SpoolSpace",
        ),
        "spool",
    ),
    **dict.fromkeys(
        (
            "CameraSays",
            "LockedCamera",
            "Password",
            "Unlocker",
        ),
        "unlock",
    ),
}

__all__ = [
    "MOST_RECEIPTS",
    "CameraSays",
    "Card",
    "CardReader",
    "CardWork",
    "Central",
    "Clock",
    "CredentialBook",
    "DeviceSource",
    "EraseOrder",
    "FootageStore",
    "Hashing",
    "HeartbeatReply",
    "Ledger",
    "LockedCamera",
    "Mismatch",
    "Mounter",
    "Pace",
    "Password",
    "Progress",
    "ReceiptKeys",
    "ReceiptStanding",
    "SignedStatement",
    "SourceEvent",
    "Spool",
    "SpoolCopy",
    "SpoolDisk",
    "SpoolSpace",
    "SpooledFile",
    "StageOrder",
    "Standing",
    "StoredEvent",
    "Truth",
    "UnknownAsset",
    "Unlocker",
    "UploadIntent",
    "UploadState",
    "VerifyAnswer",
]
