"""What an acceptance sheet says, as values."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Finding(Struct, kw_only=True, frozen=True):
    """One of `dock-agent doctor`."""

    name: str
    severity: str
    saw: str


class BayLine(Struct, kw_only=True, frozen=True):
    port: str
    label: str
    camera: str
    """What was plugged in when it was labelled or last lit up here; empty when nothing was."""
    seen_at: datetime | None


class ReceiptLine(Struct, kw_only=True, frozen=True):
    receipt_id: str
    asset_id: str
    file: str
    size: int
    sha256: str
    signed: bool
    """Its signature is that of the key which was pinned at enrolment."""
    stands: bool
    """Central, asked again, stands by it and holds the object."""


class DockLine(Struct, kw_only=True, frozen=True):
    """One camera from dock to receipt."""

    camera: str
    bay: str
    docked_at: datetime
    safe_at: datetime
    safe_after_s: float
    bytes: int
    copied_per_s: float | None
    """Bytes a second, from the card into the spool."""
    sent_per_s: float | None
    """Bytes a second, from the spool to a receipt."""
    receipts: list[ReceiptLine]


class Pc(Struct, kw_only=True, frozen=True):
    hostname: str
    model: str
    serial: str
    system: str
    kernel: str
    processors: int


class Disk(Struct, kw_only=True, frozen=True):
    spool: str
    device: str
    kind: str
    free: int
    total: int


class Sheet(Struct, kw_only=True, frozen=True):
    station: str
    complete: bool
    missing: list[str]
    """Why it is not complete, in sentences."""
    begun_at: datetime
    made_at: datetime
    by: str
    versions: dict[str, str]
    pc: Pc
    disk: Disk
    sources: list[str]
    findings: list[Finding]
    bays: list[BayLine]
    dock: DockLine | None
    central: str
    asked_at: datetime | None
    """By central's clock."""
    heartbeat_at: datetime | None
    """When central received this station's latest heartbeat, by central's clock and in its own words."""
    clock_offset_ms: float | None
    """This PC's clock minus central's."""
    enrolled_at: str
    receipt_keys: list[str]


def missing_of(
    *, labels: int, unlabelled: list[str], has_usb: bool, dock: DockLine | None, heartbeat_is_new: bool
) -> list[str]:
    """What keeps a station from being accepted."""
    found = []
    if has_usb and not labels:
        found.append("No bay has a label.")
    if unlabelled:
        found.append(f"Bays in use without a label: {', '.join(unlabelled)}.")
    if dock is None:
        found.append("No camera went from dock to receipt.")
    elif bad := [one for one in dock.receipts if not (one.signed and one.stands)]:
        found.append(f"Central does not stand by {len(bad)} of {len(dock.receipts)} receipts.")
    if not heartbeat_is_new:
        found.append("Central did not say that it received a heartbeat during commissioning.")
    return found
