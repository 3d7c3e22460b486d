"""Sizes as people write them: `64MiB`, `10GiB`, `500kB`, `4096`."""

from __future__ import annotations

import re

_UNITS = {"": 1, "b": 1}
_UNITS |= {f"{letter}ib": 1024**power for power, letter in enumerate("kmgt", 1)}
_UNITS |= {f"{letter}b": 1000**power for power, letter in enumerate("kmgt", 1)}


def parse_size(text: str) -> int:
    """Bytes.

    Raises:
        ValueError: it is no size; the message says what one looks like.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", text)
    if match is None or match[2].lower() not in _UNITS:
        raise ValueError(f"{text!r} is no size; write for example 64MiB, 10GiB or 4096")
    return (
        int(float(match[1]) * _UNITS[match[2].lower()])
        if "." in match[1]
        else int(match[1]) * _UNITS[match[2].lower()]
    )


def show_size(size: int) -> str:
    """The size in the largest unit that keeps it readable, e.g. `1.5 GiB`."""
    amount = float(size)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"
