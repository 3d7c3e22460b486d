"""Puts one bay's label into the text of a configuration and leaves every other letter of it as it is."""

from __future__ import annotations

import re
import tomllib
from typing import Any

_HEADER = re.compile(r"""\s*\[\s*(bays|"bays"|'bays')\s*\]\s*(#.*)?""")
_ANY_HEADER = re.compile(r"\s*\[")
_ENTRY = re.compile(
    r"""(?P<head>\s*(?P<key>"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)\s*=\s*)"""
    r"""(?:"(?:[^"\\]|\\.)*"|'[^']*')(?P<tail>\s*(#.*)?)"""
)


def with_label(text: str, port: str, label: str) -> str:
    """`text` with `"port" = "label"` in its table [bays]; comments, order and line ends stay.

    Raises:
        ValueError: it is no TOML, or writes its bays in a way that cannot be added to safely.
    """
    wanted = _with(tomllib.loads(text), port, label)
    end = "\r\n" if "\r\n" in text else "\n"
    changed = end.join(_edited(text.replace("\r\n", "\n").split("\n"), port, label))
    try:
        is_it = tomllib.loads(changed) == wanted
    except tomllib.TOMLDecodeError:
        is_it = False
    if not is_it:  # an inline table, a header within a text of several lines: nobody's guess is good enough
        raise ValueError('its bays are not written as a table: write them as [bays] with lines "1-1.4" = "Bay 7"')
    return changed


def _with(document: dict[str, Any], port: str, label: str) -> dict[str, Any]:
    bays = document.get("bays", {})
    return {**document, "bays": {**(bays if isinstance(bays, dict) else {}), port: label}}


def _edited(lines: list[str], port: str, label: str) -> list[str]:
    header = next((number for number, line in enumerate(lines) if _HEADER.fullmatch(line)), None)
    entry = f"{_quoted(port)} = {_quoted(label)}"
    if header is None:
        body = _without_blank_end(lines)
        return [*body, *([""] if body else []), "[bays]", entry, ""]
    last = header
    for number in range(header + 1, len(lines)):
        if _ANY_HEADER.match(lines[number]):
            break
        found = _ENTRY.fullmatch(lines[number])
        if found is None:
            continue
        last = number
        if _key(found["key"]) == port:
            return [*lines[:number], f"{found['head']}{_quoted(label)}{found['tail']}", *lines[number + 1 :]]
    rest = lines[last + 1 :]
    return [*lines[: last + 1], entry, *(rest or [""])]


def _without_blank_end(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return lines[:end]


def _key(written: str) -> str:
    return str(next(iter(tomllib.loads(f"{written} = 0"))))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
