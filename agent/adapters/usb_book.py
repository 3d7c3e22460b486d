"""Which USB devices are docked cameras, from one comparison with the bus to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from agent.adapters.usb_bus import Bus, UsbDevice, Volume
from agent.adapters.usb_unlocks import Away, Unlocks
from agent.adapters.usb_volumes import camera_volumes, grown
from agent.ports import SourceEvent
from agent.rules.footage import Instant, Presence
from agent.rules.plugs import counted
from agent.rules.profiles import Profile, Unlock, locked_model, own_interfaces
from agent.rules.usb_devices import bay_of, may_hold_footage, refused_face, refused_housing, refused_interfaces
from agent.rules.watching import UnwatchedBay

DEPARTING_NS = 3_000_000_000
"""A device that is still listed so long after its removal was announced did not leave after all."""


@dataclass(slots=True)
class _Arrival:
    """One device on the bus, from its plugging-in on."""

    seen_at: Instant
    absent_until: Instant | None
    said: bool = False
    """Why it is no camera was reported, or there was nothing to report."""
    refused: str = ""
    """Why whatever it holds cannot be recognised."""


@dataclass(frozen=True, slots=True)
class _Known:
    device: UsbDevice
    volume: Volume | None
    """None: it is locked."""
    presence: Presence
    plug: str
    """Its key before it had to be told from an earlier plug."""
    unlock: Unlock | None = None
    expected: str | None = None
    """The serial that it told when it was unlocked; None: it was not."""


class UsbBook:
    """Remembers what the last comparison showed. Not thread-safe."""

    def __init__(
        self, no_file_system_s: float, models: Sequence[Profile] = (), bays: Collection[str] = frozenset()
    ) -> None:
        """`no_file_system_s`: how long a device may take to show a file system before it is reported. `bays`: the
        ports that have a label; what is behind a hub in one of them belongs to that bay."""
        self._patience_ns = int(no_file_system_s * 1e9)
        self._models = models
        self._bays = bays
        self._known: dict[str, _Known] = {}
        self._arrivals: dict[tuple[str, str], _Arrival] = {}
        self._departed: dict[tuple[str, str], Instant] = {}
        """Devices whose removal was announced: the kernel does so before it is done, and lists them until then."""
        self._ports: dict[str, str] = {}
        """By DEVPATH: the bay of everything that is on the bus."""
        self._ended: Counter[str] = Counter()
        self._reports: list[SourceEvent] = []
        self._unlocks = Unlocks(self._reports.append)

    def present(self) -> dict[str, Presence]:
        presences = [known.presence for known in self._known.values()]
        presences += [camera.presence for camera in self._unlocks.away()]
        return {presence.key: presence for presence in presences}

    def away(self) -> dict[str, Instant]:
        """By key: the cameras that shall come back as storage, and when each was last there."""
        return {one.presence.key: one.left_at for one in self._unlocks.away()}

    def reports(self) -> list[SourceEvent]:
        happened = list(self._reports)
        self._reports.clear()
        return happened

    def unwatched(self) -> tuple[UnwatchedBay, ...]:
        """The bays that hold something which may be a camera, and is not served."""
        refused = tuple(
            UnwatchedBay(self._ports[place[0]], arrival.refused, arrival.absent_until)
            for place, arrival in self._arrivals.items()
            if arrival.refused and place[0] in self._ports and place[0] not in self._known
        )
        return refused + self._unlocks.lost()

    def unsettled(self) -> tuple[Instant | None, ...]:
        """For each device that may yet turn out to be a camera: until when it was absent."""
        arriving = tuple(
            arrival.absent_until
            for place, arrival in self._arrivals.items()
            if not arrival.said and place[0] not in self._known
        )
        return arriving + tuple(one.left_at for one in self._unlocks.away())

    def arrived(self, devpath: str, devnum: str, absent_until: Instant, at: Instant) -> None:
        """A live event said that it was plugged in, between these instants."""
        self._departed.pop((devpath, devnum), None)
        self._arrivals.setdefault((devpath, devnum), _Arrival(at, absent_until))

    def removed(self, devpath: str, devnum: str, diskseq: str, at: Instant) -> None:
        """A live event said that this device, disk or partition went away. It may already be back."""
        for usb, known in list(self._known.items()):
            is_usb = devpath == usb and devnum in ("", known.device.devnum)
            volume = known.volume
            is_volume = volume is not None and devpath == volume.devpath and diskseq in ("", volume.diskseq)
            if is_usb or is_volume:
                self._end(usb, at)
            if is_volume:  # its disk goes first, and for a moment both are still listed: no new plug
                self._depart((usb, known.device.devnum), at)
        for place in [place for place in self._arrivals if place[0] == devpath and devnum in ("", place[1])]:
            self._depart(place, at)

    def _depart(self, place: tuple[str, str], at: Instant) -> None:
        self._arrivals.pop(place, None)
        self._departed[place] = at

    def expect(self, key: str, serial: str) -> None:
        """This locked camera is about to leave the bus and to come back as storage."""
        for usb, known in self._known.items():
            if known.presence.key == key and known.volume is None:
                self._known[usb] = replace(known, expected=serial)

    def compare(self, bus: Bus, since: Instant | None, now: Instant, empty: Collection[str] = frozenset()) -> None:
        """Take over what the bus shows. `since` is an instant just before the previous comparison; `empty` are the
        ports of which the kernel says that nothing is attached."""
        bus = self._without_departed(bus, now)
        for usb, known in list(self._known.items()):
            if not _is_still_there(known, bus):
                self._end(usb, now)
        self._arrivals = {
            (device.devpath, device.devnum): self._arrivals.get((device.devpath, device.devnum), _Arrival(now, since))
            for device in bus.devices.values()
        }
        self._ports = {device.devpath: self._bay(device) for device in bus.devices.values()}
        for usb, device in bus.devices.items():
            volumes = bus.volumes.get(usb, ())
            if usb not in self._known:
                self._consider(device, volumes, bus, now)
            elif self._known[usb].volume is not None:
                self._complete(usb, volumes)
            elif _is_usable(volumes):
                self._became_storage(self._known[usb], device, volumes)
        self._unlocks.give_up(now, {self._ports[usb] for usb in bus.devices}, empty)

    def _without_departed(self, bus: Bus, now: Instant) -> Bus:
        listed = {(device.devpath, device.devnum) for device in bus.devices.values()}
        self._departed = {
            place: at
            for place, at in self._departed.items()
            if place in listed and now.monotonic_ns - at.monotonic_ns < DEPARTING_NS
        }
        if not self._departed:
            return bus
        still = {usb: one for usb, one in bus.devices.items() if (one.devpath, one.devnum) not in self._departed}
        return Bus(still, {usb: volumes for usb, volumes in bus.volumes.items() if usb in still})

    def is_waiting(self, now: Instant) -> bool:
        """Whether a device has now been without a file system for too long, and nobody was told."""
        if self._unlocks.is_late(now):
            return True
        shown = {(known.device.devpath, known.device.devnum) for known in self._known.values()}
        return any(
            not arrival.said and now.monotonic_ns - arrival.seen_at.monotonic_ns > self._patience_ns
            for place, arrival in self._arrivals.items()
            if place not in shown
        )

    def _bay(self, device: UsbDevice) -> str:
        return bay_of(device.port, self._bays)

    def _end(self, usb: str, now: Instant) -> None:
        known = self._known.pop(usb)
        if known.expected is not None and known.unlock is not None and known.volume is None:
            # It leaves as it was told to: whoever docked it has not taken it out.
            self._unlocks.left(Away(known.presence, known.device.facts, known.unlock, known.expected, now))
        self._ended[known.plug] += 1

    def _consider(self, device: UsbDevice, volumes: tuple[Volume, ...], bus: Bus, now: Instant) -> None:
        usable = _is_usable(volumes)
        arrival = self._arrivals[device.devpath, device.devnum]
        model = locked_model(self._models, device.facts)
        is_late = now.monotonic_ns - arrival.seen_at.monotonic_ns > self._patience_ns
        if wrong := self._wrong(device, bus, is_face=model is not None and not usable):
            self._refuse(device, arrival, now, "extra_interfaces", f"It is a camera and {wrong} in one: not served.")
        elif usable:
            # Unlocked late, or a card put into a reader: it began somewhere between.
            begun = _Arrival(now, arrival.absent_until) if is_late else arrival
            self._publish(device, volumes, begun, now)
        elif model is not None and model.unlock is not None:
            self._unlocks.locked_again(self._bay(device), now)
            self._publish_locked(device, model, model.unlock, arrival)
        elif is_late and self._unlocks.is_awaited(self._bay(device)):
            return  # its file system may take as long as the profile says
        elif is_late and may_hold_footage(device.interfaces):
            self._refuse(
                device, arrival, now, "no_file_system", "It shows no file system: a phone, or a camera still locked."
            )
        elif is_late:
            arrival.said = True

    def _wrong(self, device: UsbDevice, bus: Bus, *, is_face: bool) -> str:
        """What this device, or the housing that it is in, offers and may not."""
        own = own_interfaces(self._models, device.facts)
        judge = refused_face if is_face else refused_interfaces
        bay = self._bay(device)
        housing = {
            other.port: other.interfaces
            for other in bus.devices.values()
            if bay != device.port and other.port != device.port and self._bay(other) == bay
        }
        return judge(device.interfaces, own) or refused_housing(housing)

    def _complete(self, usb: str, volumes: tuple[Volume, ...]) -> None:
        """Its other volumes may be announced after the first."""
        known = self._known[usb]
        if known.volume is None:
            return
        others = [one for volume, one in camera_volumes(volumes) if volume.devpath != known.volume.devpath]
        presence = replace(known.presence, volumes=grown(known.presence.volumes, others))
        if presence != known.presence:
            self._known[usb] = replace(known, presence=presence)

    def _publish(self, device: UsbDevice, volumes: tuple[Volume, ...], arrival: _Arrival, now: Instant) -> None:
        shown = self._as_shown(device, volumes, arrival)
        plug = shown.key
        key = counted(plug, self._ended[plug])
        back = self._unlocks.came_back(shown.bay, device.facts, now)
        presence = back.as_storage(shown, key) if back else replace(shown, key=key)
        arrival.said, arrival.refused = True, ""
        self._known[device.devpath] = _Known(device, camera_volumes(volumes)[0][0], presence, plug)

    def _as_shown(self, device: UsbDevice, volumes: tuple[Volume, ...], arrival: _Arrival) -> Presence:
        """The presence of this storage, under the key of its plug."""
        (volume, first), *others = camera_volumes(volumes)
        facts = {"source": "usb", "bay": self._bay(device), **device.facts, **(volume.facts or {})}
        if others:
            facts["other_volumes"] = " ".join(one.device for _, one in others if not one.no_file_system)
        return Presence(
            key=f"usb:{arrival.seen_at.boot_id[:8]}:{_place(device, volume)}",
            source="usb",
            bay=self._bay(device),
            seen_at=arrival.seen_at,
            absent_until=arrival.absent_until,
            device=volume.node,
            facts={name: value for name, value in facts.items() if value},
            volume_name=first.name,
            volumes=tuple(one for _, one in others),
        )

    def _publish_locked(self, device: UsbDevice, model: Profile, unlock: Unlock, arrival: _Arrival) -> None:
        plug = f"usb:{arrival.seen_at.boot_id[:8]}:{device.devpath}#{device.devnum}.{device.initialized}.locked"
        presence = Presence(
            key=counted(plug, self._ended[plug]),
            source="usb",
            bay=self._bay(device),
            seen_at=arrival.seen_at,
            absent_until=arrival.absent_until,
            locked=True,
            facts={"source": "usb", "bay": self._bay(device), **device.facts, "locked_as": model.name},
        )
        arrival.said, arrival.refused = True, ""
        self._known[device.devpath] = _Known(device, None, presence, plug, unlock)

    def _became_storage(self, known: _Known, device: UsbDevice, volumes: tuple[Volume, ...]) -> None:
        """Without leaving the bus: it is the same device, and needs no other proof."""
        shown = self._as_shown(device, volumes, _Arrival(known.presence.seen_at, known.presence.absent_until))
        named = {**known.presence.facts, **shown.facts}
        if known.expected is not None:
            named |= {"unlock_serial": known.expected, "unlocked_as": named.get("locked_as", "")}
        presence = replace(shown, key=known.presence.key, facts=named, storage_key=shown.key)
        volume = camera_volumes(volumes)[0][0]
        self._known[device.devpath] = replace(known, device=device, volume=volume, presence=presence)

    def _refuse(self, device: UsbDevice, arrival: _Arrival, now: Instant, reason: str, detail: str) -> None:
        if arrival.refused:
            return
        arrival.said, arrival.refused = True, reason
        name = " ".join(device.facts.get(fact, "") for fact in ("usb_vendor", "usb_model", "usb_serial")).strip()
        self._reports.append(
            SourceEvent("device_refused", now, bay=self._bay(device), reason=reason, detail=f"{name}: {detail}")
        )


def _is_usable(volumes: tuple[Volume, ...]) -> bool:
    return any(not one.no_file_system for _, one in camera_volumes(volumes))


def _is_still_there(known: _Known, bus: Bus) -> bool:
    """The same plug, whatever udev now says of its file system: a card that fails to read loses that first."""
    device = bus.devices.get(known.device.devpath)
    if device is None or (device.devnum, device.initialized) != (known.device.devnum, known.device.initialized):
        return False
    if known.volume is None:
        return True
    volumes = bus.volumes.get(device.devpath, ())
    return any((one.devpath, one.diskseq) == (known.volume.devpath, known.volume.diskseq) for one in volumes)


def _place(device: UsbDevice, volume: Volume) -> str:
    return f"{device.devpath}#{device.devnum}.{device.initialized}.{volume.diskseq}"
