"""Which keys of a configuration count at once when it is read again, and which need a restart."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from msgspec import Struct

from agent.config import Config

LIVE = {
    "bays": "at once, also for cameras that are docked",
    "spool.min_free": "for each camera that docks from then on, and at once for what may be released",
    "spool.keep": "with the next look at the spool",
    "card.stall": "for each camera that docks from then on",
    "upload.limits": "with the next block that is sent",
    "erase.policy": "before the next file",
    "erase.min_age": "before the next file",
    "heartbeat.interval": "at once",
    "heartbeat.ping_urls": "with the next heartbeat",
}
"""Every other key needs a restart: it names who this station is, what it listens to, and what it opened."""


@dataclass(frozen=True, slots=True)
class Reload:
    """What reading the configuration again comes to."""

    config: Config
    """What counts from now on."""
    changed: tuple[str, ...]
    """Keys whose new value counts."""
    need_restart: tuple[str, ...]
    """Keys that differ in the file from what counts."""


def reloaded(old: Config, fresh: Config) -> Reload:
    """Take over of `fresh` what can change in a running station."""
    differing = [key for key in keys_of(old) if _value(old, key) != _value(fresh, key)]
    live = tuple(key for key in differing if key in LIVE)
    return Reload(_with(old, fresh, live), live, tuple(key for key in differing if key not in LIVE))


def keys_of(config: Config) -> tuple[str, ...]:
    """Every key, `section.key`; the sections whose keys the site names, as one."""
    found: list[str] = []
    for section in config.__struct_fields__:
        value = getattr(config, section)
        found += [f"{section}.{key}" for key in value.__struct_fields__] if isinstance(value, Struct) else [section]
    return tuple(found)


def _value(config: Config, key: str) -> object:
    section, _, name = key.partition(".")
    value = getattr(config, section)
    return getattr(value, name) if name else value


def _with(old: Config, fresh: Config, keys: tuple[str, ...]) -> Config:
    config = old
    for key in keys:
        section, _, name = key.partition(".")
        value = _value(fresh, key)
        if name:
            value = msgspec.structs.replace(getattr(config, section), **{name: value})
        config = msgspec.structs.replace(config, **{section: value})
    return config
