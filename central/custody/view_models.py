"""Who looked at footage, and why."""

from __future__ import annotations

from django.db import models


class FootageView(models.Model):
    """One person's look at one asset's bytes, said before the first of them left. Append-only: triggers refuse UPDATE
    and DELETE."""

    PLAYED, DOWNLOADED = "played", "downloaded"

    number = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    by = models.CharField(max_length=255)
    """The address of whoever was logged in."""
    roles = models.CharField(max_length=255)
    """What he was then, by `;`."""
    asset = models.ForeignKey("custody.Asset", on_delete=models.PROTECT, related_name="views")
    sha256 = models.CharField(max_length=64)
    """Of the bytes that he was given."""
    what = models.CharField(max_length=16)
    reason = models.TextField()
    """In his own words."""
    request_number = models.CharField(max_length=64, blank=True)
    """Of the records request, case or complaint, where there is one."""
    peer = models.CharField(max_length=255, blank=True)
    """Where he was: the address that reached central, and in brackets what a proxy says stands behind it."""
