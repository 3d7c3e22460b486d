"""What stands, for pages, notices and measures."""

from __future__ import annotations

from datetime import datetime

from central.judging.models import Judgement
from central.timeliness.verdict import Outstanding


def current(shift_id: str) -> Judgement | None:
    """The judgement that stands; None before the shift began, and of one that is nobody's."""
    return Judgement.objects.filter(shift=shift_id, superseded_at=None).first()


def history(shift_id: str) -> list[Judgement]:
    """All that was ever said of this shift, oldest first."""
    return list(Judgement.objects.filter(shift=shift_id).order_by("pk"))


def open_cameras(now: datetime) -> dict[str, list[Judgement]]:
    """Cameras that are outstanding and not excused, each with its shifts, oldest deadline first."""
    rows = Judgement.objects.filter(superseded_at=None, verdict=Outstanding.name, deadline_at__lte=now)
    found: dict[str, list[Judgement]] = {}
    for row in rows.select_related("shift__officer").order_by("deadline_at", "shift_id"):
        found.setdefault(row.camera, []).append(row)
    return found
