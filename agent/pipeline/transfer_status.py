"""What `status` tells about uploads."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class UploadNow:
    """One upload in flight."""

    asset_id: UUID
    camera: str
    offset: int
    size: int
    rate: float
    """Bytes per second of its current chunk."""
    eta_s: float | None


@dataclass(frozen=True, slots=True)
class WaitingNow:
    """One asset that sits out a trouble."""

    asset_id: UUID
    camera: str
    reason: str
    attempts: int
    retry_in_s: float


@dataclass(frozen=True, slots=True)
class TransferStatus:
    central: str
    """Empty when central answers; else the trouble's code: `unreachable`, `auth_refused` …"""
    central_message: str
    limit: float | None
    """Bytes per second that the timetable allows now; None: no limit."""
    waiting_files: int
    waiting_bytes: int
    uploading: tuple[UploadNow, ...]
    verifying_files: int
    in_trouble: tuple[WaitingNow, ...]
