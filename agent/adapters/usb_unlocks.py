"""Cameras that were unlocked, left the bus, and shall come back as storage on the same port."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from agent.ports import SourceEvent
from agent.rules.footage import Instant, Presence
from agent.rules.profiles import Unlock
from agent.rules.watching import UnwatchedBay

NO_STORAGE = "no_storage_after_unlock"
OTHER_DEVICE = "other_device_after_unlock"
LOCKED_AGAIN = "locked_again"
_DETAIL = {
    NO_STORAGE: "The camera was unlocked and is no storage yet. If it is still in the bay, dock it again.",
    OTHER_DEVICE: "Another device came back than the camera that was unlocked: it is served as one of its own.",
    LOCKED_AGAIN: "The camera was unlocked and came back locked.",
}


@dataclass(frozen=True, slots=True)
class Away:
    """One camera between its two faces."""

    presence: Presence
    face: Mapping[str, str]
    """The facts of its locked face."""
    unlock: Unlock
    serial: str
    """What it told of itself."""
    left_at: Instant

    def is_same(self, facts: Mapping[str, str]) -> bool:
        """Whether a device with these facts can be this camera, as far as its profile can tell."""
        if self.unlock.usb_serial == "any":
            return True
        wanted = self.serial if self.unlock.usb_serial == "camera" else self.face.get("usb_serial", "")
        return facts.get("usb_serial", "") == wanted

    def as_storage(self, shown: Presence, key: str) -> Presence:
        """The same presence, now with a device: its dock began when the locked camera appeared. `shown` is what the
        bus has there now, `key` its own name."""
        named = {"unlock_serial": self.serial, "unlocked_as": self.presence.facts.get("locked_as", "")}
        began = self.presence
        return replace(
            shown,
            key=began.key,
            seen_at=began.seen_at,
            absent_until=began.absent_until,
            facts={**shown.facts, **named},
            storage_key=key,
        )


class Unlocks:
    """By bay. Not thread-safe."""

    def __init__(self, report: Callable[[SourceEvent], None]) -> None:
        self._report = report
        self._away: dict[str, Away] = {}
        self._lost: dict[str, UnwatchedBay] = {}

    def away(self) -> tuple[Away, ...]:
        return tuple(self._away.values())

    def lost(self) -> tuple[UnwatchedBay, ...]:
        """Bays whose camera did not come back: it may hang there, or was taken out. Nobody can say."""
        return tuple(self._lost.values())

    def left(self, camera: Away) -> None:
        self._away[camera.presence.bay] = camera

    def is_awaited(self, bay: str) -> bool:
        return bay in self._away

    def is_late(self, now: Instant) -> bool:
        return any(_is_late(camera, now) for camera in self._away.values())

    def came_back(self, bay: str, facts: Mapping[str, str], now: Instant) -> Away | None:
        """The camera that this storage is; None when none was awaited here, or it is another one."""
        camera = self._away.pop(bay, None)
        if camera is not None and not camera.is_same(facts):
            self._tell(camera, OTHER_DEVICE, now)
            return None
        return camera

    def locked_again(self, bay: str, now: Instant) -> None:
        """A locked camera is in this bay: whatever was awaited here is over."""
        camera = self._away.pop(bay, None)
        if camera is not None:
            self._tell(camera, LOCKED_AGAIN, now)

    def give_up(self, now: Instant, occupied: Collection[str], empty: Collection[str]) -> None:
        """End what is late; and the doubt about bays that show something now, or that are provably empty."""
        for bay, camera in list(self._away.items()):
            if _is_late(camera, now):
                del self._away[bay]
                self._tell(camera, NO_STORAGE, now)
                self._lost[bay] = UnwatchedBay(bay, NO_STORAGE, camera.left_at, _DETAIL[NO_STORAGE])
        self._lost = {bay: lost for bay, lost in self._lost.items() if bay not in occupied and bay not in empty}

    def _tell(self, camera: Away, reason: str, now: Instant) -> None:
        bay = camera.presence.bay
        self._report(SourceEvent("bay_trouble", now, bay, reason, _DETAIL[reason], camera.left_at))


def _is_late(camera: Away, now: Instant) -> bool:
    return now.monotonic_ns - camera.left_at.monotonic_ns > camera.unlock.storage_within_s * 1e9
