"""What travels between the station and a card process: length-prefixed JSON, one request at a time.

request   4 bytes big-endian length, then one of the *Asked structs
answer    any number of `Ticked`, then exactly one other struct
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from agent.ports import EraseOrder, StageOrder
from agent.rules.footage import CardFile, EraseOutcome, Listing, MountedCard, StageOutcome

LENGTH = 4
LARGEST_FRAME = 256 * 1024 * 1024
"""Bytes. A listing of a million entries fits."""


class OpenAsked(msgspec.Struct, tag="open", frozen=True):
    """Work on this mount from now on."""

    card: MountedCard


class ListAsked(msgspec.Struct, tag="list", frozen=True):
    """List the whole card."""


class StageAsked(msgspec.Struct, tag="stage", frozen=True):
    """Copy one file. The station owns the time: `now` was the wall clock at CLOCK_BOOTTIME `boottime_ns`."""

    order: StageOrder
    now: datetime
    boottime_ns: int


class DigestAsked(msgspec.Struct, tag="digest", frozen=True):
    """Hash one file."""

    file: CardFile


class SmallAsked(msgspec.Struct, tag="small", frozen=True):
    """Read the beginning of a small file."""

    path: bytes
    limit: int


class EraseAsked(msgspec.Struct, tag="erase", frozen=True):
    """Unlink one file."""

    order: EraseOrder


class Ticked(msgspec.Struct, tag="tick", frozen=True):
    """Progress was made: bytes of the current file done so far, or None when there is nothing to count."""

    done: int | None = None


class Opened(msgspec.Struct, tag="opened", frozen=True):
    """The volume is the one that was mounted."""


class Listed(msgspec.Struct, tag="listed", frozen=True):
    listing: Listing


class Staged(msgspec.Struct, tag="staged", frozen=True):
    outcome: StageOutcome


class SmallRead(msgspec.Struct, tag="small_read", frozen=True):
    content: bytes | None


class Erased(msgspec.Struct, tag="erased", frozen=True):
    outcome: EraseOutcome


class Failed(msgspec.Struct, tag="failed", frozen=True):
    """An error with its name in `agent.errors`."""

    error: str
    code: str
    message: str


Request = OpenAsked | ListAsked | StageAsked | DigestAsked | SmallAsked | EraseAsked
Answer = Ticked | Opened | Listed | Staged | SmallRead | Erased | Failed

_encoder = msgspec.json.Encoder()
_request: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)
_answer: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)


def encode_frame(frame: Request | Answer) -> bytes:
    body = _encoder.encode(frame)
    return len(body).to_bytes(LENGTH) + body


def decode_request(body: bytes) -> Request:
    """Raises msgspec.DecodeError."""
    return _request.decode(body)


def decode_answer(body: bytes) -> Answer:
    """Raises msgspec.DecodeError."""
    return _answer.decode(body)
