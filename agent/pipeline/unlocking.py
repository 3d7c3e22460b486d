"""Unlocks one camera at a time: identify → password → who is it → its clock → storage. Each step is recorded before
anything on the camera is changed."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field

from agent.errors import UnlockFailed, UnlockHeldBack, UnlockRefused
from agent.ports import CameraSays, Clock, Ledger, LockedCamera, Unlocker
from agent.rules.camera_clock import CameraClock, digits_for, may_set, measured
from agent.rules.footage import Presence
from agent.rules.plugs import uncounted
from agent.rules.profiles import Profile
from agent.rules.unlock_guard import Tries, decoded, of_password, refused, taken, tried, why_not

AGAIN_AND_AGAIN = 3
"""So often within `LOOP_S` one bay's camera may come back locked before it is left to a person."""
LOOP_S = 600.0


@dataclass(frozen=True, slots=True)
class Told:
    """What an unlocked camera told, before anything on it was changed."""

    says: CameraSays
    model_code: str
    clock: CameraClock | None
    sets_clock: bool


@dataclass(slots=True)
class Unlocking:
    """Shared by all bays of a station: a password that is in doubt is in doubt everywhere."""

    clock: Clock
    ledger: Ledger
    unlocker: Unlocker
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _unlocked_ns: dict[str, list[int]] = field(default_factory=dict)

    def unlock(
        self,
        presence: Presence,
        profile: Profile,
        record: Callable[[Told], None],
        clock_was_set: Callable[[float, float | None], None],
        expect: Callable[[str], None],
        opened: Callable[[LockedCamera], None],
    ) -> None:
        """`opened` is given the conversation, to interrupt it; `record` commits what the camera told; `clock_was_set`
        the offset before and after; `expect` is told the serial just before the camera leaves the bus.

        Raises:
            UnlockFailed: and its kinds. The camera is as it was, but for its clock.
        """
        self._refuse_loops(presence.bay)
        with closing(self.unlocker.connect(presence, profile)) as camera:
            opened(camera)
            model_code = camera.identify()
            self._give_password(camera, presence, profile)
            says = camera.describe()
            zone = profile.time.name_zone
            offset = self._offset(camera, zone)
            wanted = profile.unlock is not None and profile.unlock.set_clock
            sets_clock = wanted and offset is not None and may_set(self.clock.now())
            record(Told(says, model_code, offset, sets_clock))
            if sets_clock and offset is not None:
                camera.set_clock(digits_for(self.clock.now(), zone))
                after = self._offset(camera, zone)
                clock_was_set(offset.offset_s, after.offset_s if after else None)
            self._unlocked_ns.setdefault(presence.bay, []).append(self.clock.now().monotonic_ns)
            expect(says.serial)
            camera.show_storage()

    def _refuse_loops(self, bay: str) -> None:
        now_ns = self.clock.now().monotonic_ns
        recent = [at for at in self._unlocked_ns.get(bay, []) if now_ns - at < LOOP_S * 1e9]
        self._unlocked_ns[bay] = recent
        if len(recent) >= AGAIN_AND_AGAIN:
            raise UnlockHeldBack("The camera was unlocked again and again, and each time it came back locked.")

    def _give_password(self, camera: LockedCamera, presence: Presence, profile: Profile) -> None:
        """One try for each plug, none where the password is in doubt. Noted before it is tried."""
        password = self.unlocker.password(profile)
        note, plug = f"unlock_{profile.name}", uncounted(presence.key)
        with self._lock:  # while one camera tries a password that is not proven yet, no other may
            tries = of_password(_remembered(self.ledger, note), password.whole_file, secrets.token_bytes(16))
            if why := why_not(tries, plug):
                raise UnlockHeldBack(
                    f"The password for {profile.name} was not tried: {why}.",
                    hint="Put the right one into its file: with any change there it is tried anew.",
                )
            tries = tried(tries, plug)
            self.ledger.remember(**{note: tries.encoded()})
            try:
                camera.unlock(password.text)
            except UnlockRefused:
                self.ledger.remember(**{note: refused(tries).encoded()})
                raise
            self.ledger.remember(**{note: taken(tries, plug).encoded()})

    def _offset(self, camera: LockedCamera, zone: str) -> CameraClock | None:
        asked = self.clock.now()
        digits = camera.clock()
        return None if digits is None else measured(digits, zone, asked, self.clock.now())


def _remembered(ledger: Ledger, note: str) -> Tries:
    try:
        return decoded(ledger.note(note))
    except (ValueError, TypeError, KeyError):
        raise UnlockFailed(f"The note {note} in the ledger cannot be read: no password is tried.") from None
