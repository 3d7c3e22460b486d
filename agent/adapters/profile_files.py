"""Camera profiles as TOML files: the shipped ones, and a site's own, which win over shipped ones of the same name."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from agent.adapters.profile_fields import CHECKS, ProfileTable, problems_of, profile_of
from agent.errors import ConfigError
from agent.rules.profiles import Profile
from protocol import settings

PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class ProfileSet:
    """Every profile that can be used, a site's own first, and what is wrong with the others."""

    profiles: tuple[Profile, ...]
    problems: tuple[str, ...] = ()
    """With file, line and key. A wrong file disables nothing but itself."""
    files: tuple[tuple[str, Path], ...] = ()
    """By profile: the file that it came from."""
    overridden: tuple[str, ...] = ()
    """Shipped profiles whose place a site's file took."""
    wrong: frozenset[str] = frozenset()
    """Names that wrong files bear, or would bear by their file name."""
    held_back: tuple[str, ...] = ()
    """Shipped profiles that stand in for a site's wrong file of their name: they never erase."""


def shipped_folder() -> Path:
    """Where the profiles that come with the program are: inside the wheel, or beside the package in a checkout."""
    packaged = PACKAGE / "shipped_profiles"
    return packaged if packaged.is_dir() else PACKAGE.parent / "config" / "profiles"


def load_profiles(site: Path | None = None, shipped: Path | None = None) -> tuple[Profile, ...]:
    """Every profile, a site's own first.

    Raises:
        ConfigError: lists every problem of every file with its line and key.
    """
    found = read_profiles(site, shipped)
    if found.problems:
        raise ConfigError(list(found.problems))
    return found.profiles


def read_profiles(site: Path | None = None, shipped: Path | None = None) -> ProfileSet:
    """Every profile that can be used. A site's wrong file lets the shipped profile of its name stand without erasing:
    what the site wanted to keep stays on its cards.

    Raises:
        ConfigError: a shipped file is wrong; the program is damaged.
    """
    own = _Folder(site) if site is not None else None
    ours = _Folder(shipped or shipped_folder())
    if ours.problems:
        raise ConfigError([*(own.problems if own else []), *ours.problems])
    if own is None:
        return ProfileSet(tuple(ours.profiles.values()), files=tuple(ours.files.items()))
    held_back = own.wrong & ours.profiles.keys() - own.profiles.keys()
    rest = {name: profile for name, profile in ours.profiles.items() if name not in own.profiles}
    rest |= {name: replace(rest[name], erase_enabled=False, erase_kinds=frozenset()) for name in held_back}
    return ProfileSet(
        (*own.profiles.values(), *rest.values()),
        tuple(own.problems),
        tuple((ours.files | own.files).items()),
        tuple(sorted(own.profiles.keys() & ours.profiles.keys())),
        frozenset(own.wrong),
        tuple(sorted(held_back)),
    )


class _Folder:
    """One folder of profile files, read."""

    def __init__(self, folder: Path) -> None:
        self.problems: list[str] = []
        self.profiles: dict[str, Profile] = {}
        self.files: dict[str, Path] = {}
        self.wrong: set[str] = set()
        """Names that wrong files bear, or would bear by their file name."""
        for path in self._paths(folder):
            try:
                profile = read_profile(path)
            except ConfigError as error:
                self.problems += error.problems
                self.wrong |= {path.stem, _name_in(path)}
                continue
            if profile.name in self.profiles:
                self.problems.append(
                    f"{settings.where(path, 'name')}: {profile.name!r} is the name of another profile in this "
                    f"folder ({self.files[profile.name].name}), which counts"
                )
            else:
                self.profiles[profile.name], self.files[profile.name] = profile, path

    def _paths(self, folder: Path) -> list[Path]:
        try:
            return sorted(p for p in folder.iterdir() if p.suffix == ".toml" and not p.name.startswith("."))
        except OSError as error:
            self.problems.append(f"{folder}: the folder of camera profiles cannot be read: {error.strerror}")
            return []


def read_profile(path: Path) -> Profile:
    """One profile.

    Raises:
        ConfigError: every problem of the file with line and key.
    """
    try:
        table = settings.load(path, ProfileTable, CHECKS)
    except settings.SettingsError as error:
        raise ConfigError(error.problems) from None
    problems = [f"{settings.where(path, *key)}: {reason}" for key, reason in problems_of(table)]
    if problems:
        raise ConfigError(problems)
    return profile_of(table)


def _name_in(path: Path) -> str:
    """The name that a wrong file bears, as far as it can be read."""
    try:
        name = tomllib.loads(path.read_text("utf-8")).get("name")
    except (OSError, ValueError):
        return path.stem
    return name if isinstance(name, str) else path.stem
