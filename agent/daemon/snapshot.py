"""What this station can say of itself at one moment: for `status`, its page, and the heartbeat."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from agent import __version__
from agent.daemon.bays import Bays
from agent.daemon.loops import Loop
from agent.ledger.read import LedgerView
from agent.pipeline.bench import Board
from agent.pipeline.transfer_status import TransferStatus
from agent.ports import Clock, Ledger, Spool
from agent.reporting.heartbeat import Pulse
from agent.reporting.not_seen import Outlook
from agent.reporting.outbox import Outbox
from agent.rules.bay_words import BayState, BayView, bay_says
from agent.rules.not_seen import RosterShift
from protocol.messages import BayReport, ClockReading, Heartbeat, LedgerHead


def bay_reports(bays: Bays) -> list[tuple[Board, BayState]]:
    """Every bay that holds a camera, or whose last camera was pulled too early."""
    there = [(board, bay_says(board.view)) for board in bays.boards()]
    occupied = {board.bay for board, _ in there}
    gone = [
        (board, bay_says(BayView(occupied=False, left_behind=left)))
        for bay, (board, left) in bays.left_behind().items()
        if bay not in occupied
    ]
    return sorted(there + gone, key=lambda pair: pair[0].bay)


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
) -> Heartbeat:
    """The heartbeat with every field of `protocol.messages.Heartbeat`. Every figure is read now."""
    now = clock.now()
    watch = bays.watch()
    head = ledger.head()
    space = spool.space()
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
        loop_ages_s={loop.name: round(loop.age_s, 1) for loop in loops()},
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
) -> dict[str, object]:
    """The same facts as JSON values, for people and machines at the station."""
    space = spool.space()
    now = clock.now()
    return {
        "station": station,
        "version": __version__,
        "at": stamp(now.wall),
        "bays": [
            {
                "bay": board.bay,
                "label": board.bay_label,
                "says": says.value,
                "camera": board.camera or None,
                "docked_at": stamp(board.seen_at),
                "doing": board.doing or None,
                "file": board.file or None,
                "file_done": board.file_done,
                "file_size": board.file_size,
                "files": board.files_total,
                "bytes": board.bytes_total,
                "bytes_copied": board.bytes_copied,
                "not_copied": board.view.not_copied,
                "note": board.note or None,
            }
            for board, says in bay_reports(bays)
        ],
        "central": {
            "reachable": pulse.store_epoch is not None,
            "store_epoch": pulse.store_epoch,
            "trouble": pulse.trouble.code if pulse.trouble else None,
            "message": str(pulse.trouble) if pulse.trouble else None,
            "events_unsent": outbox.unsent,
            "events_parked": pulse.parked_events,
            "clock_offset_ms": now.offset_ms,
        },
        "uploads": {
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
        },
        "spool": {"free": space.free, "total": space.total, "min_free": space.min_free},
        "loops": {loop.name: {"age_s": round(loop.age_s, 1), "trouble": loop.trouble or None} for loop in loops},
        **not_seen_facts(not_seen, now.wall),
        **ledger_facts(view),
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


def ledger_facts(view: LedgerView) -> dict[str, object]:
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
        "central_went_back": _went_back(view),
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


def _went_back(view: LedgerView) -> bool:
    """Central was restored from a copy, and its epoch, as we last heard it, does not say so yet."""
    noted, epoch = view.note("central_went_back"), view.note("store_epoch")
    return noted is not None and epoch is not None and int(epoch) <= int(noted)
