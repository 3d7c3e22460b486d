"""Cameras, officers and users as rows. A page at a time, so that a running server is never held up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, Max

from central.administration.camera_file import IN_USE
from central.custody.models import Asset, DockSession
from central.roster.models import Camera, Officer, Shift

CAMERA_COLUMNS = (
    *("camera_serial", "docks", "last_docked_at", "last_undocked_at", "last_station_id", "last_bay", "profile"),
    *("in_dock", "shifts", "last_shift_ends_at", "last_officer_id", "unreceipted_files"),
    *("label", "state", "state_since", "note"),
)
OFFICER_COLUMNS = (
    *("officer_id", "name", "email", "unit", "shifts", "last_shift_ends_at", "last_camera_serial"),
    *("by_hand", "note", "left", "left_at"),
)
USER_COLUMNS = ("email", "roles", "active", "added_at", "last_login_at")
UNRECEIPTED = ("FOUND", "STAGED", "UPLOADED", "QUARANTINED")


def camera_rows() -> Iterator[list[Any]]:
    """Every camera that was docked, or that the roster or a person names, in order of its number."""
    kept = Camera.objects.in_bulk()
    docks = {row["camera"]: row for row in _docked()}
    shifts = {row["camera_serial"]: row for row in _assigned()}
    open_files = dict(Asset.objects.filter(state__in=UNRECEIPTED).values_list("camera").annotate(Count("pk")))
    for serial in sorted(docks.keys() | shifts.keys() | open_files.keys() | kept.keys()):
        dock, shift = docks.get(serial), shifts.get(serial)
        last = None if dock is None else _last_dock(serial)
        duty = None if shift is None else _last_shift(camera_serial=serial)
        where = (None,) * 4 if last is None else _where(last)
        yield [
            *(serial, 0 if dock is None else dock["times"], None if dock is None else dock["last"], *where),
            None if last is None else last.undocked_at is None,
            *(0 if shift is None else shift["times"], None if shift is None else shift["last"]),
            *(None if duty is None else duty.officer_id, open_files.get(serial, 0)),
            *_said(kept.get(serial)),
        ]


def officer_rows() -> Iterator[list[Any]]:
    """Every officer that a roster ever named, in order of the number."""
    duties = Shift.objects.exclude(status__in=Shift.NOBODYS).values("officer_id")
    shifts = {row["officer_id"]: row for row in duties.annotate(times=Count("pk"), last=Max("ends_at"))}
    for officer in Officer.objects.order_by("pk"):
        row = shifts.get(officer.pk)
        duty = None if row is None else _last_shift(officer_id=officer.pk)
        yield [
            *(officer.pk, officer.name or None, officer.email or None, officer.unit or None),
            *((0, None) if row is None else (row["times"], row["last"])),
            None if duty is None else duty.camera_serial,
            *(officer.by_hand, officer.note or None, officer.left_at is not None, officer.left_at),
        ]


def user_rows() -> Iterator[list[Any]]:
    """Everybody who may log in, or once might. Nothing of a password."""
    for user in User.objects.prefetch_related("groups").order_by("username"):
        roles = sorted(group.name for group in user.groups.all())
        yield [user.username, roles, user.is_active, user.date_joined, user.last_login]


def _said(camera: Camera | None) -> tuple[Any, ...]:
    if camera is None:
        return None, IN_USE, None, None
    return camera.label or None, camera.state, camera.state_since, camera.note or None


def _docked() -> Any:
    return DockSession.objects.values("camera").annotate(times=Count("pk"), last=Max("docked_at"))


def _assigned() -> Any:
    duties = Shift.objects.exclude(status__in=Shift.NOBODYS).values("camera_serial")
    return duties.annotate(times=Count("pk"), last=Max("ends_at"))


def _last_dock(serial: str) -> DockSession | None:
    return DockSession.objects.filter(camera=serial).order_by("-docked_at", "session").first()


def _where(dock: DockSession) -> tuple[Any, ...]:
    return dock.undocked_at, dock.station_id, dock.bay_label or dock.bay or None, dock.profile or None


def _last_shift(**of: str) -> Shift | None:
    return Shift.objects.filter(**of).exclude(status__in=Shift.NOBODYS).order_by("-ends_at", "pk").first()
