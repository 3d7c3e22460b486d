"""Why a person may want to look at a file twice. Marked footage is kept like any other; nothing is refused."""

from __future__ import annotations

from datetime import datetime, timedelta

UNKNOWN_CAMERA = "unknown_camera"
NO_OFFICER = "no_officer"
OLD = "old"
ROTTEN = "rotten"
"""Central's copy no longer has the bytes of its digest, and no good upload has replaced it."""
NOT_STORED = "not_stored"
"""Its station acts on a receipt of ours, and we hold no such object: we were restored from an older copy."""
LOST = "lost"
"""Not stored, and its station has no copy to send again."""

OLD_AFTER = timedelta(days=30)


def asset_marks(
    *,
    camera_known: bool,
    officer_known: bool,
    recorded_at: datetime | None,
    received_at: datetime,
    object_rotten: bool = False,
    not_stored: bool = False,
    lost: bool = False,
) -> list[str]:
    """The marks of one asset. `recorded_at` None means that its age is unknown, which is no mark."""
    marks = []
    if not camera_known:
        marks.append(UNKNOWN_CAMERA)
    if not officer_known:
        marks.append(NO_OFFICER)
    if recorded_at is not None and received_at - recorded_at > OLD_AFTER:
        marks.append(OLD)
    if object_rotten:
        marks.append(ROTTEN)
    if not_stored:
        marks.append(NOT_STORED)
    if not_stored and lost:
        marks.append(LOST)
    return marks
