"""A locked camera, simulated: what it does is a state machine, every trouble is set by ordinary assignment.

No public text tells how such cameras speak on the wire. What is simulated are the steps that public headers of the
GA/T 947 family agree on, not their bytes.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from agent.errors import UnlockFailed, UnlockNotSetUp, UnlockRefused
from agent.ports import CameraSays, Password
from agent.rules.footage import Presence
from agent.rules.profiles import Profile


class Face(StrEnum):
    LOCKED = "locked"
    OPEN = "open"
    STORAGE = "storage"
    GONE = "gone"
    LOCKED_OUT = "locked_out"


class Silence(Exception):
    """The camera does not answer."""


@dataclass(slots=True)
class LockedDevice:
    """One camera. `becomes_storage` is what happens on the bus when it is told to."""

    password: str = "000000"  # noqa: S105 - of a simulated camera
    serial: str = "ACCC8E1"
    officer_id: str = "000117"
    unit_id: str = "320100000001"
    code: str = "SIM"
    tries_left: int = 3
    """Wrong passwords until it locks itself out for good."""
    now: Callable[[], datetime] = datetime.now
    drift: timedelta = timedelta(0)
    """What its clock shows, minus `now`."""
    tells_clock: bool = True
    silent_at: str = ""
    """The step to which it never answers."""
    pulled_at: str = ""
    """The step at which somebody takes it out."""
    face: Face = Face.LOCKED
    steps: list[str] = field(default_factory=list)
    """Everything that it was asked, in order."""
    becomes_storage: Callable[[], None] = lambda: None
    pulled: Callable[[], None] = lambda: None
    heard: Callable[[str], None] = lambda _step: None
    """Called with each step before it is answered."""

    def answer(self, order: dict[str, str]) -> dict[str, object]:
        """What it says to one order. Raises Silence."""
        what = order.get("do", "")
        self.steps.append(what)
        self.heard(what)
        if what == self.pulled_at:
            self.face = Face.GONE
            self.pulled()
        if what == self.silent_at or self.face is Face.GONE:
            raise Silence
        if what == "identify":
            return {"ok": True, "code": self.code}
        if what == "unlock":
            return self._unlock(order.get("password", ""))
        if self.face is not Face.OPEN:
            return {"ok": False, "why": "not_supported"}
        match what:
            case "describe":
                return {"ok": True, "serial": self.serial, "officer_id": self.officer_id, "unit_id": self.unit_id}
            case "clock":
                shown = (self.now() + self.drift).replace(microsecond=0)
                return {"ok": True, "clock": shown.isoformat() if self.tells_clock else None}
            case "set_clock":
                self.drift = datetime.fromisoformat(order["clock"]) - self.now()
                return {"ok": True}
            case "show_storage":
                self.face = Face.STORAGE
                self.becomes_storage()
                return {"ok": True}
        return {"ok": False, "why": "not_supported"}

    def _unlock(self, password: str) -> dict[str, object]:
        if self.face is Face.LOCKED_OUT:
            return {"ok": False, "why": "locked_out"}
        if password != self.password:
            self.tries_left -= 1
            self.face = Face.LOCKED if self.tries_left > 0 else Face.LOCKED_OUT
            return {"ok": False, "why": "password_refused"}
        self.face = Face.OPEN
        return {"ok": True}


class MemoryUnlocker:
    """The port `Unlocker`, over simulated cameras by their bay."""

    def __init__(self, password: str = "000000") -> None:  # noqa: S107 - of simulated cameras
        self.devices: dict[str, LockedDevice] = {}
        self.file = password
        """What the password file holds."""
        self.connected = 0

    def connect(self, presence: Presence, profile: Profile) -> MemoryConversation:
        if presence.bay not in self.devices:
            raise UnlockNotSetUp(f"Nothing is set up for cameras of model {profile.name}.")
        self.connected += 1
        return MemoryConversation(self.devices[presence.bay])

    def password(self, profile: Profile) -> Password:
        if not self.file:
            raise UnlockNotSetUp(f"There is no password for cameras of model {profile.name}.")
        return Password(self.file.splitlines()[0], self.file)


class MemoryConversation:
    """The port `LockedCamera`. A silent camera is told at once as what the station sees in the end."""

    def __init__(self, device: LockedDevice) -> None:
        self._device = device
        self._interrupted = False

    def identify(self) -> str:
        return str(self._ask("identify")["code"])

    def unlock(self, password: str) -> None:
        self._ask("unlock", password=password)

    def describe(self) -> CameraSays:
        said = self._ask("describe")
        return CameraSays(str(said["serial"]), str(said["officer_id"]), str(said["unit_id"]))

    def clock(self) -> datetime | None:
        told = self._ask("clock")["clock"]
        return None if told is None else datetime.fromisoformat(str(told))

    def set_clock(self, digits: datetime) -> None:
        self._ask("set_clock", clock=digits.isoformat())

    def show_storage(self) -> None:
        self._ask("show_storage")

    def interrupt(self) -> None:
        self._interrupted = True

    def close(self) -> None:
        self._interrupted = True

    def _ask(self, what: str, **more: str) -> dict[str, object]:
        if self._interrupted:
            raise UnlockFailed("The conversation was ended.")
        try:
            answer = self._device.answer({"do": what, **more})
        except Silence:
            raise UnlockFailed(f"The camera did not answer to {what}.") from None
        if answer["ok"]:
            return answer
        if answer["why"] == "password_refused":
            raise UnlockRefused("The camera does not take the password.")
        raise UnlockFailed(f"The camera refused {what}: {answer['why']}.")


class CameraSocket:
    """Serves one simulated camera on a Unix socket, one conversation after the other, until it is closed."""

    def __init__(self, device: LockedDevice, path: Path) -> None:
        self._device = device
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen()
        self._thread = threading.Thread(target=self._serve, name="locked camera", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(peer,), daemon=True).start()

    def _talk(self, peer: socket.socket) -> None:
        # The station may hang up at any time, also while it is answered.
        with suppress(OSError), peer, peer.makefile("rb") as lines:
            for line in lines:
                try:
                    answer = self._device.answer(json.loads(line))
                except Silence:
                    if self._device.pulled_at:
                        return
                    continue
                peer.sendall(json.dumps(answer).encode() + b"\n")
