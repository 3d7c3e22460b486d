"""Fills in the acceptance sheet from what was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from agent import __version__
from agent.adapters import probe_disk
from agent.adapters.this_pc import this_pc, versions
from agent.cli.commissioning.central_asked import CentralAsked
from agent.cli.commissioning.label_bays import occupied
from agent.cli.commissioning.progress import Progress
from agent.cli.commissioning.sheet import BayLine, Disk, DockLine, Pc, ReceiptLine, Sheet, missing_of
from agent.cli.commissioning.sheet import Finding as FindingLine
from agent.config import Config
from agent.rules.diagnosis.finding import Finding
from agent.rules.first_dock import FirstDock


def filled_in(
    settings: Config,
    progress: Progress,
    *,
    now: datetime,
    labels: Mapping[str, str],
    facts: Mapping[str, Any],
    findings: Sequence[Finding],
    dock: FirstDock | None,
    receipts: list[ReceiptLine],
    central: CentralAsked,
    heartbeat_is_new: bool,
) -> Sheet:
    """The sheet. `facts`: the running agent's snapshot; `labels`: by port path."""
    has_usb = any(source.kind == "usb" for source in settings.source)
    docked = None if dock is None else _dock(dock, labels, receipts)
    bays = _bays(progress, labels, facts)
    missing = missing_of(
        labels=len(labels),
        unlabelled=[bay.port for bay in bays if not bay.label],
        has_usb=has_usb,
        dock=docked,
        heartbeat_is_new=heartbeat_is_new,
    )
    return Sheet(
        station=settings.station.id,
        complete=not missing,
        missing=missing,
        begun_at=progress.begun_at,
        made_at=now,
        by=progress.by,
        versions={"dock-agent": __version__, **versions()},
        pc=_pc(),
        disk=_disk(settings),
        sources=["USB" if one.kind == "usb" else f"folder {one.path} ({one.presence})" for one in settings.source],
        findings=[FindingLine(name=one.name, severity=one.severity, saw=one.saw) for one in findings],
        bays=bays if has_usb else [],
        dock=docked,
        central=settings.central.url,
        asked_at=central.asked_at,
        heartbeat_at=central.heartbeat_at,
        clock_offset_ms=facts["central"]["clock_offset_ms"] if facts else None,
        enrolled_at=central.credential.enrolled_at,
        receipt_keys=[key.key_id for key in central.credential.receipt_keys],
    )


def _bays(progress: Progress, labels: Mapping[str, str], facts: Mapping[str, Any]) -> list[BayLine]:
    """The configured bays in their order, then those in use that nobody labelled."""
    seen = {bay.port: bay for bay in progress.bays}
    lit = occupied(facts) if facts else {}
    lines = []
    for port, label in labels.items():
        was = seen.get(port)
        camera = (was.camera if was else "") or (lit[port].camera if port in lit else "")
        lines.append(BayLine(port=port, label=label, camera=camera, seen_at=was.seen_at if was else None))
    unlabelled = [bay for port, bay in lit.items() if port not in labels]
    return lines + [BayLine(port=bay.port, label="", camera=bay.camera, seen_at=None) for bay in unlabelled]


def _dock(dock: FirstDock, labels: Mapping[str, str], receipts: list[ReceiptLine]) -> DockLine:
    return DockLine(
        camera=dock.camera,
        bay=labels.get(dock.bay, dock.bay),
        docked_at=dock.docked_at,
        safe_at=dock.safe_at,
        safe_after_s=dock.safe_after_s,
        bytes=dock.size,
        copied_per_s=dock.copied_per_s,
        sent_per_s=dock.sent_per_s,
        receipts=receipts,
    )


def _pc() -> Pc:
    pc = this_pc()
    return Pc(
        hostname=pc.hostname,
        model=pc.model,
        serial=pc.serial,
        system=pc.system,
        kernel=pc.kernel,
        processors=pc.processors,
    )


def _disk(settings: Config) -> Disk:
    spool = settings.state / "spool"
    below = probe_disk.file_system(spool)
    free, total = probe_disk.space(spool)
    return Disk(spool=str(spool), device=below.device, kind=below.kind, free=free, total=total)
