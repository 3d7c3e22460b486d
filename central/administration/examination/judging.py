"""What was seen, judged. Pure: values in, findings out."""

from __future__ import annotations

import stat
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from central.administration.examination.finding import Finding, note, ok, problem, warning
from central.config import CentralConfig

WORKER_LIMIT_S = 60
SECRETS = ("secret_key", "receipt_key.pem", "central.sqlite3")


def judge_base_url(config: CentralConfig) -> Finding:
    url = config.web.base_url
    if not url:
        return warning(
            "base_url",
            "[web] base_url is not set.",
            "Mails have no links, and cookies are not kept to https.",
            "Set it to the address by which people reach the pages.",
        )
    if url.startswith("http://"):
        return warning(
            "base_url",
            f"Pages are reached by {url}.",
            "Passwords and footage's names cross the network readable.",
            "Put https in front of central and say so in [web] base_url.",
        )
    return ok("base_url", f"Pages are reached by {url}.")


def judge_time_zone(config: CentralConfig) -> Finding:
    if config.web.time_zone == "UTC":
        return note(
            "time_zone",
            "[web] time_zone is UTC.",
            "Local times in roster files are read as UTC, and pages and mails tell UTC.",
            "Set it where the stations are, unless that is meant.",
        )
    return ok("time_zone", f"Local times are those of {config.web.time_zone}.")


@dataclass(frozen=True)
class FileSeen:
    """A file's or folder's name, mode and owner, as `stat` has them."""

    name: str
    mode: int
    owner: int


def judge_keys(folder: FileSeen, files: Sequence[FileSeen]) -> Finding:
    """The folder is its owner's alone, and so is each secret in it."""
    open_ones = [one.name for one in (folder, *files) if stat.S_IMODE(one.mode) & 0o077]
    foreign = [one.name for one in files if one.owner != folder.owner]
    missing = sorted(set(SECRETS) - {one.name for one in files})
    if missing:
        return problem(
            "keys",
            f"Not there: {', '.join(missing)}.",
            "Without its keys central gives no receipt that a station believes.",
            "Restore them from the backup; `dock-central init` would make other ones.",
        )
    if open_ones:
        return problem(
            "keys",
            f"Others of this machine can get at {', '.join(open_ones)}.",
            "Whoever reads the receipt key can sign receipts, and stations erase by receipts.",
            "chmod go= on each; then think about who could have read them.",
        )
    if foreign:
        return problem(
            "keys",
            f"Of another owner than their folder: {', '.join(foreign)}.",
            "The server may not be able to use them.",
            "chown them to the owner of the folder.",
        )
    return ok("keys", "The folder and its secrets are their owner's alone.")


def judge_database(complaints: Sequence[str], *, is_whole: bool) -> Finding:
    """`complaints`: what SQLite's quick check said; `is_whole`: it came to its end."""
    if complaints:
        return problem(
            "database",
            f"SQLite finds {len(complaints)} fault(s): {complaints[0][:120]}.",
            "Rows may be lost. Stations hold their own ledgers, and erase nothing that has no receipt.",
            "Stop central, keep a copy of the whole DIR, and read docs/recovery.md.",
        )
    if not is_whole:
        return note("database", "No fault was found in the time there was.", "The check was not finished.")
    return ok("database", "SQLite's quick check finds no fault.")


def judge_schema(applied: Collection[str], known: Collection[str]) -> Finding:
    missing, foreign = set(known) - set(applied), set(applied) - set(known)
    if foreign:
        return problem(
            "schema",
            f"The database is newer than this program: {', '.join(sorted(foreign)[:3])}.",
            "This program does not know its tables.",
            "Run the newer program, or restore the database of this one.",
        )
    if missing:
        return warning(
            "schema",
            f"{len(missing)} change(s) of the schema are not applied.",
            "The program is newer than the database.",
            "Restart central: `serve` upgrades it.",
        )
    return ok("schema", "The database has this program's schema.")


def judge_disk(free: int, total: int, low: int) -> Finding:
    saw = f"{free / 2**30:.1f} of {total / 2**30:.1f} GiB are free."
    if free < low:
        return problem(
            "disk",
            saw,
            "When it is full, footage stays at the stations.",
            "Add space: central deletes nothing.",
        )
    if free < 2 * low:
        return warning("disk", saw, f"Below {low / 2**30:.0f} GiB it is an alarm.", "Add space.")
    return ok("disk", saw)


def judge_clock(*, is_synchronised: bool) -> Finding:
    if is_synchronised:
        return ok("clock", "The kernel calls its clock synchronised.")
    return warning(
        "clock",
        "The kernel does not call its clock synchronised.",
        "Stations measure theirs against it: nothing is erased by one that seems five minutes off.",
        "Set up time synchronisation here, e.g. chrony.",
    )


@dataclass(frozen=True)
class Sampled:
    """Stored files that were read back."""

    read: int
    stored: int
    bad: tuple[str, ...] = ()
    """Digests of those that are missing or have other bytes."""
    known_bad: int = 0
    """Found bad before, and not replaced since."""


def judge_objects(seen: Sampled) -> Finding:
    if seen.bad or seen.known_bad:
        names = ", ".join(name[:12] for name in seen.bad[:3])
        found = f"{len(seen.bad)} of {seen.read} files that were read back are not what their hash says ({names})"
        parts = [found] if seen.bad else []
        parts += [f"{seen.known_bad} were found bad before"] if seen.known_bad else []
        return problem(
            "objects",
            f"{'; '.join(parts)}.",
            "Receipts were given for them: a station may have erased its copy.",
            "Check the disk, restore those files from the backup, and read docs/recovery.md.",
        )
    if not seen.stored:
        return ok("objects", "No file is stored yet.")
    return ok("objects", f"{seen.read} of {seen.stored} stored files were read back and are what their hash says.")


def judge_worker(*, is_served: bool, age_s: float | None) -> Finding:
    if not is_served and (age_s is None or age_s > WORKER_LIMIT_S):
        return note("worker", "No server runs on this DIR.", "Stations keep what they have; nobody is told anything.")
    if age_s is None or age_s > WORKER_LIMIT_S:
        saw = "has not completed a round" if age_s is None else f"completed its last round {age_s:.0f} s ago"
        return problem(
            "worker",
            f"The server runs, and its alert worker {saw}.",
            "Nobody is told of late cameras or of trouble.",
            "Look for alert_part_failed in central's log; restart it.",
        )
    return ok("worker", f"The alert worker completed a round {age_s:.0f} s ago.")


def judge_told(config: CentralConfig) -> Finding:
    if not config.notices.it_recipients and not config.alarms.webhook:
        return warning(
            "told",
            "Neither [notices] it_recipients nor [alarms] webhook is set.",
            "IT is told of nothing: alarms stand on the page alone.",
            "Name whom to tell.",
        )
    if not config.alarms.ping_url:
        return note(
            "told",
            "[alarms] ping_url is not set.",
            "Nobody outside notices when central itself is dead.",
            "Give it the address of a watchman outside.",
        )
    return ok("told", "IT is told, and a watchman outside watches central.")


def backup_hint() -> Finding:
    return note(
        "backup",
        "Central makes no backup by itself, and cannot see yours.",
        "Its database, keys and objects are the only place of what stations erased.",
        "See that a copy is made and was once restored: docs/recovery.md.",
    )
