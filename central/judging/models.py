"""Judgements, excuses, and what is to be judged next."""

from __future__ import annotations

from django.db import models

from central.roster.models import Shift


class Judgement(models.Model):
    """What was said of one shift until something else was. Only `superseded_at` changes, and how far an `outstanding`
    one has been watched since. Shifts of one duty share one verdict and have a row each."""

    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="judgements")
    camera = models.CharField(max_length=255, db_index=True)
    duty_starts_at = models.DateTimeField()
    duty_ends_at = models.DateTimeField()
    end_source = models.CharField(max_length=64)
    """Where the duty's end is from: the roster's own word, else its status (`scheduled`, `actual`), or `inferred`."""
    deadline_at = models.DateTimeField(db_index=True)
    verdict = models.CharField(max_length=16)
    plain_verdict = models.CharField(max_length=16)
    """Without excuses."""
    excuse = models.TextField(blank=True)
    """The reason of an `excused` one."""
    late_by_s = models.FloatField(null=True)
    """Of a plain verdict `late` or `outstanding`, in seconds."""
    docked_at = models.DateTimeField(null=True)
    """When the dock that decides was seen, on central's clock; as the next ones."""
    absent_until = models.DateTimeField(null=True)
    docked_station = models.CharField(max_length=64, blank=True)
    docked_bay = models.CharField(max_length=255, blank=True)
    docked_session = models.CharField(max_length=64, blank=True)
    flags = models.JSONField(default=list)
    why = models.JSONField(default=list)
    """What makes it `indeterminate`: `cause`, `station`, `bay`, `since`, `until`; which stations it waits for."""
    evidence = models.JSONField(default=dict)
    """`counts_from`, the `relevant` stations, `tolerated` gaps, and gaps `since_deadline`."""
    policy_revision = models.CharField(max_length=64)
    because = models.CharField(max_length=64)
    """What made us look: `docks`, `watching`, `told`, `roster`, `excuse`, `policy` or `time`."""
    judged_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)
    """Null: this one stands."""
    settled_at = models.DateTimeField(null=True)
    """News of docks that began after this instant cannot change it (see `settled.py`). Null: anything may."""

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["shift"], condition=models.Q(superseded_at=None), name="one_standing_judgement"
            ),
        )
        indexes = (models.Index(fields=["verdict", "superseded_at"], name="judgement_by_standing"),)


class Excuse(models.Model):
    """A person's word that lays itself over verdicts: for one shift, or for one camera for a span."""

    shift_id = models.CharField(max_length=128, blank=True, db_index=True)
    camera = models.CharField(max_length=255, db_index=True)
    reason = models.CharField(max_length=255)
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    """Null: until further notice."""
    said_by = models.CharField(max_length=255)
    said_at = models.DateTimeField()
    withdrawn_by = models.CharField(max_length=255, blank=True)
    withdrawn_at = models.DateTimeField(null=True)


class Look(models.Model):
    """A camera that has duties, and when they are to be judged next."""

    camera = models.CharField(max_length=255, primary_key=True)
    next_look_at = models.DateTimeField(null=True, db_index=True)
    """Null: nothing changes by itself."""
    because = models.CharField(max_length=64, default="time")
    asked = models.BigIntegerField(default=0)
    """Rises whenever somebody asks for a look: what was read before is too old to be written."""
    everything = models.BooleanField(default=True)
    """All duties are to be judged again, also the settled ones: there is news other than of docks."""
    docks_read = models.BigIntegerField(default=0)
    """The newest `Touched` when it was judged last: of docks above it there is news."""


class Concern(models.Model):
    """A station whose watch was among a camera's facts when it was judged last."""

    look = models.ForeignKey(Look, on_delete=models.CASCADE, related_name="concerns")
    station_id = models.CharField(max_length=64)
    is_awaited = models.BooleanField()
    """It had not told everything up to a deadline that has passed, of a duty that nothing has acquitted."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=["look", "station_id"], name="one_concern_per_station"),)
        indexes = (models.Index(fields=["station_id", "is_awaited"], name="concern_by_station"),)


class NewsRead(models.Model):
    """One row: up to where news was turned into looks. Whatever comes after it is read again after a crash."""

    touched_serial = models.BigIntegerField(default=0)
    shift_version = models.BigIntegerField(default=0)
    policy_revision = models.CharField(max_length=64, blank=True)
