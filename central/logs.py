"""Logging as events with keys and values, one JSON object per line."""

from __future__ import annotations

import logging
import os
import sys
from typing import TextIO

from protocol.journal import Journal, is_journal, priority

# structlog imports rich where it is installed, only to draw tracebacks in a terminal: a quarter of a second of every
# command and seven MiB of the server. It is hidden for the moment of this import alone.
_hidden = "rich" not in sys.modules
if _hidden:
    sys.modules["rich"] = None  # type: ignore[assignment]
import structlog  # noqa: E402

if _hidden:
    del sys.modules["rich"]

_SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def set_up_logs(stream: TextIO) -> None:
    """Send every log, Django's and gunicorn's too, to `stream` as JSON."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler: logging.StreamHandler[TextIO] = logging.StreamHandler(stream)
    if is_journal(stream, os.environ):
        handler = JournalHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("django.request").setLevel(logging.ERROR)
    logging.getLogger("django.security.csrf").setLevel(logging.ERROR)


class JournalHandler(logging.StreamHandler[TextIO]):
    """The same JSON lines, straight to the journal: with their level, and EVENT=, STATION= and so on as fields."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._journal = Journal("dock-central")

    def emit(self, record: logging.LogRecord) -> None:
        """Never raises. What the journal does not take goes to the stream, its level in front."""
        facts = record.msg if isinstance(record.msg, dict) else {}
        level = record.levelname.lower()
        try:
            line = self.format(record)
            if not self._journal.send(level, line, facts):
                self.stream.write(f"<{priority(level)}>{line}\n")
                self.flush()
        except Exception:  # noqa: BLE001 - a log line must never end what it tells of
            self.handleError(record)


def set_up_command_logs() -> None:
    """Logs of commands that print something go to stderr; only warnings and worse."""
    set_up_logs(sys.stderr)
    logging.getLogger().setLevel(logging.WARNING)
