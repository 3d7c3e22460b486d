"""Which volumes a USB device has: those with a file system, and places where footage may lie that nobody can read."""

from __future__ import annotations

from collections.abc import Iterable

from agent.adapters.usb_bus import Volume
from agent.rules.footage import CameraVolume
from agent.rules.volumes import could_hold_footage, volume_name


def camera_volumes(volumes: Iterable[Volume]) -> list[tuple[Volume, CameraVolume]]:
    """In order, those with a file system first. Names depend on the device's disks and partitions alone."""
    # A disc that a device pretends to have brings its maker's programs, never footage.
    every = sorted((one for one in volumes if not one.node.startswith("/dev/sr")), key=Volume.order)
    disks = {one.devpath: number for number, one in enumerate((one for one in every if one.number == 0), 1)}
    divided = {_disk(one) for one in every if one.number}
    placed = [
        ((disks.get(_disk(one), 1), one.number), one)
        for one in every
        if (one.number or one.devpath not in divided or one.facts is not None) and _is_place(one)
    ]
    first = min((at for at, _ in placed if at[0] == 1), default=(1, 0))
    named = [
        (one, CameraVolume(volume_name(*at, first), one.node, dict(one.facts or {}), one.facts is None))
        for at, one in placed
    ]
    return sorted(named, key=lambda pair: pair[1].no_file_system)


def grown(known: tuple[CameraVolume, ...], now: Iterable[CameraVolume]) -> tuple[CameraVolume, ...]:
    """What is known with what came since: partitions are announced one by one, a second memory later still. Nothing
    is taken away: a card that fails loses its file system in udev's eyes first."""
    fresh = {one.name: one for one in now}
    kept = [fresh.pop(one.name, one) if one.no_file_system else one for one in known]
    come = [one for one in fresh.values() if one.name not in {one.name for one in kept}]
    return tuple(sorted((*kept, *come), key=lambda one: one.no_file_system))


def _is_place(one: Volume) -> bool:
    return one.facts is not None or (one.described and could_hold_footage(one.size, one.kind))


def _disk(one: Volume) -> str:
    return one.devpath.rpartition("/")[0] if one.number else one.devpath
