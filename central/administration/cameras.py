"""What people say of cameras: a label, a note, and whether one is in use, in repair, lost or retired.

None of it touches a verdict, an alarm or a notice: whoever wants a deadline excused says so on the shift's page, with
his name. A camera out of use is only left out of the lists that look for cameras nobody has seen.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from central.administration.camera_file import IN_USE, Said, read_cameras, wrong_with
from central.administration.importing import ADDED, CHANGED, UNCHANGED, Outcome, bring_rows
from central.custody.models import DockSession
from central.fleet.auditing import Change, keep_change
from central.refusals import CommandRefused
from central.roster.models import Camera, Shift
from central.roster.shifts import batches

OWN = ("label", "state", "note")


class CameraRefused(CommandRefused):
    """Nothing was changed; the message says why and what to do. `column`: what it is about."""

    def __init__(self, message: str, column: str = "") -> None:
        super().__init__(message)
        self.column = column


def say_camera(said: Said, now: datetime, by: str, *, is_new: bool = False) -> Camera:
    """Keep what is said of a camera that a dock, the roster or a person named before; with `is_new` of any.

    Raises:
        CameraRefused: nobody named it before, or a word cannot be taken.
    """
    said = replace(said, serial=said.serial.strip())
    for column, reason in wrong_with(said):
        raise CameraRefused(f"{column} {reason}; nothing was changed", column)
    with transaction.atomic():
        camera = Camera.objects.filter(pk=said.serial).first()
        if camera is None and not is_new and not is_known(said.serial):
            raise CameraRefused(
                f"no dock, no roster and no person named a camera {said.serial}; to make it known run: "
                f"dock-central camera add {said.serial}. Nothing was changed",
                "camera_serial",
            )
        camera, _ = _keep(camera, said, now, by)
    return camera


def is_known(serial: str) -> bool:
    """By a dock or by the roster."""
    docked = DockSession.objects.filter(camera=serial).exists()
    return docked or Shift.objects.filter(camera_serial=serial).exists()


def bring_cameras(content: bytes, now: datetime, by: str, *, dry_run: bool = False) -> Outcome:
    """Import one file whole, or say all that is wrong. A camera that the file lacks stays as it is. Idempotent."""
    rows, errors = read_cameras(content)
    with transaction.atomic():
        known: dict[str, Camera] = {}
        for batch in batches(row.serial for row in rows):
            known.update(Camera.objects.in_bulk(batch))
        return bring_rows(
            rows,
            errors,
            lambda row: (_keep(known.get(row.serial), row, now, by)[1], row.serial),
            dry_run=dry_run,
        )


def _keep(camera: Camera | None, said: Said, now: datetime, by: str) -> tuple[Camera, str]:
    """The camera, and what became of it."""
    is_new = camera is None
    camera = camera or Camera(serial=said.serial, state=IN_USE, state_since=now)
    told = {name: word.strip() for name in OWN if (word := getattr(said, name)) is not None}
    news = {name: word for name, word in told.items() if getattr(camera, name) != word}
    before = {f"{name}_before": getattr(camera, name) for name in news}
    if not news and (not is_new or is_known(said.serial)):
        return camera, UNCHANGED
    for name, word in news.items():
        setattr(camera, name, word)
    if "state" in news:
        camera.state_since = now
    camera.save(force_insert=is_new)
    change = Change.CAMERA_ADDED if is_new else Change.CAMERA_CHANGED
    keep_change(change, camera.serial, by=by, now=now, **news, **({} if is_new else before))
    return camera, ADDED if is_new else CHANGED
