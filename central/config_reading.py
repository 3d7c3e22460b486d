"""Reads `central.toml` whole and lists every problem at once."""

from __future__ import annotations

import difflib
import re
import tomllib
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

from central.config import CentralConfig, Unit
from central.durations import parse_duration


@dataclass(frozen=True)
class ConfigProblem:
    """One thing that is wrong in one file, told so that it can be mended."""

    file: str
    key: str
    value: str
    reason: str
    example: str

    def __str__(self) -> str:
        shown = f"{self.key} = {self.value}" if self.key else self.value
        text = f"{self.file}: {shown}: {self.reason}"
        return f"{text} (example: {self.example})" if self.example else text


class ConfigError(Exception):
    """The file cannot be used; nothing was started. `problems` holds everything that is wrong with it."""

    def __init__(self, problems: list[ConfigProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def _one_of(*allowed: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        return "" if value in allowed else "must be one of " + ", ".join(allowed)

    return check


def _is_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        return "no such time zone"
    return ""


def _is_web_url(value: str) -> str:
    if not value:
        return ""
    parts = urlsplit(value)
    good = parts.scheme in ("http", "https") and parts.netloc and parts.path in ("", "/") and not parts.query
    return "" if good else "must be http:// or https:// with a host and nothing behind it"


def _is_scheme(*schemes: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not value or urlsplit(value).scheme in schemes:
            return ""
        return "must begin with " + " or ".join(f"{scheme}://" for scheme in schemes)

    return check


def _is_port(value: int) -> str:
    return "" if 1 <= value <= 65535 else "must be a port from 1 to 65535"


def _are_addresses(values: tuple[str, ...]) -> str:
    bad = [value for value in values if not re.fullmatch(r"[^@\s]+@[^@\s]+", value)]
    return "no mail address: " + ", ".join(bad) if bad else ""


def _are_times(values: tuple[str, ...]) -> str:
    bad = [value for value in values if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value)]
    return "no time of day: " + ", ".join(bad) if bad else ""


CHECKS: dict[str, Callable[[Any], str]] = {
    "web.base_url": _is_web_url,
    "web.time_zone": _is_zone,
    "mail.port": _is_port,
    "mail.security": _one_of("none", "starttls", "tls"),
    "storage.url": _is_scheme("file", "s3"),
    "database.url": _is_scheme("sqlite", "postgres", "postgresql"),
    "notices.mode": _one_of("live", "shadow"),
    "notices.it_recipients": _are_addresses,
    "unit.*.mode": _one_of("live", "shadow"),
    "unit.*.digest_times": _are_times,
}

EXAMPLES = {
    "web.base_url": '"https://central.example"',
    "web.time_zone": '"America/Chicago"',
    "mail.host": '"mail.example"',
    "mail.port": "587",
    "mail.from": '"dock@example"',
    "mail.security": '"starttls"',
    "mail.username": '"dock"',
    "mail.password_file": '"/etc/dock/mail-password"',
    "storage.url": '"s3://bucket/prefix"',
    "database.url": '"postgresql://user@host/name"',
    "notices.mode": '"live"',
    "notices.it_recipients": '["it@example"]',
    "unit.*.mode": '"shadow"',
    "unit.*.digest_times": '["06:00", "14:00"]',
}


def read_config(path: Path) -> CentralConfig:
    """The settings in `path`; a missing file means all defaults.

    Raises:
        ConfigError: with every problem of the file, not only the first.
    """
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        return CentralConfig()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([ConfigProblem(str(path), "", "the file", f"cannot be read: {error}", "")]) from error
    return parse_config(text, str(path))


def parse_config(text: str, file: str) -> CentralConfig:
    """The settings in `text`.

    Raises:
        ConfigError: with every problem of the text.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([ConfigProblem(file, "", "the file", f"is not TOML: {error}", 'key = "value"')]) from error
    reader = _Reader(file)
    config: CentralConfig = reader.struct(CentralConfig, raw, "", "")
    if not reader.problems and config.stations.offline_after < config.stations.stale_after:
        shown = repr(raw["stations"].get("offline_after", "(default)"))
        reader.problem("stations.offline_after", shown, "is shorter than stale_after", '"15min"')
    if reader.problems:
        raise ConfigError(reader.problems)
    return config


class _Reader:
    """Walks the tables of one file and collects what is wrong."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[ConfigProblem] = []

    def problem(self, key: str, shown: str, reason: str, example: str) -> None:
        self.problems.append(ConfigProblem(self.file, key, shown, reason, example))

    def struct(self, kind: type[Any], table: object, key: str, rule: str) -> Any:
        """A struct of `kind`; defaults stand where a value was refused."""
        if not isinstance(table, dict):
            self.problem(key, repr(table), "must be a table", f"[{key}]")
            return kind()
        names = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        values = {}
        for name, value in table.items():
            path, known = f"{key}.{name}".lstrip("."), names.get(name)
            if known is None:
                self._unknown(path, name, value, list(names))
            else:
                found = self._value(known.type, value, path, f"{rule}.{name}".lstrip("."))
                if found is not None:
                    values[known.name] = found
        return kind(**values)

    def _unknown(self, path: str, name: str, value: object, names: list[str]) -> None:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        allowed = "allowed: " + ", ".join(names) if names else "this table takes no keys yet"
        self.problem(path, _shown(value), f"unknown key{hint}", allowed)

    def _value(self, kind: Any, value: object, path: str, rule: str) -> Any:
        kinds = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
        wanted = kinds[0]
        if typing.get_origin(wanted) is dict:
            return self._units(value, path)
        if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
            return self.struct(wanted, value, path, rule)
        if wanted is timedelta:
            return self._duration(value, path)
        try:
            found = msgspec.convert(value, wanted, strict=True)
        except msgspec.ValidationError as error:
            self.problem(path, _shown(value), str(error).split(" - at")[0], EXAMPLES.get(rule, ""))
            return None
        reason = CHECKS[rule](found) if rule in CHECKS else ""
        if reason:
            self.problem(path, _shown(value), reason, EXAMPLES.get(rule, ""))
            return None
        return found

    def _units(self, value: object, path: str) -> dict[str, Unit] | None:
        if not isinstance(value, dict):
            self.problem(path, _shown(value), "must be tables, one per unit", '[unit."East Patrol"]')
            return None
        return {name: self.struct(Unit, table, f'{path}."{name}"', f"{path}.*") for name, table in value.items()}

    def _duration(self, value: object, path: str) -> timedelta | None:
        if isinstance(value, str):
            try:
                return parse_duration(value)
            except ValueError as error:
                reason = str(error)
        else:
            reason = "must be a duration in quotes"
        self.problem(path, _shown(value), reason, '"24h"')
        return None


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)
