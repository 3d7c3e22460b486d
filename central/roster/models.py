"""Officers, units and shifts as the last import left them, all that was ever said of a shift, and what people say of
officers and cameras beside the roster."""

from __future__ import annotations

from django.db import models


class Officer(models.Model):
    officer_id = models.CharField(max_length=64, primary_key=True)
    name = models.CharField(max_length=255, blank=True)
    email = models.CharField(max_length=255, blank=True)
    unit = models.CharField(max_length=255, blank=True)
    by_hand = models.JSONField(default=list)
    """Of `name`, `email` and `unit` those that a person said. A roster that says one takes it over."""
    left_at = models.DateTimeField(null=True)
    """When a person said that the officer has left. Lists alone heed it."""
    note = models.CharField(max_length=255, blank=True)


class Camera(models.Model):
    """What people say of a camera. Docks and the roster know cameras without it, and no verdict asks for it."""

    serial = models.CharField(max_length=255, primary_key=True)
    label = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=16, default="in_use")
    """As `administration.camera_file.STATES` names it."""
    state_since = models.DateTimeField()
    note = models.CharField(max_length=255, blank=True)


class Unit(models.Model):
    """Whom notices of a unit go to. A shift's own supervisor comes before its unit's."""

    unit = models.CharField(max_length=255, primary_key=True)
    supervisor_email = models.CharField(max_length=255, blank=True)
    escalate_to_email = models.CharField(max_length=255, blank=True)
    on_duty_email = models.CharField(max_length=255, blank=True)
    """An address that whoever is on duty reads, at any hour."""


class Shift(models.Model):
    """A span of duty of one officer with one camera: also the camera's assignment for that time."""

    shift_id = models.CharField(max_length=128, primary_key=True)
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="shifts")
    camera_serial = models.CharField(max_length=255, db_index=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)
    supervisor_email = models.CharField(max_length=255, blank=True)
    unit = models.CharField(max_length=255, blank=True)
    status = models.CharField(max_length=16, default="scheduled")
    """`scheduled`, `actual`, `cancelled`, or `withdrawn` (a later roster of its window did not have it)."""
    end_source = models.CharField(max_length=64, blank=True)

    NOBODYS = ("cancelled", "withdrawn")
    """Statuses of shifts that are no duty."""


class HomeStation(models.Model):
    """A station where a shift's camera is expected back. The station may be added later than the roster."""

    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, related_name="home_stations")
    station_id = models.CharField(max_length=64, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["shift", "station_id"], name="home_station_once"),)


class RosterImport(models.Model):
    """One file that was brought in, or waits for a person's word."""

    APPLIED, WAITING, DISCARDED = "applied", "waiting", "discarded"

    brought_at = models.DateTimeField(db_index=True)
    brought_by = models.CharField(max_length=255)
    """`command`, `folder`, `api:` and the key's name, or a person's address."""
    file_name = models.CharField(max_length=255, blank=True)
    sha256 = models.CharField(max_length=64)
    window_from = models.DateTimeField(null=True)
    window_to = models.DateTimeField(null=True)
    state = models.CharField(max_length=16, db_index=True)
    doubts = models.JSONField(default=list)
    """Why it waited, one sentence each."""
    content = models.BinaryField(null=True)
    """The file, while it waits."""
    added = models.IntegerField(default=0)
    changed = models.IntegerField(default=0)
    withdrawn = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=255, blank=True)


class ShiftVersion(models.Model):
    """What was said of a shift, each time it changed. Append-only: triggers refuse UPDATE and DELETE."""

    shift_id = models.CharField(max_length=128, db_index=True)
    said_at = models.DateTimeField(db_index=True)
    said_by = models.CharField(max_length=255)
    """As `RosterImport.brought_by`; for a correction on a page the person's address."""
    roster_import = models.ForeignKey(RosterImport, null=True, on_delete=models.PROTECT, related_name="versions")
    change = models.CharField(max_length=16)
    """`added`, `changed`, `withdrawn` or `corrected` (by a person, not by an import)."""
    officer_id = models.CharField(max_length=64)
    camera_serial = models.CharField(max_length=255)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    supervisor_email = models.CharField(max_length=255, blank=True)
    unit = models.CharField(max_length=255, blank=True)
    status = models.CharField(max_length=16)
    end_source = models.CharField(max_length=64, blank=True)
    stations = models.JSONField(default=list)


class Key(models.Model):
    """What a scheduler shows when it posts a roster. The secret itself is kept nowhere."""

    name = models.CharField(max_length=64)
    secret_sha256 = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    """When it was last shown, to the hour."""
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(revoked_at=None), name="one_living_key_of_a_name"
            ),
        )
