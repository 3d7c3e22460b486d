"""Locked cameras, by a program of the site that speaks their protocol: one JSON line asks, one answers.

No public text says how these cameras speak on the wire, and makers give out libraries. A small program around such a
library is all that a station needs; docs/profiles.md tells what it must do.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from agent.adapters.secret_file import read_secret
from agent.config import ProfileSwitch
from agent.errors import UnlockFailed, UnlockNotSetUp, UnlockRefused
from agent.ports import CameraSays, Password
from agent.rules.footage import Presence
from agent.rules.profiles import Profile

LONGEST_LINE = 64 * 1024
PASSED_ON = ("PATH", "LANG", "TZ")
"""Of our environment: the program gets nothing else."""
LONGEST_FACT = 64


class ProgramUnlocker:
    """Starts the program that `agent.toml` names for a profile."""

    def __init__(self, switches: Mapping[str, ProfileSwitch]) -> None:
        self._switches = switches

    def connect(self, presence: Presence, profile: Profile) -> ProgramCamera:
        switch = self._switches.get(profile.name)
        if switch is None or switch.unlock_program is None:
            raise UnlockNotSetUp(
                f"A camera of model {profile.name} is locked, and no program is set up to unlock it.",
                hint=f"Name one with unlock_program in [profile.{profile.name}] (docs/profiles.md).",
            )
        timeout_s = profile.unlock.step_timeout_s if profile.unlock else 10.0
        return ProgramCamera(switch.unlock_program, presence, timeout_s)

    def password(self, profile: Profile) -> Password:
        switch = self._switches.get(profile.name)
        if switch is None or switch.password_file is None:
            raise UnlockNotSetUp(
                f"There is no password for cameras of model {profile.name}.",
                hint=f"Name a file with password_file in [profile.{profile.name}].",
            )
        return read_secret(switch.password_file)


class ProgramCamera:
    """One run of the program, for one camera. The password goes over its stdin, never into its arguments."""

    def __init__(self, program: str, presence: Presence, step_timeout_s: float) -> None:
        """Raises UnlockNotSetUp: the program cannot be started."""
        self._timeout_s = step_timeout_s
        self._held = b""
        facts = presence.facts
        told = {"port": presence.bay} | {
            key: facts[key] for key in ("usb_vendor_id", "usb_model_id", "usb_serial", "usb_node") if facts.get(key)
        }
        try:
            self._child = subprocess.Popen(
                [program, *(f"--{key.replace('_', '-')}={value}" for key, value in told.items())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # it knows the password: nothing of it goes into a log
                env={key: os.environ[key] for key in PASSED_ON if key in os.environ},
                start_new_session=True,
            )
        except OSError as error:
            raise UnlockNotSetUp(f"The program {program} cannot be started: {error.strerror}.") from None

    def identify(self) -> str:
        return _text(self._ask("identify"), "code")

    def unlock(self, password: str) -> None:
        self._ask("unlock", password=password)

    def describe(self) -> CameraSays:
        said = self._ask("describe")
        serial = _text(said, "serial")
        if not serial:
            raise UnlockFailed("The unlocked camera told no serial.")
        return CameraSays(serial, _text(said, "officer_id"), _text(said, "unit_id"))

    def clock(self) -> datetime | None:
        told = self._ask("clock").get("clock")
        if told is None:
            return None
        try:
            digits = datetime.fromisoformat(str(told))
        except ValueError:
            raise UnlockFailed("The camera told a time that is none.") from None
        if digits.tzinfo is not None:
            raise UnlockFailed("The camera's time came with a zone: the program must tell the digits that it shows.")
        return digits

    def set_clock(self, digits: datetime) -> None:
        self._ask("set_clock", clock=digits.isoformat())

    def show_storage(self) -> None:
        self._ask("show_storage")

    def interrupt(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)

    def close(self) -> None:
        self.interrupt()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(1)

    def _ask(self, what: str, **more: str) -> dict[str, Any]:
        order = json.dumps({"do": what, **more}).encode() + b"\n"
        try:
            if self._child.stdin is None:
                raise BrokenPipeError
            self._child.stdin.write(order)
            self._child.stdin.flush()
            answer = json.loads(self._line(what))
        except (OSError, ValueError):  # also of the order: its text may hold the password
            raise UnlockFailed(f"The camera, or its program, did not answer to {what}.") from None
        if not isinstance(answer, dict):
            raise UnlockFailed(f"The program's answer to {what} is no object.")
        if answer.get("ok") is True:
            return answer
        if what == "unlock" and answer.get("why") == "password_refused":
            raise UnlockRefused("The camera does not take the password.")
        why = answer.get("why")
        raise UnlockFailed(f"The camera refused {what}: {why if why in REASONS else 'no reason told'}.")

    def _line(self, what: str) -> bytes:
        """One line of its stdout.

        Raises:
            UnlockFailed: none came in time.
            OSError: it ended.
        """
        out = self._child.stdout
        if out is None:
            raise BrokenPipeError
        deadline = time.monotonic() + self._timeout_s
        while b"\n" not in self._held:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([out], [], [], left)[0]:
                raise UnlockFailed(f"The camera did not answer to {what} within {self._timeout_s:g} s.")
            piece = os.read(out.fileno(), 4096)
            if not piece or len(self._held) > LONGEST_LINE:
                raise BrokenPipeError
            self._held += piece
        line, _, self._held = self._held.partition(b"\n")
        return line


REASONS = frozenset({"locked_out", "busy", "low_battery", "not_supported", "no_camera"})
"""What a program may say; other words of it are not repeated."""


def _text(said: Mapping[str, Any], key: str) -> str:
    value = said.get(key, "")
    if not isinstance(value, str):
        raise UnlockFailed(f"The camera's {key} is no text.")
    return "".join(letter for letter in value.strip() if letter.isprintable())[:LONGEST_FACT]
