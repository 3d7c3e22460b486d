"""Reads `central.toml` whole and lists every problem at once, with file, line and key."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from central.config import FOREVER, CentralConfig
from protocol import settings
from protocol.settings import SettingsError


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


def _are_addresses(values: tuple[str, ...]) -> str:
    bad = [value for value in values if not re.fullmatch(r"[^@\s]+@[^@\s]+", value)]
    return "no mail address: " + ", ".join(bad) if bad else ""


def _are_times(values: tuple[str, ...]) -> str:
    bad = [value for value in values if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value)]
    return "no time of day: " + ", ".join(bad) if bad else ""


def _is_mailbox(value: str) -> str:
    return _are_addresses((value,)) if value else ""


def _is_address(value: str) -> str:
    """Something to fetch: it may have a path and a query."""
    parts = urlsplit(value)
    good = not value or (parts.scheme in ("http", "https") and parts.netloc)
    return "" if good else "must be http:// or https:// with a host"


def _is_weekly(value: str) -> str:
    good = not value or re.fullmatch(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([01]\d|2[0-3]):[0-5]\d", value)
    return "" if good else "must be a day and a time"


def _is_version(value: str) -> str:
    return "" if not value or re.fullmatch(r"\d{1,6}(\.\d{1,6}){0,3}", value) else "must be numbers with dots between"


def _is_minimum(value: str) -> str:
    """How long a category is kept."""
    if value == FOREVER:
        return ""
    try:
        settings.parse_duration(value)
    except ValueError as error:
        return f'must be a duration or "forever": {error}'
    return ""


def _is_absolute(value: str) -> str:
    return "" if not value or Path(value).is_absolute() else "must be a whole path, beginning with /"


CHECKS: dict[str, settings.Check] = {
    "web.base_url": _is_web_url,
    "web.time_zone": _is_zone,
    "web.metrics_token_file": _is_absolute,
    "storage.url": _is_scheme("file", "s3"),
    "database.url": _is_scheme("sqlite", "postgres", "postgresql"),
    "roster.folder": _is_absolute,
    "alarms.webhook": _is_address,
    "alarms.ping_url": _is_address,
    "alarms.weekly": _is_weekly,
    "alarms.min_version": _is_version,
    "retention.category.*.minimum": _is_minimum,
    "notices.it_recipients": _are_addresses,
    "unit.*.digest_times": _are_times,
    "unit.*.delegate": _is_mailbox,
}


def read_config(path: Path) -> CentralConfig:
    """The settings in `path`; a missing file means all defaults.

    Raises:
        SettingsError: with every problem of the file, not only the first.
    """
    if not path.exists():
        return CentralConfig()
    config = settings.load(path, CentralConfig, CHECKS)
    odd = [name for name in config.retention.category if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name)]
    if "unclassified" in config.retention.category or odd:
        problem = "is how every file begins: it is kept until a person says what it is, and has no minimum"
        wrong = [(name, "must be a word of small letters, digits and _") for name in odd]
        wrong += [("unclassified", problem)] * ("unclassified" in config.retention.category)
        raise SettingsError([f"{settings.where(path, 'retention', 'category', name)}: {why}" for name, why in wrong])
    if config.stations.offline_after < config.stations.stale_after:
        place = settings.where(path, "stations", "offline_after")
        raise SettingsError([f'{place}: is shorter than stale_after (example: offline_after = "15min")'])
    return config
