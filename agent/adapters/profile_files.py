"""Camera profiles as TOML files: the shipped ones, and a site's own, which win over shipped ones of the same name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from agent.errors import ConfigError
from agent.rules.footage import FileKind
from agent.rules.profiles import IdentitySource, Match, Profile

PACKAGE = Path(__file__).resolve().parent.parent

Source = Literal["folder_name", "marker", "fs_label", "file_name", "usb_serial", "fs_uuid", "port"]
TimeSource = Literal["container", "name", "mtime"]
# No "marker": what names a camera is never erased.
Erasable = Literal["video", "sidecar", "other"]

TIME_GROUPS = {"year", "month", "day", "hour", "minute", "second"}


class _Match(msgspec.Struct):
    source: Literal["", "usb", "folder"] = ""
    usb_vendor_id: tuple[str, ...] = ()
    usb_model_id: tuple[str, ...] = ()
    fs_label: str = ""
    fs_type: tuple[str, ...] = ()
    marker: str = ""


class _Identity(msgspec.Struct):
    source: Source
    pattern: str = IdentitySource("").pattern
    unique: bool = False


class _Files(msgspec.Struct):
    video: tuple[str, ...] = ()
    sidecar: tuple[str, ...] = ()
    marker: tuple[str, ...] = ()
    in_progress: tuple[str, ...] = ()
    flagged: tuple[str, ...] = ()


class _Time(msgspec.Struct):
    sources: tuple[TimeSource, ...] = ("container", "name", "mtime")
    name_patterns: tuple[str, ...] = ()
    name_zone: str = "UTC"


class _Erase(msgspec.Struct):
    enabled: bool = False
    kinds: tuple[Erasable, ...] = ()


class _File(msgspec.Struct):
    name: str
    match: list[dict[str, Any]] = msgspec.field(default_factory=list)
    identity: list[dict[str, Any]] = msgspec.field(default_factory=list)
    files: dict[str, Any] = msgspec.field(default_factory=dict)
    time: dict[str, Any] = msgspec.field(default_factory=dict)
    erase: dict[str, Any] = msgspec.field(default_factory=dict)


def shipped_folder() -> Path:
    """Where the profiles that come with the program are: inside the wheel, or beside the package in a checkout."""
    packaged = PACKAGE / "shipped_profiles"
    return packaged if packaged.is_dir() else PACKAGE.parent / "config" / "profiles"


def load_profiles(site: Path | None = None, shipped: Path | None = None) -> tuple[Profile, ...]:
    """Every profile, a site's own first.

    Raises:
        ConfigError: lists every problem of every file with its key.
    """
    problems: list[str] = []
    profiles: dict[str, Profile] = {}
    for folder in filter(None, (site, shipped or shipped_folder())):
        own: dict[str, Profile] = {}
        for path in _files_of(folder, problems):
            profile = _read(path, problems)
            if profile is not None and profile.name in own:
                problems.append(f"{path}: name: {profile.name!r} is the name of another profile in this folder")
            elif profile is not None:
                own[profile.name] = profile
        profiles |= {name: profile for name, profile in own.items() if name not in profiles}
    if problems:
        raise ConfigError(problems)
    return tuple(profiles.values())


def _files_of(folder: Path, problems: list[str]) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".toml" and not path.name.startswith("."))
    except OSError as error:
        problems.append(f"{folder}: the folder of camera profiles cannot be read: {error.strerror}")
        return []


def _read(path: Path, problems: list[str]) -> Profile | None:
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        problems.append(f"{path}: cannot be read: {error.strerror}")
        return None
    except ValueError as error:
        problems.append(f"{path}: not TOML: {error}")
        return None
    book = _Problems(str(path))
    profile = _profile(raw, book)
    problems.extend(book.found)
    return None if book.found else profile


@dataclass
class _Problems:
    """What is wrong in one file."""

    file: str
    found: list[str] = field(default_factory=list)

    def add(self, key: str, reason: str) -> None:
        self.found.append(f"{self.file}: {key}: {reason}")

    def table(self, raw: Mapping[str, Any], kind: type[msgspec.Struct], where: str) -> dict[str, Any]:
        """The table's values, key by key, so that one wrong key does not hide the next."""
        fields = {known.name: known for known in msgspec.structs.fields(kind)}
        for key in raw:
            if key not in fields:
                self.add(where + key, f"unknown key; known here: {', '.join(fields)}")
        values: dict[str, Any] = {}
        for name, known in fields.items():
            if name not in raw:
                if known.required:
                    self.add(where + name, "is missing")
                continue
            try:
                values[name] = msgspec.convert(raw[name], known.type)
            except msgspec.ValidationError as error:
                self.add(where + name, f"{raw[name]!r}: {error}")
        return values

    def pattern(self, text: str, key: str, groups: set[str] | None = None) -> None:
        try:
            named = set(re.compile(text).groupindex)
        except re.error as error:
            self.add(key, f"{text!r} is no regular expression: {error}")
            return
        if groups and not groups <= named:
            self.add(key, f"{text!r} lacks the groups {', '.join(sorted(groups - named))}")


def _profile(raw: Mapping[str, Any], book: _Problems) -> Profile | None:
    top = book.table(raw, _File, "")
    matches = [book.table(one, _Match, f"{where}.") for where, one in _numbered(top, "match")]
    ranks = [book.table(one, _Identity, f"{where}.") for where, one in _numbered(top, "identity")]
    files = book.table(top.get("files", {}), _Files, "files.")
    time = book.table(top.get("time", {}), _Time, "time.")
    erase = book.table(top.get("erase", {}), _Erase, "erase.")
    _check_values(top, matches, ranks, time, book)
    if book.found:
        return None
    return Profile(
        name=top["name"],
        match=tuple(Match(**one) for one in matches),
        identity=tuple(IdentitySource(**one) for one in ranks),
        **files,
        **{{"sources": "time_sources"}.get(key, key): value for key, value in time.items()},
        erase_kinds=frozenset(FileKind(kind) for kind in erase.get("kinds", ())),
        erase_enabled=erase.get("enabled", False),
    )


def _numbered(top: Mapping[str, Any], key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, one in enumerate(top.get(key, []), start=1):
        yield f"{key}[{number}]", one


def _check_values(
    top: Mapping[str, Any],
    matches: list[dict[str, Any]],
    ranks: list[dict[str, Any]],
    time: Mapping[str, Any],
    book: _Problems,
) -> None:
    if "name" in top and not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", top["name"]):
        book.add("name", f"{top['name']!r}: use small letters, digits, '.', '_', '-', for example 'acme-x1'")
    for number, one in enumerate(matches, start=1):
        book.pattern(one.get("fs_label", ""), f"match[{number}].fs_label")
    for number, one in enumerate(ranks, start=1):
        book.pattern(one.get("pattern", ""), f"identity[{number}].pattern")
        if one.get("unique") and one.get("source") in ("fs_uuid", "port"):
            book.add(
                f"identity[{number}].unique", f"{one['source']!r} never names one camera: cards and ports change"
            )
    for number, text in enumerate(time.get("name_patterns", ()), start=1):
        book.pattern(text, f"time.name_patterns[{number}]", TIME_GROUPS)
    try:
        ZoneInfo(time.get("name_zone", "UTC"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        book.add("time.name_zone", f"{time['name_zone']!r} is no time zone; for example 'Europe/Berlin'")
