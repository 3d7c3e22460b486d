"""The agent that runs beside commissioning: found, or started for as long as that lasts."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from agent.adapters import probe_machine
from agent.adapters.process_user import become_owner_of
from agent.cli.commissioning.progress import give_to_owner
from agent.cli.status import look
from agent.config import Config
from agent.errors import NeedsOperator

LOG = "commissioning.log"
STARTS_WITHIN_S = 120.0
RELOADS_WITHIN_S = 20.0
STOPS_WITHIN_S = 15.0
LOOK_S = 0.2
_PR_SET_PDEATHSIG = 1


class AgentBeside:
    """Close it: an agent that was started here ends with it."""

    def __init__(self, settings: Config, file: Path) -> None:
        self._settings = settings
        self._file = file
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def is_ours(self) -> bool:
        """It was started here."""
        return self._child is not None

    def facts(self) -> dict[str, Any]:
        """The running agent's snapshot; empty while none runs."""
        try:
            facts = look(self._settings)
        except NeedsOperator:
            return {}
        return facts if facts["running"] else {}

    def start(self) -> None:
        """An agent in the foreground of this command, as the owner of the state folder. It ends with this process.

        Raises:
            NeedsOperator: it ended at once.
        """
        log = self._settings.state / LOG
        with log.open("ab") as out:
            give_to_owner(self._settings.state, log)
            self._child = subprocess.Popen(
                [sys.executable, "-m", "agent", "run", "--config", str(self._file)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,  # Ctrl-C is for us: we stop it in good order
                preexec_fn=self._prepared,
            )
        until = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < until:
            if self.facts():
                return
            if self._child.poll() is not None:
                self._child = None
                raise NeedsOperator(
                    f"The agent ended at once. The end of its log:\n{_tail(log)}", code="agent_ended", hint=""
                )
            time.sleep(LOOK_S)
        raise NeedsOperator(f"The agent does not say that it works; its log is {log}.", code="agent_ended")

    def reload(self, port: str, label: str) -> str:
        """Let it read its configuration again; why it does not use the label, empty when it does."""
        facts = self.facts()
        if not facts:
            return "the agent does not run; it reads the label when it starts"
        pid = int(facts["pid"])
        if probe_machine.holder_of(self._settings.state / "lock") != pid:
            return "it could not be told for certain which process is the agent: systemctl reload dock-agent"
        try:
            os.kill(pid, signal.SIGHUP)
        except ProcessLookupError:
            return "the agent has just ended; it reads the label when it starts"
        except PermissionError:
            return "this user may not tell the agent: as root, systemctl reload dock-agent"
        until = time.monotonic() + RELOADS_WITHIN_S
        while time.monotonic() < until:
            facts = self.facts()
            if facts and facts["bays_configured"].get(port) == label:
                return ""
            time.sleep(LOOK_S)
        problems = "; ".join(facts.get("config", {}).get("problems", [])) if facts else ""
        return f"the agent refused it: {problems}" if problems else "the agent did not say that it took it over"

    def close(self) -> None:
        """Idempotent."""
        if self._child is None:
            return
        self._child.terminate()
        try:
            self._child.wait(STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._child = None

    def _prepared(self) -> None:
        """In the child: be the owner of the state folder, then end with the parent: a change of user unsets that."""
        become_owner_of(self._settings.state)
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _tail(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").splitlines()[-5:]
    return "\n".join(f"  {line}" for line in lines)
