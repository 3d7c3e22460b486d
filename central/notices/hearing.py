"""Whether all that could say that a camera is back was heard and judged. A mail must not be wrong as it leaves."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Max

from central.custody.watch_models import LedgerWatch
from central.judging.due import has_unjudged_news
from central.judging.models import Judgement
from central.timeliness.verdict import Outstanding


class Hearing:
    """How far each station has told, as of one round."""

    def __init__(self, offline_after: timedelta, up_since: datetime | None, now: datetime) -> None:
        """`up_since`: central could be heard since then; None: for long."""
        self._patience, self._up_since, self._now = offline_after, up_since, now

    def must_wait(self, camera: str, shift_ids: Collection[str]) -> bool:
        """News of it lies unjudged, or its stations have not yet told what happened while central was away."""
        if has_unjudged_news(camera, shift_ids, self._now):
            return True
        if self._up_since is None or self._now - self._up_since >= self._patience:
            return False
        up_since = self._up_since
        return any(told is None or told < up_since for told in map(self._told.get, relevant_to(camera)))

    def unheard(self, stations: Iterable[str]) -> dict[str, datetime | None]:
        """Which of these have told nothing of the last `offline_after`, and until when they did."""
        since = self._now - self._patience
        told = {name: self._told.get(name) for name in stations}
        return {name: until for name, until in told.items() if until is None or until < since}

    @cached_property
    def _told(self) -> dict[str, datetime | None]:
        rows = LedgerWatch.objects.values_list("ledger__station").annotate(Max("told_until")).order_by()
        return dict(rows)


def relevant_to(camera: str) -> set[str]:
    """The stations that owe coverage for what stands as outstanding of this camera."""
    rows = Judgement.objects.filter(camera=camera, superseded_at=None, verdict=Outstanding.name)
    return {name for said in rows.values_list("evidence", flat=True) for name in said.get("relevant", ())}
