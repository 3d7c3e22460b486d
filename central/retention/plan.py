"""The rows of `retention plan`: what could be deleted, and why everything else may not. Deletes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from central.config import FOREVER, CentralConfig
from central.custody.models import Asset
from central.retention.categories import Minimum
from central.retention.facts import Case, cases

PLAN_COLUMNS = (
    *("asset_id", "camera_serial", "station_id", "source_path", "size", "recorded_at", "recorded_until"),
    *("arrived_at", "state", "category", "minimum", "begins_at", "kept_until", "on_hold", "linked"),
    *("in_bin_since", "may_be_deleted", "why_kept"),
)


def plan_rows(config: CentralConfig, now: datetime) -> Iterator[list[Any]]:
    """One row for every asset whose bytes central ever held."""
    return (_row(case) for case in cases(Asset.objects.exclude(object=None), config, now))


def minimum_words(minimum: Minimum | None) -> str | None:
    """As central.toml writes it: days where they are whole."""
    if minimum is None:
        return None
    seconds = minimum.seconds
    if seconds is None:
        return FOREVER
    return f"{seconds / 86400:g}d" if seconds % 86400 == 0 else f"{seconds:g}s"


def _row(case: Case) -> list[Any]:
    asset, facts, decision = case.asset, case.facts, case.decision
    return [
        *(asset.pk, asset.camera, asset.station_id, asset.source_path or None, asset.size),
        *(asset.recorded_at, facts.recorded_until, facts.arrived_at, asset.state),
        *(facts.category, minimum_words(facts.minimum), decision.begins_at, decision.kept_until),
        *(facts.held, facts.linked, None if case.binned is None else case.binned.binned_at),
        *(decision.may_go, [str(one) for one in decision.kept]),
    ]
