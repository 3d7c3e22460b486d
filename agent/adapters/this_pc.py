"""What this PC is, for a sheet of paper: nothing here decides anything."""

from __future__ import annotations

import os
import platform
import sqlite3
from dataclasses import dataclass
from pathlib import Path

DMI = Path("/sys/class/dmi/id")
_MEANS_NOTHING = frozenset({"", "none", "to be filled by o.e.m.", "default string", "system serial number"})


@dataclass(frozen=True, slots=True)
class ThisPc:
    hostname: str
    model: str
    """Empty where the firmware does not say."""
    serial: str
    """Empty where the firmware does not say, or only to root."""
    system: str
    kernel: str
    processors: int


def this_pc(dmi: Path = DMI) -> ThisPc:
    try:
        system = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    except OSError:
        system = "Linux"
    vendor, product = _said(dmi / "sys_vendor"), _said(dmi / "product_name")
    return ThisPc(
        hostname=platform.node(),
        model=" ".join(word for word in (vendor, product) if word),
        serial=_said(dmi / "product_serial"),
        system=system,
        kernel=platform.release(),
        processors=os.cpu_count() or 0,
    )


def versions() -> dict[str, str]:
    """Of what the agent stands on."""
    return {"Python": platform.python_version(), "SQLite": sqlite3.sqlite_version}


def _said(path: Path) -> str:
    try:
        text = path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""
    return "" if text.lower() in _MEANS_NOTHING else text[:80]
