"""What people said of footage. All append-only: triggers refuse UPDATE and DELETE. The newest row holds."""

from __future__ import annotations

from django.db import models

from central.custody.models import Asset


class Categorisation(models.Model):
    """A person said what an asset is."""

    number = models.BigAutoField(primary_key=True)
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="categorisations")
    before = models.CharField(max_length=64)
    after = models.CharField(max_length=64)
    minimum_s = models.FloatField(null=True)
    """What `after` meant then, in seconds; null: for ever. It holds on when central.toml says less one day."""
    said_at = models.DateTimeField(db_index=True)
    said_by = models.CharField(max_length=255)
    said_as = models.CharField(max_length=255)
    """His roles, by `;`."""
    reason = models.TextField(blank=True)


class Link(models.Model):
    """A citation, an arrest or a report that footage belongs to: of one asset, or of an officer at an instant."""

    CITATION, ARREST, REPORT = "citation", "arrest", "report"

    number = models.BigAutoField(primary_key=True)
    asset = models.ForeignKey(Asset, null=True, on_delete=models.PROTECT, related_name="links")
    officer_id = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(null=True)
    kind = models.CharField(max_length=16)
    reference = models.CharField(max_length=64)
    brought_at = models.DateTimeField()
    brought_by = models.CharField(max_length=255)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["asset", "kind", "reference"],
                condition=models.Q(asset__isnull=False),
                name="one_link_of_an_asset",
            ),
            models.UniqueConstraint(
                fields=["officer_id", "at", "kind", "reference"],
                condition=models.Q(asset__isnull=True),
                name="one_link_of_an_officer",
            ),
        )
        indexes = (models.Index(fields=["officer_id", "at"], name="link_by_officer"),)


class Binned(models.Model):
    """A person put an asset into the bin. Its bytes stay where they are until somebody empties it."""

    number = models.BigAutoField(primary_key=True)
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="binned")
    binned_at = models.DateTimeField(db_index=True)
    binned_by = models.CharField(max_length=255)
    reason = models.TextField()


class BinEnd(models.Model):
    """How that ended."""

    RESTORED, EMPTIED = "restored", "emptied"

    binned = models.OneToOneField(Binned, on_delete=models.PROTECT, related_name="end")
    outcome = models.CharField(max_length=16)
    ended_at = models.DateTimeField()
    ended_by = models.CharField(max_length=255)
    reason = models.TextField(blank=True)
