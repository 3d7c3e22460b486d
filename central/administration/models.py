"""Which forms were carried out, so that a second click does nothing twice."""

from __future__ import annotations

from django.db import models


class FormDone(models.Model):
    """One form of a page that was carried out. Its token is kept as a digest: codes were made of the token itself."""

    token_sha256 = models.CharField(max_length=64, primary_key=True)
    done_by = models.CharField(max_length=255)
    done_at = models.DateTimeField(db_index=True)
