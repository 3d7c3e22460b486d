"""Alarms, silences, and what is remembered between two rounds."""

from __future__ import annotations

from django.db import models


class Alarm(models.Model):
    """One condition from when it began until it was over. Of one kind and subject at most one is open."""

    number = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=32)
    subject = models.CharField(max_length=255)
    """What it is about: a station, a bay, a camera, a ledger; `central` for central itself."""
    station = models.CharField(max_length=64, blank=True)
    """Whose silence mutes it; empty where it is no station's."""
    sentence = models.TextField()
    """What happened and what to do, for people."""
    detail = models.JSONField(default=dict)
    opened_at = models.DateTimeField(db_index=True)
    """When it was noticed."""
    since = models.DateTimeField()
    """When it began, as far as that can be computed: the moment of silence and not of the look."""
    ended_at = models.DateTimeField(null=True, db_index=True)
    returns = models.IntegerField(default=0)
    """How often it came back: before anybody was told of its end, or within an hour."""
    told_at = models.DateTimeField(null=True)
    """When its mail went into the outbox."""
    told_message_id = models.CharField(max_length=255, blank=True)
    end_told_at = models.DateTimeField(null=True)
    """When nothing more is to be said by mail: its end was, or needs not be."""
    reminded_at = models.DateTimeField(null=True)
    posted_at = models.DateTimeField(null=True)
    """When the webhook took it."""
    post_tried_at = models.DateTimeField(null=True)
    """When it was due for the webhook, before the first attempt: it may have taken what it did not answer."""
    end_posted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=models.Q(ended_at=None), name="one_open_alarm"
            ),
        )
        indexes = (
            models.Index(fields=["number"], condition=models.Q(end_told_at=None), name="alarm_not_done_by_mail"),
            models.Index(fields=["number"], condition=models.Q(end_posted_at=None), name="alarm_not_done_by_post"),
        )


class Silence(models.Model):
    """Somebody's word that nobody is to be told of one kind and subject until then. Rows are added, never changed."""

    kind = models.CharField(max_length=32)
    subject = models.CharField(max_length=255)
    until = models.DateTimeField(db_index=True)
    """The latest row of a kind and subject counts: one that ends at once lifts those before."""
    reason = models.CharField(max_length=255)
    said_by = models.CharField(max_length=255)
    said_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["kind", "subject"], name="silence_of"),)


class Remembered(models.Model):
    """One row: what the rounds must know of earlier ones, whichever process they ran in."""

    weekly_slot = models.DateTimeField(null=True)
    """The last moment for which the weekly mail was sent, or which had passed when central was set up."""
    webhook_failing_since = models.DateTimeField(null=True)
    webhook_trouble = models.CharField(max_length=255, blank=True)
