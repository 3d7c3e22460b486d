"""Events with key–values as JSON lines: to stdout for `run`, else to stderr."""

from __future__ import annotations

import sys
from typing import TextIO

import structlog


def to(stream: TextIO) -> None:
    """Configure the process's log once, before anything else logs."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=True,
    )


def to_stdout() -> None:
    to(sys.stdout)


def to_stderr() -> None:
    to(sys.stderr)
