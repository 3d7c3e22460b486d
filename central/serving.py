"""gunicorn in the foreground: one worker process, many threads, a clean stop."""

# ruff: noqa: ARG001, ARG002 - gunicorn decides what its hooks are given
from __future__ import annotations

import ctypes
import fcntl
import logging
import os
import signal
import socket
import struct
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import TConn, ThreadWorker

from central import this_connection
from central.alerting.worker import AlertWorker
from central.custody.turns import TURNS

log = structlog.get_logger()

THREADS = 64
STOP_WITHIN_S = 15
_PR_SET_PDEATHSIG = 1


class AlreadyServed(Exception):
    """Another process serves this DIR."""


def _without_link(path: str) -> str:
    """Whoever reads the log must not set the password of somebody whose link was opened and not used yet."""
    return "/password/…" if path.startswith("/password/") else path


class EventLogger(Logger):
    """gunicorn's own words as log events."""

    def setup(self, cfg: Any) -> None:
        self.error_log = logging.getLogger("gunicorn.error")
        self.access_log = logging.getLogger("gunicorn.access")
        self.error_log.setLevel(logging.WARNING)

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        log.info(
            "request",
            method=environ.get("REQUEST_METHOD"),
            path=_without_link(environ.get("PATH_INFO") or ""),
            status=int(str(resp.status).split(" ", 1)[0]) if resp.status else None,
            seconds=round(request_time.total_seconds(), 4),
            peer=environ.get("REMOTE_ADDR"),
        )

    def reopen_files(self) -> None:
        """There are no files."""

    def close_on_exec(self) -> None:
        """There are no files."""


class DockWorker(ThreadWorker):
    """Ends uploads that are under way when it is asked to stop: what arrived is committed, and it stops soon."""

    def handle_exit(self, sig: int, frame: Any) -> None:
        super().handle_exit(sig, frame)
        self.method_queue.defer(TURNS.interrupt_all)

    def handle(self, conn: TConn) -> Any:
        """As gunicorn does it, but the up to two seconds of a lingering close are spent in this thread.

        gunicorn would spend them in the one loop that accepts and dispatches: a single client that holds on to a
        finished connection would stop all others.
        """
        keep = super().handle(conn)
        if keep is False:
            conn.close(graceful=True)
            conn.close = _closed_already
        return keep

    def init_signals(self) -> None:
        super().init_signals()
        # Ctrl-C reaches the whole process group; the parent alone decides how to stop.
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _closed_already(graceful: bool = False) -> None:
    """The connection was closed by the thread that served it."""


def _die_with_parent(arbiter: Arbiter, worker: ThreadWorker) -> None:
    """A worker must not outlive a killed parent: it would hold the port and the lock of DIR."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != arbiter.pid:
        os._exit(1)


def _remember_connection(worker: ThreadWorker, request: Any) -> None:
    this_connection.remember(request.force_close)


class DockArbiter(Arbiter):
    """Keeps an alert worker beside the web worker."""

    def __init__(self, app: BaseApplication) -> None:
        super().__init__(app)
        self._alerts = AlertWorker()

    def manage_workers(self) -> None:
        super().manage_workers()
        self._alerts.keep()

    def stop(self, graceful: bool = True) -> None:
        super().stop(graceful)
        self._alerts.stop()


class Server(BaseApplication):
    """Central's web application on one listening address."""

    def __init__(self, listen: str, stall_timeout: timedelta) -> None:
        self._listen = listen
        self._stall = stall_timeout
        super().__init__()

    def load_config(self) -> None:
        chosen = {
            "bind": self._listen,
            "workers": 1,
            "threads": THREADS,
            "worker_connections": 1000,
            "worker_class": DockWorker,
            "logger_class": EventLogger,
            "accesslog": "-",
            "timeout": 120,
            "graceful_timeout": STOP_WITHIN_S,
            "keepalive": 75,
            "control_socket_disable": True,
            "post_fork": _die_with_parent,
            "pre_request": _remember_connection,
            "when_ready": self._ready,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def run(self) -> None:
        try:
            DockArbiter(self).run()
        except RuntimeError as error:
            raise SystemExit(f"dock-central: {error}") from error

    def load(self) -> Any:
        from central.wsgi import application

        return application

    def _ready(self, arbiter: Arbiter) -> None:
        signal.signal(signal.SIGINT, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
        for reload_or_multiply in (signal.SIGHUP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGUSR2):
            signal.signal(reload_or_multiply, signal.SIG_IGN)  # one worker, always: it keeps whose turn it is
        for listener in arbiter.LISTENERS:
            # Accepted sockets inherit it: a client that stalls in its headers or its body frees its thread.
            listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _timeval(self._stall))
            host, port = listener.sock.getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            log.info("central_listening", url=f"http://{shown}:{port}", host=host, port=port, pid=os.getpid())


def _timeval(duration: timedelta) -> bytes:
    return struct.pack("@ll", int(duration.total_seconds()), duration.microseconds)


def take_serve_lock(path: Path) -> None:
    """The lock that keeps one DIR to one server; it is held while this process or its worker lives.

    Raises:
        AlreadyServed: another process holds it.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise AlreadyServed from None


def serve_until_stopped(listen: str, stall_timeout: timedelta) -> None:
    """Serve until SIGTERM or SIGINT."""
    Server(listen, stall_timeout).run()
