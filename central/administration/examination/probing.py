"""Looks at one DIR, and changes nothing in it."""

from __future__ import annotations

import ctypes
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db.backends.sqlite3.base import Database
from django.db.migrations.loader import MigrationLoader

from central.administration.examination import judging
from central.administration.examination.finding import Finding, ok, problem, unseen, warning
from central.administration.examination.judging import SECRETS, FileSeen, Sampled
from central.config import CentralConfig, Mail
from central.custody.object_store import ObjectStore, read_back
from central.data_dir import DataDir
from central.mailing.conversation import CannotBeUsed, Conversation
from central.mailing.sending import sender
from central.mailing.words import why

CHECK_S = 30.0
"""How long the database's check may take, and reading files back."""
NOT_SYNCHRONISED = 5
STEPS_BETWEEN = 100_000


class Examination:
    """Everything to look at, in order."""

    def __init__(self, data: DataDir, config: CentralConfig, now_s: float, sample: int) -> None:
        self._data, self._config, self._now_s, self._sample = data, config, now_s, sample

    def findings(self) -> Iterator[Finding]:
        """Each as soon as it is there, whatever happens."""
        yield ok("configuration", f"{self._data.config} can be used.")
        yield judging.judge_base_url(self._config)
        yield judging.judge_time_zone(self._config)
        probes: dict[str, Callable[[], Finding]] = {
            "keys": self._keys,
            "database": self._database,
            "schema": self._schema,
            "disk": self._disk,
            "clock": _clock,
            "objects": self._objects,
            "worker": self._worker,
            "mail": lambda: probe_mail(self._config.mail),
        }
        for name, probe in probes.items():
            try:
                yield probe()
            except (OSError, Database.Error) as error:
                yield unseen(name, error)
        yield judging.judge_told(self._config)
        yield judging.backup_hint()

    def _keys(self) -> Finding:
        found = [self._data.root / name for name in SECRETS if (self._data.root / name).exists()]
        return judging.judge_keys(_seen(self._data.root), [_seen(path) for path in found])

    def _connect(self) -> Any:
        """Read-only. Where nobody has a WAL database open, SQLite is told so: it would else make files beside it
        that the server, run by another user, could not open."""
        path = self._data.database
        with path.open("rb") as file:
            is_wal = file.read(19)[18:] == b"\x02"
        calm = "&immutable=1" if is_wal and not path.with_name(f"{path.name}-wal").exists() else ""
        return closing(Database.connect(f"file:{quote(str(path))}?mode=ro{calm}", uri=True, timeout=5))

    def _database(self) -> Finding:
        with self._connect() as database:
            ends_at = time.monotonic() + CHECK_S
            database.set_progress_handler(lambda: int(time.monotonic() > ends_at), STEPS_BETWEEN)
            try:
                said = [str(row[0]) for row in database.execute("PRAGMA quick_check")]
            except Database.OperationalError:
                if time.monotonic() > ends_at:
                    return judging.judge_database((), is_whole=False)
                raise
            except Database.DatabaseError as error:
                said = [str(error)]
        return judging.judge_database([] if said == ["ok"] else said, is_whole=True)

    def _schema(self) -> Finding:
        with self._connect() as database:
            applied = {f"{app}.{name}" for app, name in database.execute("SELECT app, name FROM django_migrations")}
        known = MigrationLoader(None).disk_migrations
        return judging.judge_schema(applied, {f"{app}.{name}" for app, name in known})

    def _disk(self) -> Finding:
        usage = shutil.disk_usage(self._data.objects)
        return judging.judge_disk(usage.free, usage.total, self._config.alarms.disk_low)

    def _objects(self) -> Finding:
        with self._connect() as database:
            living = "FROM custody_storedobject WHERE deleted_at IS NULL"
            (stored,) = database.execute(f"SELECT count(*) {living}").fetchone()
            rotten = "SELECT count(*) FROM custody_storedobject WHERE rotten_at IS NOT NULL"
            (known_bad,) = database.execute(rotten).fetchone()
            some = f"SELECT sha256, size {living} AND rotten_at IS NULL ORDER BY random() LIMIT ?"
            wanted = database.execute(some, (self._sample,)).fetchall()
        ends_at, bad, read = time.monotonic() + CHECK_S, [], 0
        for sha256, size in wanted:
            if read and time.monotonic() > ends_at:
                break
            read += 1
            if not _is_good(ObjectStore(self._data).object(sha256), sha256, size):
                bad.append(sha256)
        return judging.judge_objects(Sampled(read, stored, tuple(bad), known_bad))

    def _worker(self) -> Finding:
        try:
            age_s = max(0.0, self._now_s - self._data.last_round.stat().st_mtime)
        except FileNotFoundError:
            age_s = None
        return judging.judge_worker(is_served=_is_held(self._data.serve_lock), age_s=age_s)


def probe_mail(mail: Mail) -> Finding:
    """Greets the mail server and signs in, and sends nothing."""
    if not mail.host:
        return warning(
            "mail", "[mail] host is not set.", "No mail is sent: nobody is told of late cameras.", "Set [mail]."
        )
    try:
        Conversation(mail).close()
    except (OSError, CannotBeUsed) as error:
        return problem(
            "mail",
            f"{why(error, mail, sender(mail), '')}.",
            "Mails wait in the outbox and follow.",
            "Mend it, then try `dock-central mail test ADDRESS`.",
        )
    return ok("mail", f"{mail.host} port {mail.port} answers and lets central in; nothing was sent.")


def _seen(path: Path) -> FileSeen:
    found = path.stat()
    return FileSeen(path.name, found.st_mode, found.st_uid)


def _is_good(path: Path, sha256: str, size: int) -> bool:
    """Raises OSError only when it may not be read: that is this command's want of rights, not the file's fault."""
    try:
        found = read_back(path)
    except PermissionError:
        raise
    except OSError:
        return False
    return (found.sha256, found.size) == (sha256, size)


def _is_held(lock: Path) -> bool:
    """Whether a process holds it. Asked of the kernel's list: to try the lock could keep a server from starting."""
    try:
        inode = lock.stat().st_ino
    except FileNotFoundError:
        return False
    lines = Path("/proc/locks").read_text().splitlines()
    return any(f":{inode} " in line for line in lines)


def _clock() -> Finding:
    """`adjtimex` with nothing to set tells the state of the kernel's clock."""
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(512))
    if state < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return judging.judge_clock(is_synchronised=state != NOT_SYNCHRONISED)
