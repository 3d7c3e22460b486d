"""What this station can say of itself at one moment: for `status`, its page, and the heartbeat."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from agent import __version__
from agent.daemon.bay_board import BayBoard, bay_reports
from agent.daemon.bays import Bays
from agent.daemon.loops import Loop
from agent.errors import SpoolBroken
from agent.ledger.read import LedgerView
from agent.pipeline.bench import Board
from agent.pipeline.transfer_status import TransferStatus
from agent.ports import Clock, Ledger, Spool, SpoolSpace
from agent.reporting.heartbeat import Pulse
from agent.reporting.not_seen import Outlook
from agent.reporting.outbox import Outbox
from agent.rules.bay_words import BayState
from agent.rules.not_seen import RosterShift
from protocol.messages import BayReport, ClockReading, Heartbeat, LedgerHead


def gather_heartbeat(
    sequence: int,
    *,
    clock: Clock,
    ledger: Ledger,
    spool: Spool,
    bays: Bays,
    loops: Callable[[], list[Loop]],
    view: LedgerView,
    started_ns: int,
    config_digest: str,
    profiles_digest: str,
    ages_s: Mapping[str, float] | None = None,
    credential_days: float | None = None,
) -> Heartbeat:
    """The heartbeat with every field of `protocol.messages.Heartbeat`. Every figure is read now.

    `ages_s`: of other workers than the loops. It is made whatever stands still: with a disk of size 0 when the
    spool's cannot be asked.
    """
    now = clock.now()
    watch = bays.watch()
    head = ledger.head()
    try:
        space = spool.space()
    except SpoolBroken:
        space = SpoolSpace(0, 0, 0)
    queue = view.queue()
    roster_at = ledger.note("roster_at")
    return Heartbeat(
        sequence=sequence,
        version=__version__,
        at=ClockReading(
            wall=now.wall,
            monotonic_ns=now.monotonic_ns,
            boot_id=now.boot_id,
            offset_ms=now.offset_ms,
            uncertainty_ms=now.uncertainty_ms,
        ),
        uptime_s=(now.monotonic_ns - started_ns) / 1e9,
        loop_ages_s={
            name: round(age_s, 1)
            for name, age_s in {**{loop.name: loop.age_s for loop in loops()}, **(ages_s or {})}.items()
        },
        bays=[
            BayReport(bay=board.bay, label=board.bay_label, state=says.value, camera=board.camera or None)
            for board, says in bay_reports(bays)
        ],
        queue_files=queue.files,
        queue_bytes=queue.size,
        oldest_unreceipted_at=queue.oldest_unreceipted_at,
        disk_free=space.free,
        disk_total=space.total,
        head=LedgerHead(ledger_uuid=ledger.uuid, number=head.number, hash=head.hash.hex()) if head else None,
        watched_until=watch.told,
        watched_event=watch.event,
        config_digest=config_digest,
        profiles_digest=profiles_digest,
        roster_age_s=(now.wall - datetime.fromisoformat(roster_at)).total_seconds() if roster_at else None,
        credential_days=credential_days,
    )


def stamp(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z") if instant else None


def snapshot(
    *,
    station: str,
    clock: Clock,
    bays: Bays,
    spool: Spool,
    outbox: Outbox,
    pulse: Pulse,
    loops: list[Loop],
    view: LedgerView,
    transfer: TransferStatus,
    not_seen: Outlook,
    board: BayBoard,
) -> dict[str, object]:
    """The same facts as JSON values, for people and machines at the station."""
    space = spool.space()
    now = clock.now()
    reports = bay_reports(bays)
    facts = ledger_facts(view)
    return {
        "station": station,
        "version": __version__,
        "at": stamp(now.wall),
        "bays": [_bay(card, says) for card, says in reports],
        "board": board.content(
            reports,
            pulse=pulse,
            transfer=transfer,
            space=space,
            waiting=facts["queue"]["files"],
            bays_age_s=next((loop.age_s for loop in loops if loop.name == "bays"), 0.0),
            deaf_s=bays.deaf_s(),
        ),
        "central": {
            "reachable": pulse.store_epoch is not None,
            "store_epoch": pulse.store_epoch,
            "trouble": pulse.trouble.code if pulse.trouble else None,
            "message": str(pulse.trouble) if pulse.trouble else None,
            "events_unsent": outbox.unsent,
            "events_parked": pulse.parked_events,
            "clock_offset_ms": now.offset_ms,
        },
        "uploads": _uploads(transfer),
        "spool": {"free": space.free, "total": space.total, "min_free": space.min_free},
        "loops": {loop.name: {"age_s": round(loop.age_s, 1), "trouble": loop.trouble or None} for loop in loops},
        **not_seen_facts(not_seen, now.wall),
        **facts,
    }


def _bay(card: Board, says: BayState) -> dict[str, object]:
    return {
        "bay": card.bay,
        "label": card.bay_label,
        "says": says.value,
        "camera": card.camera or None,
        "docked_at": stamp(card.seen_at),
        "doing": card.doing or None,
        "file": card.file or None,
        "file_done": card.file_done,
        "file_size": card.file_size,
        "files": card.files_total,
        "bytes": card.bytes_total,
        "bytes_copied": card.bytes_copied,
        "not_copied": card.view.not_copied,
        "note": card.note or None,
    }


def _uploads(transfer: TransferStatus) -> dict[str, object]:
    return {
        "trouble": transfer.central_message or None,
        "limit_bytes_per_s": transfer.limit,
        "waiting_files": transfer.waiting_files,
        "waiting_bytes": transfer.waiting_bytes,
        "verifying_files": transfer.verifying_files,
        "now": [
            {
                "asset": str(one.asset_id),
                "camera": one.camera,
                "offset": one.offset,
                "size": one.size,
                "bytes_per_s": round(one.rate),
                "eta_s": one.eta_s,
            }
            for one in transfer.uploading
        ],
        "in_trouble": [
            {
                "asset": str(one.asset_id),
                "camera": one.camera,
                "reason": one.reason,
                "attempts": one.attempts,
                "retry_in_s": round(one.retry_in_s, 1),
            }
            for one in transfer.in_trouble
        ],
    }


def not_seen_facts(outlook: Outlook, now: datetime) -> dict[str, object]:
    """The roster and its age; what would be reported of it at the next deadlines, and what was."""
    roster = outlook.roster
    confirmed_at = roster.confirmed_at if roster else None
    return {
        "roster": roster
        and {
            "confirmed_at": stamp(confirmed_at),
            "age_s": (now - confirmed_at).total_seconds() if confirmed_at else None,
            "shifts": len(roster.shifts),
            "policy_revision": roster.policy_revision,
        },
        "not_seen": {
            "awaited": [_shift(shift) for shift in outlook.awaited],
            "reported": [{**_shift(shift), "docked_at": stamp(docked)} for shift, docked in outlook.reported],
        },
    }


def _shift(shift: RosterShift) -> dict[str, object]:
    return {
        "shift": shift.shift_id,
        "camera": shift.camera,
        "ended_at": stamp(shift.ends_at),
        "deadline_at": stamp(shift.deadline_at),
    }


def ledger_facts(view: LedgerView) -> dict[str, Any]:
    """What the ledger alone can tell, also while no agent runs."""
    queue = view.queue()
    return {
        "assets": {state.value: count for state, count in view.counts().items()},
        "queue": {
            "files": queue.files,
            "bytes": queue.size,
            "oldest_unreceipted_at": stamp(queue.oldest_unreceipted_at),
        },
        "quarantined": [
            {
                "asset": str(asset.asset_id),
                "camera": asset.camera,
                "path": asset.path.decode("utf-8", "backslashreplace"),
                "size": asset.size,
                "reason": asset.reason,
            }
            for asset in view.quarantined(limit=50)
        ],
        "ledger": _ledger(view),
        "fork": view.note("fork"),
        "follows": view.note("follows"),
        "central_went_back": central_went_back(view),
        "events_withheld": (view.note("withheld") or "").splitlines(),
    }


def _ledger(view: LedgerView) -> dict[str, object]:
    identity = view.identity()
    return {
        "uuid": str(identity.uuid),
        "created_at": stamp(identity.created_at),
        "rebuilt": identity.rebuilt,
        "rebuilt_because": view.note("predecessor_why"),
        "ended": view.note("ended"),
    }


def central_went_back(view: LedgerView) -> bool:
    """Central was restored from a copy, and its epoch, as we last heard it, does not say so yet."""
    noted, epoch = view.note("central_went_back"), view.note("store_epoch")
    return noted is not None and epoch is not None and int(epoch) <= int(noted)
