"""What may be a camera on USB, and what is refused."""

from __future__ import annotations

# Keyboards and mice type commands, network interfaces carry them: a camera has no use for either.
_REFUSED = {"02": "a network or modem", "03": "a keyboard or mouse", "0a": "a network", "e0": "a wireless adapter"}
_NETWORK_SUBCLASS = "ef04"
# Mass storage, still image (MTP, PTP), vendor's own: where footage can be.
_FOOTAGE = {"08", "06", "ff"}


def refused_interfaces(interfaces: str) -> str:
    """What this storage device offers beside storage and may not; empty when nothing is wrong with it.

    `interfaces` are udev's: `:080650:030101:`.
    """
    offered = [one.lower() for one in interfaces.split(":") if one]
    if "08" not in {one[:2] for one in offered}:
        return ""
    wrong = [_REFUSED[one[:2]] for one in offered if one[:2] in _REFUSED]
    wrong += ["a network" for one in offered if one.startswith(_NETWORK_SUBCLASS)]
    return ", ".join(dict.fromkeys(wrong))


def may_hold_footage(interfaces: str) -> bool:
    """Whether a device without a file system is worth a word: a phone or a locked camera, not a keyboard."""
    classes = {one[:2].lower() for one in interfaces.split(":") if one}
    return not classes or bool(classes & _FOOTAGE)
