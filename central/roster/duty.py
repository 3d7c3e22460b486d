"""Questions to the roster: is this camera ours, and who had it at that instant?"""

from __future__ import annotations

from datetime import datetime, timedelta

from central.roster.models import Shift

MARGIN = timedelta(hours=2)
"""People begin early and end late."""


def is_known_camera(camera: str) -> bool:
    return Shift.objects.filter(camera_serial=camera).exists()


def has_officer(camera: str, recorded_at: datetime | None) -> bool:
    """Was an officer on duty with this camera then? With an unknown instant: ever?"""
    shifts = Shift.objects.filter(camera_serial=camera).exclude(status__in=Shift.NOBODYS)
    if recorded_at is not None:
        shifts = shifts.filter(starts_at__lte=recorded_at + MARGIN, ends_at__gte=recorded_at - MARGIN)
    return shifts.exists()
