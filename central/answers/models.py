"""What was said and how it ended. Both are append-only: triggers refuse UPDATE and DELETE."""

from __future__ import annotations

from django.db import models

from central.answers.kinds import Kind, Outcome, state_of
from central.judging.models import Excuse
from central.roster.models import Shift


class Answer(models.Model):
    """One person's word about a shift, or about its camera."""

    kind = models.CharField(max_length=32, db_index=True)
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="answers")
    camera = models.CharField(max_length=255, db_index=True)
    """The shift's when it was said; as `officer_id`."""
    officer_id = models.CharField(max_length=64)
    said_by = models.CharField(max_length=255, db_index=True)
    said_as = models.CharField(max_length=64)
    """His roles."""
    said_at = models.DateTimeField(db_index=True)
    text = models.TextField(blank=True)
    token = models.UUIDField(unique=True)
    """Of the form: one form sent twice is one answer."""
    station_id = models.CharField(max_length=64, blank=True)
    """Of `said_docked`: where, as far as he knows; as `bay`."""
    bay = models.CharField(max_length=255, blank=True)
    before = models.CharField(max_length=255, blank=True)
    """Of a correction: the camera, or the end, that the roster named; and what it names since."""
    after = models.CharField(max_length=255, blank=True)
    seen_docked_at = models.DateTimeField(null=True)
    """The dock that decided when it was said: only another one ends a check."""
    judgement = models.BigIntegerField(null=True)
    """The judgement that stood when it was said."""
    pauses_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    decider = models.CharField(max_length=255, blank=True)
    """Of a contest; empty: an administrator."""
    excuse = models.ForeignKey(Excuse, null=True, on_delete=models.PROTECT, related_name="+")

    @property
    def state(self) -> str:
        """`open`, `stands`, `done`, or how it ended."""
        return state_of(Kind(self.kind), frozenset(Outcome(one.outcome) for one in self.closings.all()))


class Closing(models.Model):
    """How an answer ended: at most one finding, and at most one withdrawal, which undoes both."""

    answer = models.ForeignKey(Answer, on_delete=models.PROTECT, related_name="closings")
    outcome = models.CharField(max_length=32)
    closed_by = models.CharField(max_length=255)
    """`central`, or a person."""
    closed_at = models.DateTimeField(db_index=True)
    text = models.TextField(blank=True)
    excuse = models.ForeignKey(Excuse, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["answer"], condition=models.Q(outcome="withdrawn"), name="withdrawn_once"
            ),
            models.UniqueConstraint(
                fields=["answer"], condition=~models.Q(outcome="withdrawn"), name="one_finding_per_answer"
            ),
        )
