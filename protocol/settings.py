"""How both sides read their configuration: TOML, strict, every problem listed at once.

A settings file is described by msgspec structs. Unknown keys are refused with the nearest known one; each
problem names file, line, key, value, reason and an example. Durations are written "24h", sizes "10GiB",
rates "50Mbit/s".
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

_DURATION = {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}
_SIZE = {
    "": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
    "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40,
}  # fmt: skip
_RATE = {
    "bit/s": 1 / 8, "kbit/s": 10**3 / 8, "mbit/s": 10**6 / 8, "gbit/s": 10**9 / 8,
    "b/s": 1, "kb/s": 10**3, "mb/s": 10**6, "gb/s": 10**9, "kib/s": 2**10, "mib/s": 2**20, "gib/s": 2**30,
}  # fmt: skip
_QUANTITY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z/]*)\s*")


LONGEST_S = 100 * 365 * 86400


class Seconds(float):
    """A duration, in seconds."""

    example = "24h"


class Bytes(int):
    """A size, in bytes."""

    example = "10GiB"


class BytesPerSecond(float):
    """A rate, in bytes per second."""

    example = "50Mbit/s"


def parse_duration(text: str) -> Seconds:
    """Seconds of `"90s"`, `"1h30m"`, `"7d"`. Raises ValueError."""
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([a-z]+)", text.strip().lower())
    joined = "".join(number + unit for number, unit in parts)
    if not parts or joined != re.sub(r"\s+", "", text.strip().lower()) or any(u not in _DURATION for _, u in parts):
        raise ValueError("a duration is a number with a unit: ms, s, m, h, d or w")
    seconds = sum(float(number) * _DURATION[unit] for number, unit in parts)
    if seconds > LONGEST_S:
        raise ValueError("a duration is at most a hundred years")
    return Seconds(seconds)


def parse_size(text: str) -> Bytes:
    """Bytes of `"64MiB"`, `"10GB"` or `"4096"`. Raises ValueError."""
    return Bytes(round(_quantity(text, _SIZE, "a size is a number with a unit such as KiB, MiB, GiB or GB")))


def parse_rate(text: str) -> BytesPerSecond:
    """Bytes per second of `"50Mbit/s"` or `"6MiB/s"`. Raises ValueError."""
    rate = _quantity(text, _RATE, "a rate is a number with a unit such as Mbit/s or MiB/s")
    if rate <= 0:
        raise ValueError("a rate must be above zero")
    return BytesPerSecond(rate)


def _quantity(text: str, units: dict[str, float] | dict[str, int], reason: str) -> float:
    match = _QUANTITY.fullmatch(text)
    if match is None or match[2].lower() not in units:
        raise ValueError(reason)
    return float(match[1]) * units[match[2].lower()]


_PARSERS = {Seconds: parse_duration, Bytes: parse_size, BytesPerSecond: parse_rate}


def _decode(kind: type, value: object) -> Any:
    parser = _PARSERS.get(kind)
    if parser is None:
        raise NotImplementedError(kind)
    if isinstance(value, str):
        return parser(value)
    raise ValueError(f'write it as text with a unit, e.g. "{getattr(kind, "example", "")}"')


class SettingsError(Exception):
    """The file cannot be used; nothing was changed. `problems` has one line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


StructT = TypeVar("StructT", bound=msgspec.Struct)

Check = Callable[[Any], str]
"""Why a value of the right type is still refused; empty when it is fine."""


def load(path: Path, into: type[StructT], checks: Mapping[str, Check] | None = None) -> StructT:
    """The settings in `path`. `checks` are by dotted key, `*` standing for any name of a table of tables.

    Raises:
        SettingsError: with every problem of the file at once.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError([f"{path}: there is no such file"]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([f"{path}: cannot be read: {error}"]) from None
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError([f"{path}: this is not TOML: {error}"]) from None
    reader = _Reader(path, text, checks or {})
    settings = reader.struct(document, into, ())
    if reader.problems or settings is None:
        raise SettingsError(reader.problems)
    return settings


def where(path: Path, *keys: str | int) -> str:
    """`file:line: table.key`, for problems that are found after loading."""
    return _Reader(path, path.read_text(encoding="utf-8"), {}).place(tuple(keys))


class _Reader:
    """Walks a document along the structs and collects problems instead of stopping at the first."""

    def __init__(self, path: Path, text: str, checks: Mapping[str, Check]) -> None:
        self.path = path
        self.checks = checks
        self.lines = text.splitlines()
        self.problems: list[str] = []

    def struct(self, value: object, into: type[StructT], keys: tuple[str | int, ...]) -> StructT | None:
        if not isinstance(value, dict):
            self.problem(keys, value, "this must be a table", None)
            return None
        hints = get_type_hints(into, include_extras=True)
        fields = {field.encode_name: field for field in msgspec.structs.fields(into)}
        for name in value.keys() - fields.keys():
            near = difflib.get_close_matches(name, fields.keys(), n=1)
            known = f"known keys: {', '.join(sorted(fields))}" if fields else "this table takes no keys yet"
            advice = f"did you mean {near[0]!r}?" if near else known
            self.problems.append(f"{self.place((*keys, name))}: unknown key; {advice}")
        found: dict[str, Any] = {}
        for name, field in fields.items():
            if name in value:
                before = len(self.problems)
                found[field.name] = self.leaf(value[name], hints[field.name], (*keys, name))
                if len(self.problems) > before:
                    found.pop(field.name)
            elif field.required:
                self.problem((*keys, name), None, "this key is missing and has no default", hints[field.name])
        missing = [field for field in fields.values() if field.required and field.name not in found]
        return None if missing else into(**found)

    def leaf(self, value: object, kind: Any, keys: tuple[str | int, ...]) -> Any:
        bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
        # A table that may be left out: `Table | None`.
        bare = next((one for one in get_args(bare) if _is_struct(one) and get_origin(bare) is UnionType), bare)
        if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
            return self.struct(value, bare, keys)
        inner = get_args(bare)
        if get_origin(bare) is list and isinstance(value, list) and _is_struct(inner[0]):
            return [self.struct(item, inner[0], (*keys, n)) for n, item in enumerate(value)]
        if get_origin(bare) is dict and isinstance(value, dict) and _is_struct(inner[1]):
            return {name: self.struct(item, inner[1], (*keys, name)) for name, item in value.items()}
        try:
            found = _converted(value, kind)
        except (msgspec.ValidationError, ValueError) as error:
            self.problem(keys, value, str(error), kind)
            return None
        reason = next((check(found) for rule, check in self.checks.items() if _is_at(keys, rule)), "")
        if reason:
            self.problem(keys, value, reason, kind)
        return found

    def problem(self, keys: tuple[str | int, ...], value: object, reason: str, kind: Any) -> None:
        shown = "" if value is None else f" = {value!r}"
        example = _example(kind)
        self.problems.append(
            f"{self.place(keys)}{shown}: {reason}" + (f" (example: {keys[-1]} = {example})" if example else "")
        )

    def place(self, keys: tuple[str | int, ...]) -> str:
        dotted = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")
        line = next((line for n in range(len(keys), 0, -1) if (line := self.line_of(keys[:n]))), None)
        return f"{self.path}:{line}: {dotted}" if line else f"{self.path}: {dotted}"

    def line_of(self, keys: tuple[str | int, ...]) -> int | None:
        """The line on which a key stands; its table's line when it is missing. Good enough to find it by eye."""
        table = [key for key in keys[:-1] if isinstance(key, str)]
        index = next((key for key in keys if isinstance(key, int)), 0)
        header = re.compile(r"\s*(\[\[?)\s*" + r"\s*\.\s*".join(f'"?{re.escape(k)}"?' for k in table) + r"\s*\]")
        inside, seen, table_line = not table, 0, None
        for number, line in enumerate(self.lines, 1):
            if re.match(r"\s*\[", line) and not re.match(r"\s*\[[^\]]*$", line):
                inside = bool(table) and header.match(line) is not None
                if inside and "[[" in line:
                    inside, seen = seen == index, seen + 1
                table_line = number if inside else table_line
            elif inside and re.match(rf'\s*"?{re.escape(str(keys[-1]))}"?\s*=', line):
                return number
            if table and re.match(rf'\s*"?{re.escape(str(keys[-1]))}"?\s*\]', line.partition("[")[2].lstrip("[")):
                table_line = table_line or number
        return table_line


def _converted(value: object, kind: Any) -> Any:
    """msgspec would read a timedelta as ISO 8601; here it is written like every other duration."""
    bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    if timedelta in (bare, *get_args(bare)):
        return timedelta(seconds=_decode(Seconds, value))
    return msgspec.convert(value, kind, dec_hook=_decode)


def _is_at(keys: tuple[str | int, ...], rule: str) -> bool:
    parts = rule.split(".")
    return len(parts) == len(keys) and all(part in ("*", key) for part, key in zip(parts, keys, strict=True))


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _example(kind: Any) -> str:
    if get_origin(kind) is Annotated:
        for meta in get_args(kind)[1:]:
            if isinstance(meta, msgspec.Meta) and meta.examples:
                return str(msgspec.json.encode(meta.examples[0]).decode())
        kind = get_args(kind)[0]
    for member in (kind, *get_args(kind)):
        if member is timedelta:
            return f'"{Seconds.example}"'
        if isinstance(member, type) and hasattr(member, "example"):
            return f'"{member.example}"'
    return ""
