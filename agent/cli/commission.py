"""`dock-agent commission`: walks an installer through what a station must show before it counts."""

from __future__ import annotations

import argparse
import contextlib
import getpass
import os
import signal
import sys
from pathlib import Path
from types import FrameType

import msgspec

from agent import config
from agent.adapters.config_file import ConfigFile
from agent.adapters.system_clock import SystemClock
from agent.cli import doctor
from agent.cli.arguments import EXIT_FINDINGS
from agent.cli.commissioning import progress
from agent.cli.commissioning.agent_beside import AgentBeside
from agent.cli.commissioning.central_asked import CentralAsked
from agent.cli.commissioning.dialogue import Dialogue, Stopped
from agent.cli.commissioning.filling_in import filled_in
from agent.cli.commissioning.label_bays import BayLabels
from agent.cli.commissioning.sheet import Sheet
from agent.cli.commissioning.sheet_html import as_html
from agent.cli.commissioning.sheet_text import as_text
from agent.cli.commissioning.wait_for_receipt import WaitForReceipt
from agent.errors import NeedsOperator, Refused
from agent.ledger.read import LedgerView
from agent.rules.diagnosis.finding import Finding, Severity

EXIT_STOPPED = 130
SHEETS = "acceptance"
HEARTBEATS = 3
"""So many intervals is central given to say that it heard the station."""


def main(arguments: argparse.Namespace) -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # a shell's background job begins deaf to the first
        signal.signal(number, _leave)
    if sys.stdin is None and not arguments.yes:
        raise Refused("Nobody can be asked: there is no input.", hint="Run it in a terminal, or with --yes.")
    dialogue = Dialogue(None if arguments.yes else sys.stdin.fileno())
    findings = _doctor(arguments.config, dialogue)
    if any(finding.severity is Severity.PROBLEM for finding in findings):
        dialogue.tell("", "Mend what is marked ✗, then run this again. Nothing was changed.")
        return EXIT_FINDINGS
    with contextlib.ExitStack() as stack:
        walk = Walk(arguments, dialogue, findings, stack)
        try:
            sheet = walk.through()
        except (KeyboardInterrupt, Stopped):
            kept = len(walk.labels.labels)
            dialogue.tell("", f"Stopped. {kept} bays have a label and keep it. Run the same command again to go on.")
            return EXIT_STOPPED
    sys.stdout.write(msgspec.json.encode(sheet).decode() + "\n" if arguments.json else as_text(sheet))
    return 0 if sheet.complete else EXIT_FINDINGS


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _doctor(file: Path, dialogue: Dialogue) -> list[Finding]:
    """Raises ConfigError."""
    dialogue.head("1 of 4: doctor")
    findings = []
    for _, finding in doctor.look(file):
        findings.append(finding)
        dialogue.tell(doctor.shown(finding))
    return findings


class Walk:
    """The steps after doctor, each of which can be stopped and taken up again."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        dialogue: Dialogue,
        findings: list[Finding],
        stack: contextlib.ExitStack,
    ) -> None:
        """Raises DockError: this user may not do what it needs, or the PC is not enrolled."""
        self._arguments = arguments
        self._dialogue = dialogue
        self._findings = findings
        self.settings = config.load(arguments.config)
        self._clock = SystemClock()
        self._file = ConfigFile(arguments.config)
        self._refuse_without_rights()
        self._progress = progress.taken_up(self.settings.state, self._clock.now().wall)
        self._central = CentralAsked(self.settings)
        stack.callback(self._central.close)
        self._agent = AgentBeside(self.settings, arguments.config)
        stack.callback(self._agent.close)
        self.labels = BayLabels(self._file, self.settings, self._agent, dialogue, lambda: self._clock.now().wall)

    def through(self) -> Sheet:
        """Every step; the sheet, written.

        Raises:
            Stopped, DockError: what was done stays done.
        """
        since = self._central.time_there()
        self._name_installer()
        self._begin_agent()
        self._label_bays()
        with LedgerView(self.settings.state / "ledger.db") as view:
            self._dialogue.head("3 of 4: from dock to receipt")
            waiting = WaitForReceipt(view, self._agent, self._dialogue, self._progress.begun_at)
            dock = waiting.wait(self._arguments.wait)
        receipts = [] if dock is None else self._central.receipts(dock.assets)
        self._dialogue.head("4 of 4: heartbeat at central")
        patience_s = HEARTBEATS * self.settings.heartbeat.interval
        heard = self._central.wait_for_heartbeat(since, self._dialogue, patience_s)
        self._dialogue.tell(
            "   Central heard this station." if heard else "   Central does not say that it heard it."
        )
        now = self._clock.now().wall
        sheet = filled_in(
            self.settings,
            self._progress,
            now=now,
            labels=self.labels.labels,
            facts=self._agent.facts(),
            findings=self._findings,
            dock=dock,
            receipts=receipts,
            central=self._central,
            heartbeat_is_new=heard,
        )
        self._write(sheet)
        if sheet.complete:
            self._keep(msgspec.structs.replace(self._progress, finished_at=now))
        if self._agent.is_ours:
            self._dialogue.tell("The agent that was started here ends now: systemctl enable --now dock-agent")
        return sheet

    # --- steps ----------------------------------------------------------------------------------------

    def _name_installer(self) -> None:
        by = self._arguments.by or self._progress.by
        if not by:
            by = self._dialogue.ask("Your name, for the sheet", os.environ.get("SUDO_USER") or getpass.getuser())
        self._keep(msgspec.structs.replace(self._progress, by=by))

    def _begin_agent(self) -> None:
        if self._agent.facts():
            return
        self._dialogue.tell("", "No agent runs here. Starting one for as long as this lasts …")
        self._agent.start()

    def _label_bays(self) -> None:
        self._dialogue.head("2 of 4: bays")
        for port, label in self._arguments.label:
            if self.labels.labels.get(port) != label:
                self.labels.write(port, label)
            self._keep(self._progress.with_bay(progress.SeenBay(port=port, label=label)))
        if not self._has_usb:
            self._dialogue.tell("Cameras come as folders, each called after its camera: there is no bay to label.")
            return
        if self._dialogue.is_alone and not self._arguments.bays:
            self._dialogue.tell("Nobody is there to plug cameras in: labels stay as they are.")
            return
        self.labels.walk(
            lambda bay: self._keep(self._progress.with_bay(bay)),
            wanted=self._arguments.bays,
            wait_s=self._arguments.wait,
        )

    def _write(self, sheet: Sheet) -> None:
        """Raises NeedsOperator."""
        text, page = self._sheet_paths(sheet)
        try:
            text.parent.mkdir(parents=True, exist_ok=True)
            text.write_text(as_text(sheet), "utf-8")
            page.write_text(as_html(sheet), "utf-8")
            if not self._arguments.sheet:
                progress.give_to_owner(self.settings.state, text.parent, text, page)
        except OSError as error:
            raise NeedsOperator(
                f"The sheet could not be written to {text}: {error.strerror}.",
                code="sheet_unwritable",
                hint="Run this again with another --sheet; labels and receipts stay.",
            ) from error
        self._dialogue.tell("", f"The sheet is in {text} and {page}.", "")

    @property
    def _has_usb(self) -> bool:
        return any(source.kind == "usb" for source in self.settings.source)

    # --- small print ----------------------------------------------------------------------------------

    def _sheet_paths(self, sheet: Sheet) -> tuple[Path, Path]:
        if self._arguments.sheet:
            stem = self._arguments.sheet.removesuffix(".html").removesuffix(".txt")
        else:
            stem = str(self.settings.state / SHEETS / f"{sheet.station}-{sheet.made_at:%Y%m%dT%H%M%SZ}")
        return Path(f"{stem}.txt"), Path(f"{stem}.html")

    def _keep(self, fresh: progress.Progress) -> None:
        progress.keep(self.settings.state, fresh)
        self._progress = fresh

    def _refuse_without_rights(self) -> None:
        """Before anything is asked: half an hour with cameras must not end in a refused write."""
        state = self.settings.state
        if not os.access(state, os.R_OK | os.W_OK | os.X_OK):
            raise NeedsOperator(
                f"This user may not work in the state folder {state}.",
                code="state_unusable",
                hint="Run this as root, or as the user of the service.",
            )
        if (self._has_usb or self._arguments.label) and (trouble := self._file.trouble()):
            raise Refused(
                f"Labels go into {self._file.path}, but {trouble}.", hint="Run this as root, or as the file's owner."
            )
