"""Papers that were issued. Append-only: triggers refuse UPDATE and DELETE."""

from __future__ import annotations

from django.db import models


class Paper(models.Model):
    """One custody record as it was signed, who asked for it and why."""

    number = models.BigAutoField(primary_key=True)
    paper_id = models.UUIDField(unique=True)
    at = models.DateTimeField(db_index=True)
    by = models.CharField(max_length=255)
    """The address of whoever was logged in, or the user of the machine whose command it was."""
    roles = models.CharField(max_length=255)
    """What he was then, by `;`. `command`: on the machine itself."""
    asset = models.ForeignKey("custody.Asset", on_delete=models.PROTECT, related_name="papers")
    reason = models.TextField()
    request_number = models.CharField(max_length=64, blank=True)
    peer = models.CharField(max_length=255, blank=True)
    sha256 = models.CharField(max_length=64)
    """Of `content`."""
    content = models.TextField()
    """Exactly the bytes that were signed."""
    signature = models.CharField(max_length=128)
    key_id = models.CharField(max_length=64)
    public_pem = models.TextField()
