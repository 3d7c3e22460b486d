"""Looks whether UDisks2 answers and whether polkit would let this process mount. Nothing is mounted by asking."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from jeepney import DBusAddress

from agent.adapters import udisks
from agent.adapters.system_bus import BusRefusal, BusSilent, call
from agent.rules.diagnosis.mounting import ACTIONS, MounterFacts

ASK_WITHIN_S = 25.0
"""polkitd may have to be started first."""
RULES = "agent/volume_state.py"
"""What the package's udev rule runs: a rule that names it is that rule."""

_AUTHORITY = "org.freedesktop.PolicyKit1"
_DOOR = DBusAddress(f"/{_AUTHORITY.replace('.', '/')}/Authority", _AUTHORITY, f"{_AUTHORITY}.Authority")


def mounter(user: str, rules: tuple[str, ...]) -> MounterFacts:
    """`user`: who runs this; `rules`: the text of every udev rule of this PC."""
    has_rule = any(RULES in text for text in rules)
    try:
        version = udisks.version()
    except (BusSilent, BusRefusal) as error:
        return MounterFacts(user, trouble=str(error), has_udev_rule=has_rule)
    refused, unasked = [], ""
    for action in ACTIONS:
        try:
            if not _would_be_allowed(action):
                refused.append(action)
        except (BusSilent, BusRefusal) as error:
            unasked = str(error)
    return MounterFacts(user, version, refused=tuple(refused), unasked=unasked, has_udev_rule=has_rule)


def _would_be_allowed(action: str) -> bool:
    """Whether polkit would say yes to this process at once, without a password. Raises BusSilent, BusRefusal."""
    started = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    ourselves = ("unix-process", {"pid": ("u", os.getpid()), "start-time": ("t", int(started))})
    asked: tuple[Any, ...] = (ourselves, action, {}, 0, "")
    ((allowed, _, _),) = call(_DOOR, "CheckAuthorization", "(sa{sv})sa{ss}us", asked, within_s=ASK_WITHIN_S)
    return bool(allowed)
