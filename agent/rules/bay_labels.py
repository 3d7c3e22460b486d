"""What a bay may be called, what is offered for the next one, and which bay has just lit up."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

LONGEST = 40
"""Letters of a label, as the configuration has it."""
_NUMBERED = re.compile(r"Bay (\d{1,6})")


def next_label(labels: Collection[str]) -> str:
    """What to offer for the next bay: one more than the highest `Bay N`."""
    numbers = [int(found[1]) for label in labels if (found := _NUMBERED.fullmatch(label))]
    return f"Bay {max(numbers, default=0) + 1}"


def label_problem(label: str, port: str, labels: Mapping[str, str]) -> str:
    """Why this bay cannot be called so; empty when it can. `labels`: those given already, by port path."""
    if not label.strip():
        return "a label must say something"
    if len(label) > LONGEST:
        return f"a label has at most {LONGEST} letters; this one has {len(label)}"
    if not label.isprintable():
        return "a label is one line of printable letters"
    taken = [other for other, said in labels.items() if said == label and other != port]
    return f"{taken[0]} is {label} already; no two bays may have one label" if taken else ""


def port_problem(port: str) -> str:
    """Why this is no USB port path; empty when it is one."""
    if re.fullmatch(r"\d+-\d+(\.\d+)*", port):
        return ""
    return f"{port!r} is no USB port path such as 1-1.4.2"


def lit_up(before: Collection[str], now: Collection[str]) -> tuple[str, ...]:
    """The bays that hold something now and did not a moment ago."""
    return tuple(sorted(set(now) - set(before)))
