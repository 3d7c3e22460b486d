"""Labels bays: the installer plugs one camera into each, and the bay that lights up gets its label."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent.adapters.config_file import ConfigFile
from agent.cli.commissioning.agent_beside import AgentBeside
from agent.cli.commissioning.dialogue import Dialogue
from agent.cli.commissioning.progress import SeenBay
from agent.config import Config
from agent.errors import NeedsOperator, Refused
from agent.rules.bay_labels import label_problem, lit_up, next_label, port_problem
from agent.rules.bay_words import BayState
from agent.rules.labelled_toml import with_label

LOOK_S = 0.3
NAMED_WITHIN_S = 20.0
"""How long a bay that lit up is given to say which camera it is."""
EMPTY = frozenset({BayState.FREE.value, BayState.PUT_BACK.value})
NOT_YET = BayState.IDENTIFYING.value
SKIP, FINISH = "s", "f"
HOW = (
    "Plug one camera into one bay after the other, in the order of their numbers. Each bay that lights up is named",
    "here and gets its label. Then pull the camera again at any time: what is not copied yet stays on it.",
    f"Keys, each with Enter: {SKIP} skips the bay that lit up, {FINISH} finishes the bays. Ctrl-C stops; the same",
    "command goes on from there.",
)


@dataclass(frozen=True, slots=True)
class Lit:
    """A USB bay that holds something."""

    port: str
    camera: str
    says: str


class BayLabels:
    """The labels of this station's bays, in its configuration and in its running agent."""

    def __init__(
        self, file: ConfigFile, settings: Config, agent: AgentBeside, dialogue: Dialogue, now: Callable[[], datetime]
    ) -> None:
        self.labels: dict[str, str] = dict(settings.bays)
        self._file = file
        self._agent = agent
        self._dialogue = dialogue
        self._now = now

    def write(self, port: str, label: str) -> None:
        """Into the configuration, durably, then into the running agent.

        Raises:
            Refused, NeedsOperator: nothing was written.
        """
        if problem := port_problem(port) or label_problem(label, port, self.labels):
            raise Refused(f"{port} cannot be {label!r}: {problem}.")
        seen = self._file.text()
        try:
            text = with_label(seen, port, label)
        except ValueError as error:
            raise Refused(f"{self._file.path} cannot be added to: {error}.") from error
        if text != seen:
            self._file.replace(seen, text)
        self.labels[port] = label
        self._dialogue.tell(f'   written: "{port}" = "{label}"')
        if trouble := self._agent.reload(port, label):
            self._dialogue.tell(f"   The label is in {self._file.path}, but {trouble}.")

    def walk(self, keep: Callable[[SeenBay], None], *, wanted: int, wait_s: float) -> None:
        """Until the installer finishes; with nobody there, until `wanted` bays got a label or `wait_s` passed without
        one. `keep` is told of every bay that was seen with its label.

        Raises:
            Stopped, Refused, NeedsOperator: every label given so far stays.
        """
        self._dialogue.tell(*HOW)
        before = self._occupied()
        self._tell_what_is_there(before)
        done, until = 0, time.monotonic() + wait_s
        while not (self._dialogue.is_alone and (done >= wanted or time.monotonic() > until)):
            now = self._occupied()
            for port in lit_up(before, now):
                if (seen := self._lit(self._named(port, now[port]))) is None:
                    return
                if seen.label:
                    keep(seen)
                    done, until = done + 1, time.monotonic() + wait_s
            before = now
            if self._dialogue.typed(LOOK_S) == FINISH:
                return

    def _tell_what_is_there(self, there: Mapping[str, Lit]) -> None:
        for port, label in self.labels.items():
            self._dialogue.tell(f"   {port} is {label} already.")
        if open_ports := [port for port in there if port not in self.labels]:
            self._dialogue.tell(
                f"   Plugged in already and without a label: {', '.join(open_ports)}. Nobody can see which bay that "
                "is: take the camera out and put it back."
            )

    def _lit(self, bay: Lit) -> SeenBay | None:
        """One bay that lit up; without a label when it was skipped, None when the installer is through."""
        self._dialogue.tell("", f"   {bay.port} lights up: {_holds(bay)}.")
        known = self.labels.get(bay.port)
        if known:
            self._dialogue.tell(f"   This is {known}. Enter keeps it.")
        while True:
            default = known or next_label(self.labels.values())
            answer = self._dialogue.ask("   Label", default)
            if answer == FINISH:
                return None
            if answer == SKIP:
                return SeenBay(port=bay.port, label="")
            if problem := label_problem(answer, bay.port, self.labels):
                self._dialogue.tell(f"   {problem}.")
                continue
            if answer != known:
                self.write(bay.port, answer)
            self._dialogue.tell(f"   {answer} is done. The next bay, please.")
            return SeenBay(port=bay.port, label=answer, camera=bay.camera, seen_at=self._now())

    def _named(self, port: str, seen: Lit) -> Lit:
        """The bay as soon as it says whom it holds."""
        until = time.monotonic() + NAMED_WITHIN_S
        while not seen.camera and seen.says == NOT_YET and time.monotonic() < until:
            time.sleep(LOOK_S)
            seen = self._occupied().get(port, seen)
        return seen

    def _occupied(self) -> dict[str, Lit]:
        """Raises NeedsOperator: the agent runs no more."""
        facts = self._agent.facts()
        if not facts:
            raise NeedsOperator(
                "The agent does not run any more.",
                code="agent_ended",
                hint="See its log, start it, and run this again: bays that have a label keep it.",
            )
        return occupied(facts)


def occupied(facts: Mapping[str, Any]) -> dict[str, Lit]:
    """Every USB bay that holds something, by its port path."""
    return {
        bay["bay"]: Lit(bay["bay"], bay["camera"] or "", bay["says"])
        for bay in facts["bays"]
        if not port_problem(bay["bay"]) and bay["says"] not in EMPTY
    }


def _holds(bay: Lit) -> str:
    return f"camera {bay.camera}" if bay.camera else f"no camera that could be read ({bay.says})"
