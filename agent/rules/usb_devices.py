"""What may be a camera on USB, and what is refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping

STORAGE = "08"
NEVER = {
    "02": "a network or modem",
    "03": "a keyboard or mouse",
    "0a": "a network or modem",
    "0b": "a smart card reader",
    "e0": "a wireless adapter",
    "ef": "a composite device of its own kind",
}
"""Keyboards type commands, network interfaces carry them: no profile can allow these."""
_NAMES = {
    "01": "a sound device",
    "05": "a physical device",
    "06": "a still camera (MTP or PTP)",
    "07": "a printer",
    "09": "a hub",
    "0e": "a video camera",
    "10": "a sound and video device",
    "dc": "a diagnostic device",
    "fe": "an application-specific interface",
    "ff": "a vendor's own interface",
}
_NETWORK_SUBCLASS = "ef04"
# Mass storage, still image (MTP, PTP), vendor's own: where footage can be.
_FOOTAGE = {STORAGE, "06", "ff"}


def refused_interfaces(interfaces: str, own: Collection[str] = ()) -> str:
    """What this storage device offers beside storage and may not; empty when nothing is wrong with it.

    `interfaces` are udev's: `:080650:030101:`. `own` are the classes that the device's profile allows beside storage.
    """
    offered = classes_of(interfaces)
    if STORAGE not in {one[:2] for one in offered}:
        return ""
    return _beside_storage(offered, own)


def refused_face(interfaces: str, own: Collection[str] = ()) -> str:
    """The same for a locked camera, which may not be storage yet."""
    return _beside_storage(classes_of(interfaces), own)


def classes_of(interfaces: str) -> list[str]:
    """The interfaces of a device, six hex digits each."""
    return [one.lower() for one in interfaces.split(":") if one]


def _beside_storage(offered: Collection[str], own: Collection[str]) -> str:
    wrong = []
    for one in offered:
        kind = one[:2]
        if one.startswith(_NETWORK_SUBCLASS):
            wrong.append("a network")
        elif kind in NEVER:
            wrong.append(NEVER[kind])
        elif kind != STORAGE and kind not in own:
            wrong.append(_NAMES.get(kind, f"an interface of class {kind}"))
    return ", ".join(dict.fromkeys(wrong))


def may_hold_footage(interfaces: str) -> bool:
    """Whether a device without a file system is worth a word: a phone or a locked camera, not a keyboard."""
    classes = {one[:2] for one in classes_of(interfaces)}
    return not classes or bool(classes & _FOOTAGE)


def bay_of(port: str, bays: Collection[str]) -> str:
    """The labelled bay that a port belongs to: a camera with a hub of its own sits one step behind its bay.
    The port itself where no bay is above it."""
    above = [bay for bay in bays if port == bay or port.startswith(f"{bay}.")]
    return max(above, key=len, default=port)


def refused_housing(others: Mapping[str, str]) -> str:
    """What is behind a bay's own hub beside storage, and may not be. `others`: by port, the interfaces of each device
    there."""
    return ", ".join(
        dict.fromkeys(
            what
            for interfaces in others.values()
            for one in classes_of(interfaces)
            if (what := "a network" if one.startswith(_NETWORK_SUBCLASS) else NEVER.get(one[:2], ""))
        )
    )
