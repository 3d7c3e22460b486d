"""The doors of the agent: what the steps may ask of the world, and what they may rely on.

Every port has one contract suite in `tests/contract/`, which the real adapter and the simulator's double pass.
"""

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
