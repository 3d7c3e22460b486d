"""Open items, and the outbox: every mail that was ever meant for somebody, and what became of it."""

from __future__ import annotations

from django.db import models

from central.roster.models import Shift


class Item(models.Model):
    """A camera that is out past its deadline. At most one is open per camera; later shifts join it."""

    OPEN, CLEARED, WITHDRAWN = "open", "cleared", "withdrawn"

    camera = models.CharField(max_length=255, db_index=True)
    opened_at = models.DateTimeField()
    state = models.CharField(max_length=16, default=OPEN)
    """`cleared`: it docked, late. `withdrawn`: it was not late, or nobody can say so any more."""
    closed_at = models.DateTimeField(null=True)
    why = models.TextField(blank=True)
    """Of a withdrawn one: one sentence for people."""
    done_at = models.DateTimeField(null=True, db_index=True)
    """When nothing was left to say of it to anybody."""

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["camera"], condition=models.Q(state="open"), name="one_open_item_per_camera"
            ),
        )


class ItemShift(models.Model):
    """A shift whose camera is out: it opened the item, or joined it later."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="shifts")
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="items")
    joined_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["item", "shift"], name="shift_once_per_item"),)


class Notice(models.Model):
    """One mail to one recipient: written once, handed over until the server takes it, kept for good.

    Waiting are those that are `live` and have none of `sent_at`, `refused_at` and `superseded_at`.
    """

    LIVE, SHADOW = "live", "shadow"

    notice_id = models.UUIDField(unique=True)
    kind = models.CharField(max_length=32)
    """As `digest.Kind`."""
    mode = models.CharField(max_length=16, default=LIVE)
    """`shadow`: it is shown and never mailed."""
    unit = models.CharField(max_length=255, blank=True)
    recipient = models.CharField(max_length=255, db_index=True)
    created_at = models.DateTimeField(db_index=True)
    due_at = models.DateTimeField()
    """When it was to leave, by the unit's rules; never after `created_at` by more than a round."""
    message_id = models.CharField(max_length=255, unique=True)
    in_reply_to = models.CharField(max_length=255, blank=True)
    references = models.JSONField(default=list)
    list_id = models.CharField(max_length=255, blank=True)
    subject = models.TextField()
    text = models.TextField()
    html = models.TextField(blank=True)
    attachments = models.JSONField(default=list)
    """`name`, `content_type` and `content` in base64."""
    attempts = models.IntegerField(default=0)
    """Counted before each: a mail whose attempt broke off may have been taken, and leaves again as the same mail."""
    in_doubt = models.BooleanField(default=False)
    """An attempt broke off, or is under way: the server may have taken it."""
    tried_at = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True)
    put_off = models.BooleanField(default=False)
    """The server answered when it was tried last, and did not take this recipient or letter."""
    sent_at = models.DateTimeField(null=True)
    """When the mail server had taken it."""
    refused_at = models.DateTimeField(null=True)
    """When the server refused it for good: the address, or this mail."""
    superseded_at = models.DateTimeField(null=True)
    """It had never been tried when what it said was no longer so; something else is said instead."""
    last_error = models.TextField(blank=True)

    class Meta:
        indexes = (
            models.Index(fields=["sent_at", "mode", "refused_at", "superseded_at"], name="notice_waiting"),
            models.Index(fields=["recipient", "created_at"], name="notice_by_recipient"),
        )


class Line(models.Model):
    """One camera's line in a notice; one row per shift that it names, or a single one with no shift."""

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="lines")
    item = models.ForeignKey(Item, null=True, on_delete=models.PROTECT, related_name="lines")
    kind = models.CharField(max_length=32)
    camera = models.CharField(max_length=255, blank=True, db_index=True)
    shift_id = models.CharField(max_length=128, blank=True, db_index=True)


class MailState(models.Model):
    """One row: whether the mail server takes mail."""

    failing_since = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True)
    """When it took the last one."""
    unaddressed = models.IntegerField(default=0)
    """Open items that nobody can be told of: neither roster, nor list of units, nor it_recipients name anybody."""


class Beginning(models.Model):
    """One row: since when notices are decided. A shift that was due before is nobody's news."""

    since = models.DateTimeField()
