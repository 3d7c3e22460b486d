"""The alert worker's process: forked from the server's parent, dies with it, and started again when it dies."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

import structlog
from django.conf import settings
from django.db import connections

from central import clock
from central.alerting.postman import start_postman
from central.alerting.up_since import resume_up_since, still_up

if TYPE_CHECKING:
    from central.alerting.clock_guard import ClockGuard

log = structlog.get_logger()

PAUSE_S = 1.0
"""Between two rounds."""
HANGS_AFTER_S = 900
"""A round that takes so long is hung: the kernel ends the worker, and another one begins anew."""
_PR_SET_PDEATHSIG = 1
_FIRST_OF_THE_SERVER = 3
_MANY_FILES = 4096


class AlertWorker:
    """Promises that a worker runs, as long as `keep` is called every second or so by one and the same process."""

    def __init__(self) -> None:
        self._pid: int | None = None
        self._started = -PAUSE_S
        self._up_since: datetime | None = None

    def keep(self) -> None:
        """Start a worker unless one runs."""
        if self._runs() or time.monotonic() - self._started < PAUSE_S:
            return
        if self._pid is not None:
            log.error("alert_worker_died", pid=self._pid, hint="another one is started; nothing is lost but time")
        self._started = time.monotonic()
        server = os.getpid()
        connections.close_all()  # no database may live across a fork
        self._up_since = self._up_since or resume_up_since(settings.DATA.up_since, clock.now())
        self._pid = os.fork()
        if self._pid == 0:
            _work(server, self._up_since)

    def stop(self) -> None:
        """End the worker and wait until it is gone. It may be ended at any instant."""
        if self._pid is not None:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(self._pid, signal.SIGKILL)
                os.waitpid(self._pid, 0)

    def _runs(self) -> bool:
        if self._pid is None:
            return False
        try:
            os.kill(self._pid, 0)
        except ProcessLookupError:  # the server's parent has reaped it already
            return False
        return True


def _work(server: int, up_since: datetime) -> NoReturn:
    """Round after round until killed. Whatever goes wrong, the server's own code never runs here."""
    try:
        _become_ours(server)
        _rounds(up_since)
    except BaseException as error:
        log.error("alert_worker_failed", error=repr(error), exc_info=True)
    finally:
        os._exit(1)


def _become_ours(server: int) -> None:
    """Die with the server, leave stopping to it, and hold none of its files: neither its port nor the lock of DIR."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server:
        os._exit(1)
    for asked in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(asked, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    os.closerange(_FIRST_OF_THE_SERVER, _MANY_FILES)


def _rounds(up_since: datetime) -> None:
    from central.alerting.clock_guard import ClockGuard  # models: only once Django is set up
    from central.alerting.rounds import Work, play_round

    work = Work(settings.CONFIG, up_since)
    guard = ClockGuard(settings.DATA.clock_in_doubt, settings.CONFIG.stations.offline_after)
    log.info("alert_worker_started", pid=os.getpid())
    start_postman()
    while True:
        signal.alarm(HANGS_AFTER_S)
        now = clock.now()
        if _look_at_the_clock(guard, now):
            up_since = now
            work = Work(settings.CONFIG, up_since)
        still_up(settings.DATA.up_since, up_since)
        if play_round(work, now, _worked_at(up_since), guard.doubt):
            settings.DATA.last_round.touch()
            work.alarms.ping.ping_if_due(now)
        else:
            connections.close_all()
        time.sleep(PAUSE_S)


def _look_at_the_clock(guard: ClockGuard, now: datetime) -> bool:
    """Whether time has another meaning from now on. What cannot be looked at is as it was."""
    from central.alerting.clock_guard import since_boot

    try:
        return guard.look(now, since_boot())
    except Exception as error:
        log.error("alert_part_failed", part="clock", error=repr(error), exc_info=True)
        connections.close_all()
        return False


def _worked_at(up_since: datetime) -> datetime:
    """When a round was completed last; no earlier than central came up, for it could not before."""
    try:
        last = datetime.fromtimestamp(settings.DATA.last_round.stat().st_mtime, UTC)
    except FileNotFoundError:
        return up_since
    return max(last, up_since)
