"""Puts together what the rule wants to know of one camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from central.custody.coverage import facts_for
from central.judging.excuses import excuses_for
from central.timeliness.duty import Duty
from central.timeliness.facts import Facts, Station


def gather(camera: str, duties: Sequence[Duty], up_since: datetime, now: datetime) -> Facts:
    """All that is known of this camera, for judging `duties` at `now`.

    A station counts as heard no earlier than central came up: before, nobody could hear it.
    """
    begun = [duty for duty in duties if duty.starts_at <= now]
    if not begun:
        return Facts(duties=tuple(duties))
    homes = frozenset().union(*(duty.home_stations for duty in begun))
    since = min(duty.starts_at - duty.policy.relevant_for for duty in begun)
    found = facts_for(camera, homes, since, now)
    return replace(
        found,
        duties=tuple(duties),
        stations=tuple(_heard_since(one, up_since) for one in found.stations),
        excuses=excuses_for(camera),
    )


def _heard_since(one: Station, up_since: datetime) -> Station:
    return one if one.heard_at is None else replace(one, heard_at=max(one.heard_at, up_since))
