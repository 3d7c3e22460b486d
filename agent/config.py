"""What an IT person may set, with defaults for everything but `station.id` and `central.url`."""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct, field

from agent.errors import ConfigError
from agent.rules.following import FOLLOW_FROM
from protocol import settings
from protocol.settings import Bytes, BytesPerSecond, Seconds

Text = Annotated[str, Meta(min_length=1)]


class Station(Struct, frozen=True):
    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", examples=["east-1"])]


class Central(Struct, frozen=True):
    url: Annotated[str, Meta(min_length=1, examples=["https://central.example"])]
    ca_file: Text | None = None
    """PEM file of the site's own CA; None: the system's."""
    credential_file: Text | None = None
    """Where enrolment keeps the credential; None: in the state folder."""
    stall: Seconds = Seconds(60)
    """A request on which central moves nothing for this long is broken off and made again."""


class Paths(Struct, frozen=True):
    state: Annotated[str, Meta(min_length=1, examples=["/var/lib/dock-agent"])] = "/var/lib/dock-agent"
    profiles: Text | None = None
    """A folder with the site's own camera profiles, beside the shipped ones."""


class Spool(Struct, frozen=True):
    min_free: Bytes = Bytes(10 * 2**30)
    keep: Seconds = Seconds(7 * 86400)


class Source(Struct, frozen=True):
    kind: Literal["usb", "folder"]
    path: Annotated[str, Meta(min_length=1, examples=["/srv/cameras"])] | None = None
    presence: Literal["dock", "none"] = "dock"
    settle: Seconds = Seconds(2)


class Card(Struct, frozen=True):
    stall: Seconds = Seconds(60)
    """A read of a card that makes no progress for this long counts as hanging and costs its bay only."""
    mounter: Literal["auto", "udisks", "kernel"] = "auto"
    """Who mounts USB cards: UDisks2 for an ordinary user, the agent itself as root; `auto` goes by the user."""


class UploadLimit(Struct, frozen=True, rename={"from_": "from"}):
    """A window of the station's local day with its rate. `from` after `to` crosses midnight."""

    from_: Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["07:00"])]
    to: Annotated[str, Meta(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$", examples=["19:00"])]
    rate: BytesPerSecond


class Upload(Struct, frozen=True):
    workers: Annotated[int, Meta(ge=1, le=64, examples=[4])] = 4
    limits: list[UploadLimit] = []
    follow_from: Bytes = Bytes(FOLLOW_FROM)
    """A file of at least this size is uploaded while it is still being copied."""


class Erase(Struct, frozen=True):
    policy: Literal["after-receipt", "never"] = "after-receipt"
    min_age: Seconds = Seconds(0)


class Heartbeat(Struct, frozen=True):
    interval: Seconds = Seconds(60)
    ping_urls: list[Annotated[str, Meta(pattern="^https?://", examples=["https://ping.example/abc"])]] = []


class Status(Struct, frozen=True):
    listen: Annotated[str, Meta(examples=["127.0.0.1:9464"])] = "127.0.0.1:9464"


class ProfileSwitch(Struct, frozen=True):
    """What IT decides about one camera profile at this station."""

    erase: bool | None = None
    """Whether receipted files may be erased from such cameras; None: as the profile says."""
    unlock_program: (
        Annotated[str, Meta(pattern="^/", examples=["/usr/local/lib/dock-agent/unlock-gat947"])] | None
    ) = None
    """The program that speaks the protocol of a locked camera."""
    password_file: Text | None = None
    """A file with the camera's password that nobody else may read; a bare name is a systemd credential."""


OF_ONE_STATION = frozenset({"station", "paths", "bays", "source"})
"""Tables that differ from station to station by right."""


class Config(Struct, frozen=True):
    station: Station
    central: Central
    paths: Paths = Paths()
    spool: Spool = Spool()
    bays: dict[str, Annotated[str, Meta(min_length=1, max_length=40, examples=["Bay 7"])]] = {}
    source: list[Source] = field(default_factory=lambda: [Source(kind="usb")])
    card: Card = Card()
    upload: Upload = Upload()
    erase: Erase = Erase()
    heartbeat: Heartbeat = Heartbeat()
    status: Status = Status()
    profile: dict[str, ProfileSwitch] = {}

    @property
    def state(self) -> Path:
        return Path(self.paths.state)

    @property
    def credential_file(self) -> Path:
        return Path(self.central.credential_file) if self.central.credential_file else self.state / "credential.json"

    @property
    def site_profiles(self) -> Path | None:
        return Path(self.paths.profiles) if self.paths.profiles else None

    def digest_input(self) -> bytes:
        """Bytes that change whenever the effective configuration changes, in what all stations should have alike.

        A station's name, folders, bays and sources are its own: with them no two stations would ever agree.
        """
        alike = {key: value for key, value in msgspec.structs.asdict(self).items() if key not in OF_ONE_STATION}
        return repr(alike).encode()


def load(path: Path) -> Config:
    """The configuration in `path`.

    Raises:
        ConfigError: lists every problem with file, line, key, value, reason and an example.
    """
    try:
        config = settings.load(path, Config)
    except settings.SettingsError as error:
        raise ConfigError(error.problems) from None
    problems = [f"{settings.where(path, *keys)}: {text}" for keys, text in _contradictions(config)]
    if problems:
        raise ConfigError(problems)
    return config


def _contradictions(config: Config) -> list[tuple[tuple[str | int, ...], str]]:
    """What no single key can see."""
    found: list[tuple[tuple[str | int, ...], str]] = []
    if problem := url_problem(config.central.url):
        found.append((("central", "url"), problem))
    if not config.source:
        found.append((("source",), "at least one [[source]] is needed"))
    paths: list[str] = []
    for number, source in enumerate(config.source):
        if source.kind == "folder" and source.path is None:
            found.append(
                (("source", number, "path"), 'a folder source needs a path (example: path = "/srv/cameras")')
            )
        if source.kind == "usb" and source.path is not None:
            found.append((("source", number, "path"), "a usb source has no path"))
        if source.path is not None and source.path in paths:
            found.append((("source", number, "path"), f"{source.path} is already another source's path"))
        paths.append(source.path or "")
    if sum(source.kind == "usb" for source in config.source) > 1:
        found.append((("source",), "there can be only one usb source"))
    if config.central.stall < 1:
        found.append((("central", "stall"), "must be at least 1s"))
    if config.heartbeat.interval < 1:
        found.append((("heartbeat", "interval"), "must be at least 1s"))
    for number, url in enumerate(config.heartbeat.ping_urls):
        parts = urlsplit(url)
        if not parts.hostname or parts.fragment or parts.username:
            found.append((("heartbeat", "ping_urls"), f"{number + 1}: must be an address without user and fragment"))
        if url in config.heartbeat.ping_urls[:number]:
            found.append((("heartbeat", "ping_urls"), f"{number + 1}: stands there twice"))
    for number, limit in enumerate(config.upload.limits):
        if limit.from_ == limit.to:
            found.append((("upload", "limits"), f"window {number + 1} is empty: from and to are both {limit.to}"))
    if not re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}", config.status.listen):
        found.append((("status", "listen"), 'must be HOST:PORT (example: listen = "127.0.0.1:9464")'))
    return found


def url_problem(url: str) -> str:
    """Why this cannot be central's address; empty when it can. Plain http is for loopback only."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return f'{url!r} is not a web address (example: url = "https://central.example")'
    if parts.query or parts.fragment or parts.username:
        return f"{url!r} must be an address without user, query or fragment"
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        return f"plain http is for loopback only; use https://{parts.netloc}"
    return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
