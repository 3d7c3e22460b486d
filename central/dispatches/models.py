"""Dispatches as the last import left them, all that was ever said of one, what each comparison found, and why people
say that a recording is late, short or missing."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Dispatch(models.Model):
    """One dispatch of one officer."""

    dispatch_id = models.CharField(max_length=128)
    officer_id = models.CharField(max_length=64, blank=True)
    """Empty: nobody was assigned. No foreign key: a CAD names officers that no roster knows."""
    kind = models.CharField(max_length=16)
    type = models.CharField(max_length=255, blank=True)
    priority = models.CharField(max_length=255, blank=True)
    dispatched_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    cleared_at = models.DateTimeField(null=True)
    disposition = models.CharField(max_length=255, blank=True)
    begins_at = models.DateTimeField(null=True, db_index=True)
    """As `DispatchRow.begins_at` says."""
    withdrawn = models.BooleanField(default=False)
    """A later file had the dispatch without this officer."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=["dispatch_id", "officer_id"], name="dispatch_once"),)
        indexes = (models.Index(fields=["officer_id", "begins_at"], name="dispatch_by_officer"),)


class DispatchImport(models.Model):
    """One file that was brought in. used + excluded + repeated + refused are the rows of the file."""

    brought_at = models.DateTimeField(db_index=True)
    brought_by = models.CharField(max_length=255)
    file_name = models.CharField(max_length=255, blank=True)
    sha256 = models.CharField(max_length=64)
    rows = models.IntegerField()
    used = models.IntegerField()
    excluded = models.JSONField(default=dict)
    """How many rows each rule kept out of the counts, when the file was brought."""
    repeated = models.IntegerField(default=0)
    refused = models.JSONField(default=list)
    """Row, column and reason of each error, where the rest was brought in without these rows."""
    added = models.IntegerField(default=0)
    changed = models.IntegerField(default=0)
    withdrawn = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)


class DispatchVersion(models.Model):
    """What was said of a dispatch, each time it changed. Append-only: triggers refuse UPDATE and DELETE."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.PROTECT, related_name="versions")
    dispatch_import = models.ForeignKey(DispatchImport, on_delete=models.PROTECT, related_name="versions")
    said_at = models.DateTimeField()
    said_by = models.CharField(max_length=255)
    change = models.CharField(max_length=16)
    """`added`, `changed` or `withdrawn`."""
    kind = models.CharField(max_length=16)
    type = models.CharField(max_length=255, blank=True)
    priority = models.CharField(max_length=255, blank=True)
    dispatched_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    cleared_at = models.DateTimeField(null=True)
    disposition = models.CharField(max_length=255, blank=True)


class DocumentedException(models.Model):
    """Why an officer's recordings of a span, or of a dispatch, begin late, end early or do not exist. Append-only."""

    officer_id = models.CharField(max_length=64, db_index=True)
    dispatch_id = models.CharField(max_length=128, blank=True)
    """Empty: whatever he is sent to in the span."""
    since = models.DateTimeField()
    until = models.DateTimeField()
    reason = models.CharField(max_length=64)
    """As `[dispatches.reasons]` names it."""
    note = models.TextField(blank=True)
    said_by = models.CharField(max_length=255)
    said_as = models.CharField(max_length=64)
    """His roles."""
    said_at = models.DateTimeField()
    token = models.UUIDField(unique=True)
    """Of the form: one form sent twice is one exception."""


class ExceptionDecision(models.Model):
    """What became of an exception: at most one approval or refusal, and at most one withdrawal. Append-only."""

    APPROVED, REFUSED, WITHDRAWN = "approved", "refused", "withdrawn"

    exception = models.ForeignKey(DocumentedException, on_delete=models.PROTECT, related_name="decisions")
    outcome = models.CharField(max_length=16)
    text = models.TextField(blank=True)
    decided_by = models.CharField(max_length=255)
    decided_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["exception"], condition=Q(outcome="withdrawn"), name="exception_withdrawn_once"
            ),
            models.UniqueConstraint(
                fields=["exception"], condition=~Q(outcome="withdrawn"), name="exception_decided_once"
            ),
        )


class Comparison(models.Model):
    """What was found of a dispatch until something else was. Only `superseded_at` is ever changed."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.PROTECT, related_name="comparisons")
    result = models.CharField(max_length=16)
    rule = models.CharField(max_length=32, blank=True)
    """Of one that is excluded; as `eligibility.Rule` names it."""
    cause = models.CharField(max_length=32, blank=True)
    """Of one that is missing; as `explaining.Cause` names it."""
    start = models.CharField(max_length=32, blank=True)
    end = models.CharField(max_length=32, blank=True)
    """Of one with a recording; as `finding.Edge` names them."""
    late_start_s = models.FloatField(null=True)
    early_end_s = models.FloatField(null=True)
    began_at = models.DateTimeField(null=True)
    """Of its recordings, on central's clock, as far as the camera's clock was measured; as the next."""
    ended_at = models.DateTimeField(null=True)
    assets = models.JSONField(default=list)
    cameras = models.JSONField(default=list)
    """Those that the roster gave the officer then."""
    shifts = models.JSONField(default=list)
    unit = models.CharField(max_length=255, blank=True, db_index=True)
    awaits = models.CharField(max_length=255, blank=True)
    """The camera whose footage may still come."""
    exception = models.ForeignKey(DocumentedException, null=True, on_delete=models.PROTECT, related_name="+")
    documented = models.CharField(max_length=8, blank=True)
    """`before` or `after` the dispatch began; empty without an exception that stands."""
    because = models.CharField(max_length=16)
    """What made us look: as `news.Because` names it."""
    compared_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)
    """Null: this one stands."""

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["dispatch"], condition=Q(superseded_at=None), name="one_standing_comparison"
            ),
        )
        indexes = (
            models.Index(fields=["awaits"], condition=Q(superseded_at=None) & ~Q(awaits=""), name="awaited_camera"),
            models.Index(fields=["rule"], condition=Q(superseded_at=None) & ~Q(rule=""), name="standing_rule"),
            models.Index(fields=["cause"], condition=Q(superseded_at=None) & ~Q(cause=""), name="standing_cause"),
        )


class Compared(models.Model):
    """One row: up to where news was read, and whose turn it is. Whatever comes after is read again after a crash."""

    turn = models.BigIntegerField(default=0)
    """Rises whenever somebody begins to compare: whoever began before stops writing."""
    version = models.BigIntegerField(default=0)
    shift_version = models.BigIntegerField(default=0)
    event = models.BigIntegerField(default=0)
    """Of custody events."""
    touched_serial = models.BigIntegerField(default=0)
    judgement = models.BigIntegerField(default=0)
    exception = models.BigIntegerField(default=0)
    decision = models.BigIntegerField(default=0)
    verified_until = models.DateTimeField(null=True)
    policy = models.CharField(max_length=64, blank=True)
