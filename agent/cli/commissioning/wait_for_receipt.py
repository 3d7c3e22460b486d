"""Follows one camera from dock to receipt."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from agent.cli.commissioning.agent_beside import AgentBeside
from agent.cli.commissioning.dialogue import Dialogue
from agent.cli.commissioning.label_bays import EMPTY, FINISH, LOOK_S, SKIP
from agent.errors import NeedsOperator
from agent.ledger.read import LedgerView
from agent.rules.bay_words import BayState
from agent.rules.diagnosis.finding import size
from agent.rules.first_dock import FirstDock, Underway, first_dock, underway

NEWEST = 2000
"""Assets that are looked at: one camera's, and more."""


class WaitForReceipt:
    """Waits until every new file of one camera has a receipt, and tells how far it is."""

    def __init__(self, view: LedgerView, agent: AgentBeside, dialogue: Dialogue, since: datetime) -> None:
        self._view = view
        self._agent = agent
        self._dialogue = dialogue
        self._since = since
        self._told: set[str] = set()

    def wait(self, wait_s: float) -> FirstDock | None:
        """None: the installer skipped it, or nobody was there and `wait_s` passed.

        Raises:
            Stopped.
            NeedsOperator: the agent runs no more.
        """
        if (done := self._done()) is not None:
            self._dialogue.tell(f"   Camera {done.camera} went from dock to receipt already.")
            return done
        self._dialogue.tell(
            f"Dock one camera with at least one recording and leave it in ({SKIP} and Enter skips this step)."
        )
        until = time.monotonic() + wait_s
        while (done := self._done()) is None:
            facts = self._agent.facts()
            if not facts:
                raise NeedsOperator("The agent does not run any more.", code="agent_ended", hint="See its log.")
            self._tell_progress(facts)
            if self._dialogue.typed(LOOK_S) in (SKIP, FINISH):
                return None
            if self._dialogue.is_alone and time.monotonic() > until:
                self._dialogue.tell(f"   No camera went from dock to receipt within {wait_s:.0f} s.")
                return None
        return done

    def _done(self) -> FirstDock | None:
        sessions = self._view.sessions_since(self._since)
        return first_dock(self._view.newest_assets(NEWEST), sessions, self._since)

    def _tell_progress(self, facts: Mapping[str, Any]) -> None:
        moving = {one.camera: one for one in underway(self._view.newest_assets(NEWEST), self._since)}
        for one in moving.values():
            self._once(_words(one))
        for bay in facts["bays"]:
            if bay["camera"] and bay["camera"] not in moving and bay["says"] == BayState.SAFE_TO_REMOVE.value:
                self._once(_nothing_new(bay))
            elif not bay["camera"] and bay["says"] not in EMPTY:
                self._once(f"   {bay['label']}: {bay['says']}.")
        trouble = facts["central"]["message"] or facts["uploads"]["trouble"]
        if trouble:
            self._once(f"   Central: {trouble}")

    def _once(self, line: str) -> None:
        if line not in self._told:
            self._told.add(line)
            self._dialogue.tell(line)


def _words(one: Underway) -> str:
    told = f"   {one.camera}: {one.files} files, {size(one.size)}; {one.staged} copied, {one.receipted} receipted"
    return f"{told}; needs a person: {', '.join(one.aside)}" if one.aside else told


def _nothing_new(bay: Mapping[str, Any]) -> str:
    camera = bay["camera"]
    why = (
        f"Everything on camera {camera} was receipted before"
        if bay["files"]
        else f"Camera {camera} has nothing on it"
    )
    return f"   {why}. Record ten seconds and dock it again, or take another camera."
