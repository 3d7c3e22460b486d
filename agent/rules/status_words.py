"""One line that says how a station is doing: for `systemctl status`, `dock-agent check` and a ping's body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Doing:
    """What the line is made of."""

    busy_bays: int
    bays: int
    """How many bays the configuration names; 0: it names none."""
    waiting_files: int
    """Files without a receipt."""
    central_answers: bool
    hung: Sequence[str] = ()
    config_refused: bool = False
    profiles_refused: int = 0
    """Problems of a site's camera profiles."""
    needs_restart: int = 0
    """Keys of the configuration that changed and count only after a restart."""


def status_line(doing: Doing) -> str:
    """`2 of 8 bays busy; 14 files waiting; central reachable`, and what a person should know besides."""
    of = f" of {doing.bays}" if doing.bays >= doing.busy_bays and doing.bays else ""
    bays = doing.bays if of else doing.busy_bays
    parts = [
        f"{doing.busy_bays}{of} {_plural(bays, 'bay')} busy",
        f"{doing.waiting_files} {_plural(doing.waiting_files, 'file')} waiting",
        "central reachable" if doing.central_answers else "central unreachable: docking counts, uploads wait",
    ]
    if doing.hung:
        parts.insert(0, f"HUNG: {', '.join(doing.hung)}")
    if doing.profiles_refused:
        problems = f"{doing.profiles_refused} {_plural(doing.profiles_refused, 'problem')}"
        parts.append(f"{problems} in camera profiles (see check-config)")
    if doing.config_refused:
        parts.append("new configuration refused, the old one counts (see the log)")
    elif doing.needs_restart:
        parts.append("configuration changed: restart needed")
    return "; ".join(parts)


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"
