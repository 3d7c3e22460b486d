"""Cameras that must be unlocked before they are storage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from agent.rules.footage import Presence
from agent.rules.profiles import Profile


@dataclass(frozen=True, slots=True)
class CameraSays:
    """What an unlocked camera tells of itself."""

    serial: str
    officer_id: str = ""
    unit_id: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Password:
    """Never shown: it has no representation."""

    text: str
    whole_file: str
    """All that its file holds: any change there is a person's word to try again."""


class LockedCamera(Protocol):
    """One conversation with one locked camera.

    Every method raises UnlockFailed when the camera does not answer within the profile's `step_timeout`, answers
    nonsense, or was pulled; then the object only needs `close()`.
    """

    def identify(self) -> str:
        """The code of its type. Needs no password; the same for every camera of one type."""

    def unlock(self, password: str) -> None:
        """Raises UnlockRefused: the camera says that the password is wrong. Never called twice."""

    def describe(self) -> CameraSays:
        """Who it is. Needs the password, as everything below."""

    def clock(self) -> datetime | None:
        """The digits that its clock shows, without a zone; None when it does not tell."""

    def set_clock(self, digits: datetime) -> None:
        """Let its clock show these digits."""

    def show_storage(self) -> None:
        """Become mass storage. On return, or before it, the camera leaves the bus and enumerates anew."""

    def interrupt(self) -> None:
        """From another thread: a step that is under way ends with UnlockFailed, and so does every later one."""

    def close(self) -> None:
        """End the conversation. Idempotent; never blocks for long, never raises."""


class Unlocker(Protocol):
    """Opens conversations with locked cameras, and knows their passwords."""

    def connect(self, presence: Presence, profile: Profile) -> LockedCamera:
        """Raises UnlockNotSetUp, UnlockFailed."""

    def password(self, profile: Profile) -> Password:
        """Read anew each time. Never logged, never in an error.

        Raises:
            UnlockNotSetUp: there is none, or others could read it.
        """
