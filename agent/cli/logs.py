"""Events with key–values as JSON lines: for `run` to stdout or to the journal behind it, else to stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, TextIO

import structlog

from protocol.journal import Journal, is_journal, priority


def to(stream: TextIO, last: list[Any] | None = None, factory: Callable[..., Any] | None = None) -> None:
    """Configure the process's log once, before anything else logs."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Without the values of local variables: one of them may be a camera's password.
            structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
            *(last or [structlog.processors.JSONRenderer()]),
        ],
        logger_factory=factory or structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=True,
    )


def to_stdout(station: str) -> None:
    """JSON lines; under systemd each also with its level, STATION=, BAY=, CAMERA=, EVENT=."""
    if is_journal(sys.stdout, os.environ):
        lines = JournalLines(Journal("dock-agent"), station, sys.stdout)
        to(sys.stdout, [_with_facts], lambda *_: lines)
    else:
        to(sys.stdout)


def to_stderr() -> None:
    to(sys.stderr)


class JournalLines:
    """What structlog calls with a finished event."""

    def __init__(self, journal: Journal, station: str, stream: TextIO) -> None:
        self._journal = journal
        self._station = station
        self._stream = stream

    def msg(self, line: str, facts: dict[str, Any]) -> None:
        level = str(facts.get("level", "info"))
        if not self._journal.send(level, line, {"station": self._station, **facts}):
            print(f"<{priority(level)}>{line}", file=self._stream)

    debug = info = warning = error = exception = critical = fatal = msg


def _with_facts(logger: object, method: str, event: Any) -> tuple[tuple[()], dict[str, Any]]:
    facts = dict(event)
    return (), {"line": structlog.processors.JSONRenderer()(logger, method, event), "facts": facts}
