"""The alert worker's process: forked from the server's parent, dies with it, and started again when it dies."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from typing import NoReturn

import structlog
from django.conf import settings
from django.db import connections

from central import clock
from central.alerting.postman import start_postman

log = structlog.get_logger()

PAUSE_S = 1.0
"""Between two rounds."""
_PR_SET_PDEATHSIG = 1
_FIRST_OF_THE_SERVER = 3
_MANY_FILES = 4096


class AlertWorker:
    """Promises that a worker runs, as long as `keep` is called every second or so by one and the same process."""

    def __init__(self) -> None:
        self._pid: int | None = None
        self._started = -PAUSE_S

    def keep(self) -> None:
        """Start a worker unless one runs."""
        if self._runs() or time.monotonic() - self._started < PAUSE_S:
            return
        if self._pid is not None:
            log.error("alert_worker_died", pid=self._pid, hint="another one is started; nothing is lost but time")
        self._started = time.monotonic()
        server = os.getpid()
        connections.close_all()  # no database may live across a fork
        self._pid = os.fork()
        if self._pid == 0:
            _work(server)

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


def _work(server: int) -> NoReturn:
    """Round after round until killed. Whatever goes wrong, the server's own code never runs here."""
    try:
        _become_ours(server)
        _rounds()
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
    os.closerange(_FIRST_OF_THE_SERVER, _MANY_FILES)


def _rounds() -> None:
    from central.alerting.rounds import play_round  # models: only once Django is set up
    from central.judging.judge import Judging

    judging = Judging(settings.CONFIG, up_since=clock.now())
    log.info("alert_worker_started", pid=os.getpid())
    start_postman()
    while True:
        now = clock.now()
        if play_round(judging, now):
            settings.DATA.last_round.touch()
        else:
            connections.close_all()
        time.sleep(PAUSE_S)
