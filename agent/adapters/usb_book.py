"""Which USB devices are docked cameras, from one comparison with the bus to the next."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from agent.adapters.usb_bus import Bus, UsbDevice, Volume
from agent.adapters.usb_volumes import camera_volumes, grown
from agent.ports import SourceEvent
from agent.rules.footage import Instant, Presence
from agent.rules.plugs import counted
from agent.rules.usb_devices import may_hold_footage, refused_interfaces
from agent.rules.watching import UnwatchedBay


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
    volume: Volume
    presence: Presence
    plug: str
    """Its key before it had to be told from an earlier plug."""


class UsbBook:
    """Remembers what the last comparison showed. Not thread-safe."""

    def __init__(self, no_file_system_s: float) -> None:
        """`no_file_system_s`: how long a device may take to show a file system before it is reported."""
        self._patience_ns = int(no_file_system_s * 1e9)
        self._known: dict[str, _Known] = {}
        self._arrivals: dict[tuple[str, str], _Arrival] = {}
        self._ports: dict[str, str] = {}
        """By DEVPATH: the bay of everything that is on the bus."""
        self._ended: Counter[str] = Counter()
        self._reports: list[SourceEvent] = []

    def present(self) -> dict[str, Presence]:
        return {known.presence.key: known.presence for known in self._known.values()}

    def reports(self) -> list[SourceEvent]:
        happened, self._reports = self._reports, []
        return happened

    def unwatched(self) -> tuple[UnwatchedBay, ...]:
        """The bays that hold something which may be a camera, and is not served."""
        return tuple(
            UnwatchedBay(self._ports[place[0]], arrival.refused, arrival.absent_until)
            for place, arrival in self._arrivals.items()
            if arrival.refused and place[0] in self._ports and place[0] not in self._known
        )

    def unsettled(self) -> tuple[Instant | None, ...]:
        """For each device that may yet turn out to be a camera: until when it was absent."""
        return tuple(
            arrival.absent_until
            for place, arrival in self._arrivals.items()
            if not arrival.said and place[0] not in self._known
        )

    def arrived(self, devpath: str, devnum: str, absent_until: Instant, at: Instant) -> None:
        """A live event said that it was plugged in, between these instants."""
        self._arrivals.setdefault((devpath, devnum), _Arrival(at, absent_until))

    def removed(self, devpath: str, devnum: str, diskseq: str) -> None:
        """A live event said that this device, disk or partition went away. It may already be back."""
        for usb, known in list(self._known.items()):
            is_usb = devpath == usb and devnum in ("", known.device.devnum)
            is_volume = devpath == known.volume.devpath and diskseq in ("", known.volume.diskseq)
            if is_usb or is_volume:
                self._end(usb)
        for place in [place for place in self._arrivals if place[0] == devpath and devnum in ("", place[1])]:
            del self._arrivals[place]

    def compare(self, bus: Bus, since: Instant | None, now: Instant) -> None:
        """Take over what the bus shows. `since` is an instant just before the previous comparison."""
        for usb, known in list(self._known.items()):
            if not _is_still_there(known, bus):
                self._end(usb)
        self._arrivals = {
            (device.devpath, device.devnum): self._arrivals.get((device.devpath, device.devnum), _Arrival(now, since))
            for device in bus.devices.values()
        }
        self._ports = {device.devpath: device.port for device in bus.devices.values()}
        for usb, device in bus.devices.items():
            if usb in self._known:
                self._complete(usb, bus.volumes.get(usb, ()))
            else:
                self._consider(device, bus.volumes.get(usb, ()), now)

    def is_waiting(self, now: Instant) -> bool:
        """Whether a device has now been without a file system for too long, and nobody was told."""
        shown = {(known.device.devpath, known.device.devnum) for known in self._known.values()}
        return any(
            not arrival.said and now.monotonic_ns - arrival.seen_at.monotonic_ns > self._patience_ns
            for place, arrival in self._arrivals.items()
            if place not in shown
        )

    def _end(self, usb: str) -> None:
        self._ended[self._known.pop(usb).plug] += 1

    def _consider(self, device: UsbDevice, volumes: tuple[Volume, ...], now: Instant) -> None:
        arrival = self._arrivals[device.devpath, device.devnum]
        wrong = refused_interfaces(device.interfaces)
        usable = any(not one.no_file_system for _, one in camera_volumes(volumes))
        is_late = now.monotonic_ns - arrival.seen_at.monotonic_ns > self._patience_ns
        if wrong:
            self._refuse(device, arrival, now, "extra_interfaces", f"It is storage and {wrong} in one: not served.")
        elif usable:
            # Unlocked late, or a card put into a reader: it began somewhere between.
            begun = _Arrival(now, arrival.absent_until) if is_late else arrival
            self._publish(device, volumes, begun)
        elif is_late and may_hold_footage(device.interfaces):
            self._refuse(
                device, arrival, now, "no_file_system", "It shows no file system: a phone, or a camera still locked."
            )
        elif is_late:
            arrival.said = True

    def _complete(self, usb: str, volumes: tuple[Volume, ...]) -> None:
        """Its other volumes may be announced after the first."""
        known = self._known[usb]
        others = [one for volume, one in camera_volumes(volumes) if volume.devpath != known.volume.devpath]
        presence = replace(known.presence, volumes=grown(known.presence.volumes, others))
        if presence != known.presence:
            self._known[usb] = replace(known, presence=presence)

    def _publish(self, device: UsbDevice, volumes: tuple[Volume, ...], arrival: _Arrival) -> None:
        (volume, first), *others = camera_volumes(volumes)
        facts = {"source": "usb", "bay": device.port, **device.facts, **(volume.facts or {})}
        if others:
            facts["other_volumes"] = " ".join(one.device for _, one in others if not one.no_file_system)
        plug = f"usb:{arrival.seen_at.boot_id[:8]}:{_place(device, volume)}"
        presence = Presence(
            key=counted(plug, self._ended[plug]),
            source="usb",
            bay=device.port,
            seen_at=arrival.seen_at,
            absent_until=arrival.absent_until,
            device=volume.node,
            facts={name: value for name, value in facts.items() if value},
            volume_name=first.name,
            volumes=tuple(one for _, one in others),
        )
        arrival.said, arrival.refused = True, ""
        self._known[device.devpath] = _Known(device, volume, presence, plug)

    def _refuse(self, device: UsbDevice, arrival: _Arrival, now: Instant, reason: str, detail: str) -> None:
        if arrival.refused:
            return
        arrival.said, arrival.refused = True, reason
        name = " ".join(device.facts.get(fact, "") for fact in ("usb_vendor", "usb_model", "usb_serial")).strip()
        self._reports.append(
            SourceEvent("device_refused", now, bay=device.port, reason=reason, detail=f"{name}: {detail}")
        )


def _is_still_there(known: _Known, bus: Bus) -> bool:
    """The same plug, whatever udev now says of its file system: a card that fails to read loses that first."""
    device = bus.devices.get(known.device.devpath)
    if device is None or (device.devnum, device.initialized) != (known.device.devnum, known.device.initialized):
        return False
    volumes = bus.volumes.get(device.devpath, ())
    return any((one.devpath, one.diskseq) == (known.volume.devpath, known.volume.diskseq) for one in volumes)


def _place(device: UsbDevice, volume: Volume) -> str:
    return f"{device.devpath}#{device.devnum}.{device.initialized}.{volume.diskseq}"
