"""Every kind of alarm by its one name, and how it is told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The name in rows, logs, mails, exports and docs/alarms.md. What is graver stands first."""

    CENTRAL_WENT_BACK = "central_went_back"
    FORK = "fork"
    LEDGER_SPOKE_AGAIN = "ledger_spoke_again"
    CENTRAL_CLOCK = "central_clock"
    CENTRAL_DISK_LOW = "central_disk_low"
    SITE_SILENT = "site_silent"
    STATION_SILENT = "station_silent"
    WORKER_STALE = "worker_stale"
    MAIL_FAILING = "mail_failing"
    MAIL_REFUSED = "mail_refused"
    NOBODY_TO_TELL = "nobody_to_tell"
    WEBHOOK_FAILING = "webhook_failing"
    STATION_UNHEALTHY = "station_unhealthy"
    CRASH_LOOP = "crash_loop"
    DISK_LOW = "disk_low"
    DISK_FILLING = "disk_filling"
    TWO_PCS = "two_pcs"
    CREDENTIAL_REFUSED = "credential_refused"
    FLOOD = "flood"
    PROTOCOL_TOO_NEW = "protocol_too_new"
    CLOCK_OFF = "clock_off"
    CHAIN_GAP = "chain_gap"
    PARKED_EVENT = "parked_event"
    BAY_IN_TROUBLE = "bay_in_trouble"
    CAMERA_UNREADABLE = "camera_unreadable"
    QUARANTINED_FILE = "quarantined_file"
    OLDEST_UNRECEIPTED_TOO_OLD = "oldest_unreceipted_too_old"
    NOT_SAFE = "docked_not_safe"
    CAMERA_LOST = "camera_lost"
    DOCK_CHECK = "dock_check"
    CONTEST_OVERDUE = "contest_overdue"
    UNKNOWN_CAMERA = "unknown_camera"
    CREDENTIAL_EXPIRING = "credential_expiring"
    VERSION_TOO_OLD = "version_too_old"
    DRIFT = "drift"
    ROSTER_TOO_OLD = "roster_too_old"
    ROSTER_WAITING = "roster_waiting"
    ROSTER_FOLDER = "roster_folder"


@dataclass(frozen=True)
class Words:
    """How many of one kind are told at once, for a subject line: `3 stations silent`."""

    one: str
    many: str


WORDS = {
    Kind.CENTRAL_WENT_BACK: Words("central was restored", "stations ahead of a restored central"),
    Kind.FORK: Words("fork", "forks"),
    Kind.LEDGER_SPOKE_AGAIN: Words("old ledger spoke again", "old ledgers spoke again"),
    Kind.CENTRAL_CLOCK: Words("central's clock in doubt", "central's clock in doubt"),
    Kind.CENTRAL_DISK_LOW: Words("central's disk low", "central's disk low"),
    Kind.SITE_SILENT: Words("site silent", "sites silent"),
    Kind.STATION_SILENT: Words("station silent", "stations silent"),
    Kind.WORKER_STALE: Words("alert worker in trouble", "alert worker in trouble"),
    Kind.MAIL_FAILING: Words("mail failing", "mail failing"),
    Kind.MAIL_REFUSED: Words("mail refused", "mails refused"),
    Kind.NOBODY_TO_TELL: Words("nobody to tell", "nobody to tell"),
    Kind.WEBHOOK_FAILING: Words("webhook failing", "webhook failing"),
    Kind.STATION_UNHEALTHY: Words("station unhealthy", "stations unhealthy"),
    Kind.CRASH_LOOP: Words("station restarts again and again", "stations restart again and again"),
    Kind.DISK_LOW: Words("disk low", "disks low"),
    Kind.DISK_FILLING: Words("disk filling", "disks filling"),
    Kind.TWO_PCS: Words("two PCs as one station", "stations that are two PCs"),
    Kind.CREDENTIAL_REFUSED: Words("credential refused", "credentials refused"),
    Kind.FLOOD: Words("station floods central", "stations flood central"),
    Kind.PROTOCOL_TOO_NEW: Words("station newer than central", "stations newer than central"),
    Kind.CLOCK_OFF: Words("clock off", "clocks off"),
    Kind.CHAIN_GAP: Words("gap in a ledger", "gaps in ledgers"),
    Kind.PARKED_EVENT: Words("station not understood", "stations not understood"),
    Kind.BAY_IN_TROUBLE: Words("bay in trouble", "bays in trouble"),
    Kind.CAMERA_UNREADABLE: Words("camera unreadable", "cameras unreadable"),
    Kind.QUARANTINED_FILE: Words("camera with files put aside", "cameras with files put aside"),
    Kind.OLDEST_UNRECEIPTED_TOO_OLD: Words("station behind", "stations behind"),
    Kind.NOT_SAFE: Words("camera docked and not safe", "cameras docked and not safe"),
    Kind.CAMERA_LOST: Words("camera lost", "cameras lost"),
    Kind.DOCK_CHECK: Words("dock to look into", "docks to look into"),
    Kind.CONTEST_OVERDUE: Words("contest undecided", "contests undecided"),
    Kind.UNKNOWN_CAMERA: Words("unknown camera", "unknown cameras"),
    Kind.CREDENTIAL_EXPIRING: Words("credential expiring", "credentials expiring"),
    Kind.VERSION_TOO_OLD: Words("version too old", "versions too old"),
    Kind.DRIFT: Words("station set up otherwise", "stations set up otherwise"),
    Kind.ROSTER_TOO_OLD: Words("roster too old", "roster too old"),
    Kind.ROSTER_WAITING: Words("roster waits for a person", "rosters wait for a person"),
    Kind.ROSTER_FOLDER: Words("roster folder unusable", "roster folder unusable"),
}

ENDS_UNTOLD = frozenset(
    {Kind.UNKNOWN_CAMERA, Kind.CAMERA_UNREADABLE, Kind.ROSTER_WAITING, Kind.DOCK_CHECK, Kind.CONTEST_OVERDUE}
)
"""Whose end is no news: it passes with time, or a person at the place has just ended it."""

NOT_BY_MAIL = frozenset({Kind.MAIL_FAILING})
"""Whose beginning no mail can tell. Its end says how long mail was late."""

NOT_BY_WEBHOOK = frozenset({Kind.WEBHOOK_FAILING})


def is_told_at_its_end(kind: str) -> bool:
    return kind not in ENDS_UNTOLD
