"""A traceback in the log tells where, and never with what: a local variable may be a password."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import structlog, sys
from agent.cli import logs
logs.to(sys.stdout)
def unlock(password):
    raise RuntimeError("it did not open")
try:
    unlock("hunter2-" + "x" * 3)
except RuntimeError:
    structlog.get_logger().exception("session_failed")
"""


def test_a_traceback_names_the_line_and_no_value() -> None:
    said = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True).stdout
    assert '"session_failed"' in said
    assert "it did not open" in said
    assert "unlock" in said
    assert "hunter2" not in said
