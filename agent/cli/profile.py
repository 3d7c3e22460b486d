"""`dock-agent profile`: what profiles make of a card, and which there are. Changes nothing."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from agent import config
from agent.adapters.camera_card import CameraCard
from agent.adapters.local_zone import local_zone
from agent.adapters.profile_files import read_profile, read_profiles
from agent.cli import profile_view
from agent.daemon.opening import FALLBACK, switched
from agent.errors import CardError, Refused
from agent.pipeline.identify import MARKER_LIMIT
from agent.rules.container_time import Container, container_time
from agent.rules.footage import CardFile, FileKind, Listing
from agent.rules.identity import identify
from agent.rules.profile_trial import CardTrial, tried
from agent.rules.profiles import Profile, candidates, choose, classify, in_zone, shown

FINDINGS = 1
Facts = dict[str, str]


def main(arguments: argparse.Namespace) -> int:
    settings = config.load(arguments.config) if arguments.config else None
    found = read_profiles(settings.site_profiles if settings else None)
    profiles = switched(found, settings) if settings else found.profiles
    if arguments.action == "list":
        told = profile_view.listed(found, profiles)
        print(json.dumps(told, indent=2) if arguments.json else profile_view.list_as_text(told))
        return FINDINGS if found.problems else 0
    trial = try_card(arguments, tuple(in_zone(profile, local_zone()) for profile in profiles))
    shown_as = profile_view.as_json(trial, found.problems)
    print(json.dumps(shown_as, indent=2) if arguments.json else profile_view.as_text(trial, found.problems))
    return FINDINGS if trial.warnings or found.problems else 0


def try_card(arguments: argparse.Namespace, profiles: Sequence[Profile]) -> CardTrial:
    """What the profiles make of the card at `arguments.directory`.

    Raises:
        Refused: there is no such folder or profile.
        ConfigError: the profile file that was named is wrong.
    """
    root: Path = arguments.directory
    if not root.is_dir():
        raise Refused(f"{root} is no folder.", hint="Give a mounted card, or a folder with a copy of one.")
    asked = _asked(arguments.profile, profiles)
    usable = [profile for profile in profiles if profile.name != FALLBACK]
    with closing(CameraCard(str(root.resolve()))) as card:
        listing = card.list()
        names = [shown(file.path) for file in listing.files]
        facts = _facts(root, arguments.source, dict(arguments.fact), usable, names)
        fitting = choose(usable, facts, names)
        profile = asked or fitting or next(one for one in profiles if one.name == FALLBACK)
        marker = _marker(card, profile, listing)
        containers = {
            file.path: _container(card, file, profile)
            for file in listing.files
            if classify(profile, file.path) is FileKind.VIDEO
        }
    chosen = "asked" if asked else "matched" if fitting else "fallback"
    identity = identify(facts, profile, marker, names)
    return tried(facts, candidates(usable, facts, names), profile, chosen, identity, listing, containers)


def _asked(name: str | None, profiles: Sequence[Profile]) -> Profile | None:
    if name is None:
        return None
    if name.endswith(".toml"):
        return in_zone(read_profile(Path(name)), local_zone())
    known = {profile.name: profile for profile in profiles}
    if name not in known:
        raise Refused(f"There is no profile {name!r}.", hint=f"Known: {', '.join(sorted(known))}.")
    return known[name]


def _facts(root: Path, source: str | None, given: Facts, profiles: Sequence[Profile], names: Sequence[str]) -> Facts:
    """What a source would know of this card. Of a plain folder nobody knows which kind of source it came from: the
    one under which a profile asks for more counts, USB when it is all the same."""
    if os.path.ismount(root):
        from agent.adapters.usb_bus import facts_of_mount

        asked = facts_of_mount(str(root))
        if asked and source in (None, "usb"):
            return {"bay": "?", **asked, **given, "source": "usb"}
    usb = {"bay": "?", **given, "source": "usb"}
    folder = {"bay": f"folder:{root.resolve().name}", "folder_name": root.resolve().name, **given, "source": "folder"}
    if source is not None:
        return usb if source == "usb" else folder
    return max(usb, folder, key=lambda facts: _weight(profiles, facts, names))


def _weight(profiles: Sequence[Profile], facts: Mapping[str, str], names: Sequence[str]) -> int:
    return max((one.weight for one in candidates(profiles, facts, names)), default=0)


def _marker(card: CameraCard, profile: Profile, listing: Listing) -> str | None:
    for wanted in profile.marker_files():
        real = next((file.path for file in listing.files if shown(file.path).lower() == wanted.lower()), None)
        if real is not None:
            with closing(card.open(real)) as file:
                buffer = bytearray(MARKER_LIMIT)
                return buffer[: file.read_into(memoryview(buffer))].decode("utf-8", "replace")
    return None


def _container(card: CameraCard, file: CardFile, profile: Profile) -> Container:
    """What its container tells; nothing when it cannot be read."""
    try:
        with closing(card.open(file.path)) as reader:
            return container_time(reader.read_at, file.size, profile.time.avi_zone, profile.time.movie_zone)
    except (CardError, Refused, FileNotFoundError):
        return Container()
