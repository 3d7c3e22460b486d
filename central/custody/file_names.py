"""Finding files by their name or digest, through indexes: of 325 000 rows a page can read a few hundred."""

from __future__ import annotations

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.fields import TextField

from central.custody.models import Asset

FILE_NAME = "lower(substr(source_path, length(rtrim(source_path, replace(source_path, '/', ''))) + 1))"
"""What follows the last slash of a path. The index of migration 0006 is of exactly this text, and of no other."""
LAST = "\U0010ffff"


def named_like(beginning: str) -> QuerySet[Asset]:
    """Assets whose file name begins so, capitals or not."""
    begins = beginning.lower()
    named = Asset.objects.annotate(file_name=RawSQL(FILE_NAME, (), output_field=TextField()))  # noqa: S611 - a constant
    return named.filter(file_name__gte=begins, file_name__lt=begins + LAST)


def digest_like(beginning: str) -> QuerySet[Asset]:
    """Assets whose SHA-256 begins so."""
    begins = beginning.lower()
    return Asset.objects.filter(sha256__gte=begins, sha256__lt=begins + LAST)
