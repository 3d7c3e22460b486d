"""What is kept because somebody asked for it, and what a person deleted. All append-only: triggers refuse UPDATE and
DELETE. They are rows of custody, for receipts and stations depend on them; people write them by `retention`."""

from __future__ import annotations

from django.db import models


class Hold(models.Model):
    """An asset that may be neither deleted here nor erased from its camera until its release."""

    number = models.BigAutoField(primary_key=True)
    asset = models.ForeignKey("custody.Asset", on_delete=models.PROTECT, related_name="holds")
    placed_at = models.DateTimeField(db_index=True)
    placed_by = models.CharField(max_length=255)
    request_number = models.CharField(max_length=64)
    """Of the case, request or complaint for which it is kept."""
    reason = models.TextField()


class HoldRelease(models.Model):
    """The end of one hold."""

    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, related_name="release")
    released_at = models.DateTimeField()
    released_by = models.CharField(max_length=255)
    reason = models.TextField()


class Tombstone(models.Model):
    """A person deleted this asset's bytes on purpose. Everything that made it legal then stands here."""

    number = models.BigAutoField(primary_key=True)
    asset = models.ForeignKey("custody.Asset", on_delete=models.PROTECT, related_name="tombstones")
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.BigIntegerField()
    deleted_at = models.DateTimeField(db_index=True)
    deleted_by = models.CharField(max_length=255)
    """Who emptied the bin."""
    binned_at = models.DateTimeField()
    binned_by = models.CharField(max_length=255)
    reason = models.TextField()
    """Of whoever put it into the bin."""
    category = models.CharField(max_length=64)
    minimum_s = models.FloatField()
    """The minimum retention that held, in seconds; as `begins_at` and `kept_until`, from which it is recomputed."""
    recorded_until = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField()
    begins_at = models.DateTimeField()
    kept_until = models.DateTimeField()
    shared = models.BooleanField()
    """Another asset has the same bytes, so they stayed."""


class ComeBack(models.Model):
    """A station sent the bytes of a deleted asset again: they are kept, and a person looks."""

    tombstone = models.OneToOneField(Tombstone, on_delete=models.PROTECT, related_name="comeback")
    at = models.DateTimeField()
