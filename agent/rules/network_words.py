"""What the bay board's last line says of the network, and for how long this station can do without it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SLOW_S = 5.0
"""An answer of central that takes longer than this is slow."""
LEAST_SPAN_S = 3600.0
"""A rate seen for less time than this counts as if seen for so long."""
_NO_CONNECTION = frozenset({"unreachable", "name_unknown", "tls", "connection_lost", "stalled"})
_NO_WAY_THERE = frozenset({"unreachable", "name_unknown", "tls"})
"""Of a single upload only these say that there is no way to central: one upload may be lost for its own reasons."""
_NOT_KEEPING_UP = frozenset({"central_busy", "central_failed", "central_full", "connection_lost", "stalled"})
_REFUSALS = frozenset({"auth_refused", "ledger_ended"})


class Network(StrEnum):
    """One word per situation, the same in `/status`, on the board and in the documentation."""

    ASKING = "asking"
    """Since the start nobody has answered, and nothing has failed."""
    UP = "up"
    SLOW = "slow"
    """Central answers, and does not keep up."""
    DOWN = "down"
    REFUSED = "refused"
    """Central knows this station no more: it is not enrolled."""
    STRANGE = "strange"
    """What answers does not speak as central does."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What was last seen of central."""

    answered: bool
    """The last heartbeat was answered."""
    heartbeat_trouble: str = ""
    upload_trouble: str = ""
    """The codes of what went wrong; empty when nothing did."""
    round_trip_s: float | None = None


def network_of(reach: Reach) -> Network:
    """The gravest true thing."""
    troubles = {reach.heartbeat_trouble, reach.upload_trouble}
    if troubles & _REFUSALS:
        return Network.REFUSED
    if reach.heartbeat_trouble in _NO_CONNECTION or reach.upload_trouble in _NO_WAY_THERE:
        return Network.DOWN
    if troubles & _NOT_KEEPING_UP:
        return Network.SLOW
    if troubles - {""}:
        return Network.STRANGE
    if not reach.answered:
        return Network.ASKING
    return Network.SLOW if (reach.round_trip_s or 0) > SLOW_S else Network.UP


@dataclass(frozen=True, slots=True)
class Since:
    """A state of the network, and since when."""

    network: Network
    at: datetime


def held_since(before: Since | None, network: Network, now: datetime) -> Since:
    """A restart does not end an outage: as long as nobody answered it goes on."""
    if before is not None and (
        network is before.network or (network is Network.ASKING and is_outage(before.network))
    ):
        return before
    return Since(network, now)


def is_outage(network: Network) -> bool:
    return network not in (Network.UP, Network.ASKING)


@dataclass(frozen=True, slots=True)
class Filling:
    """How much came into the spool in a span of time."""

    size: int
    """Bytes."""
    span_s: float


def fill_rate(seen: Iterable[Filling]) -> float | None:
    """Bytes per second of the busiest of these spans; None when nothing came."""
    return max((one.size / max(one.span_s, LEAST_SPAN_S) for one in seen if one.size > 0), default=None)


def network_words(since: Since, local_since: str, *, waiting: int, room: int, rate: float | None) -> str:
    """A line for everyone. `waiting`: files without a receipt; `room`: bytes that the spool can still take."""
    space = space_words(room, rate)
    match since.network:
        case Network.ASKING:
            return f"Asking central. Docking counts. {space}"
        case Network.UP:
            if room <= 0:
                return f"Network up. {space}"
            files = "1 file is" if waiting == 1 else f"{waiting} files are"
            return (
                f"Network up. {files} on the way to central." if waiting else "Network up. Everything is at central."
            )
        case Network.SLOW:
            return f"Central slow since {local_since}. Docking counts. {space}"
        case Network.DOWN:
            return f"Network down since {local_since}. Docking counts. {space}"
        case Network.REFUSED:
            return f"Not enrolled: central refuses this station since {local_since}. Tell IT. Docking counts. {space}"
        case Network.STRANGE:
            return f"Central's answers make no sense since {local_since}. Tell IT. Docking counts. {space}"


def space_words(room: int, rate: float | None) -> str:
    """For how long, at the busiest rate of late, docked cameras can still be copied."""
    if room <= 0:
        return "No space: footage waits on the cameras."
    if rate is None:
        return f"{room / 1e9:.0f} GB of space."
    hours = int(room / rate / 3600 + 1e-6)
    if hours < 1:
        return "Space for less than 1 h."
    return "Space for more than 30 days." if hours > 720 else f"Space for {hours} h."


def local_words(local: datetime, now: datetime) -> str:
    """A time of day; of another day its name too, and only the date when that was a week ago. Both in the station's
    own zone."""
    if local.date() == now.date():
        return f"{local:%H:%M}"
    return f"{local:%a %H:%M}" if abs(now.date() - local.date()) < timedelta(days=7) else f"{local:%d %b}"
