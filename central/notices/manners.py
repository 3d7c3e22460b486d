"""What central.toml and the list of units say of how a unit is written to, and to whom. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from central.config import CentralConfig, Unit
from central.notices.facts import Manner


@dataclass(frozen=True)
class Addresses:
    """One unit's, as the list of units has them."""

    supervisor: str = ""
    escalate_to: str = ""
    on_duty: str = ""


def manner_of(config: CentralConfig, unit: str) -> Manner:
    own, usual = config.unit.get(unit, Unit()), config.notices
    return Manner(
        mode=own.mode or usual.mode,
        delay=_either(own.digest_delay, usual.digest_delay),
        times=tuple(time.fromisoformat(one) for one in own.digest_times or ()),
        zone=ZoneInfo(config.web.time_zone),
        reminders=_either(own.reminders, usual.reminders),
        escalation=_either(own.escalation, usual.escalation),
    )


def first_of(
    config: CentralConfig,
    unit: str,
    supervisor: str,
    units: Mapping[str, Addresses],
    now: datetime,
    officer: str = "",
) -> tuple[str, ...]:
    """Who is written to first: the shift's own supervisor or else its unit's, or a delegate in his place; and, beside
    him, the unit's address that is read at any hour. Nobody supervises himself: of the officer's own camera the next
    one is told, up to whom the unit escalates to. None: nobody is named."""
    known = units.get(unit, Addresses())
    said = (delegate(config, unit, now), supervisor, known.supervisor)
    usual = next((one for one in said if one), "")
    others = (one for one in (*said, known.escalate_to) if one and one.lower() != officer.lower())
    named = usual if not usual or usual.lower() != officer.lower() else next(others, usual)
    return tuple(dict.fromkeys(one for one in (named, known.on_duty) if one))


def chain_of(unit: str, supervisor: str, units: Mapping[str, Addresses]) -> tuple[str, ...]:
    """Step by step upwards: to whom the unit escalates, then to whom the unit does that this person supervises."""
    found: list[str] = []
    step = units.get(unit, Addresses()).escalate_to
    while step and step not in (*found, supervisor):
        found.append(step)
        above = (units[name].escalate_to for name in sorted(units) if units[name].supervisor == step)
        step = next((one for one in above if one), "")
    return tuple(found)


def delegate(config: CentralConfig, unit: str, now: datetime) -> str:
    """Who stands in for this unit's supervisors today, or empty."""
    own = config.unit.get(unit, Unit())
    today = now.astimezone(ZoneInfo(config.web.time_zone)).date()
    begun = own.delegate_from is None or own.delegate_from <= today
    over = own.delegate_until is not None and own.delegate_until < today
    return own.delegate if begun and not over else ""


def _either(own: timedelta | None, usual: timedelta) -> timedelta:
    return usual if own is None else own
