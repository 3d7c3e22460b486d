"""Draws, the reviews that they made, and what was said of each. Append-only: triggers refuse UPDATE and DELETE."""

from __future__ import annotations

from django.db import models


class Draw(models.Model):
    """One quarter's draw."""

    quarter = models.CharField(max_length=6, unique=True)
    """`2026Q4`, in the site's zone."""
    seed = models.CharField(max_length=64)
    per_officer = models.IntegerField()
    at = models.DateTimeField()
    by = models.CharField(max_length=255)
    population = models.IntegerField()
    """How many videos it was drawn from."""
    population_sha256 = models.CharField(max_length=64)
    left_out = models.JSONField(default=dict)
    """How many videos of the quarter were in no population, by reason."""


class Review(models.Model):
    """One video that a supervisor is to look at."""

    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, related_name="reviews")
    asset = models.ForeignKey("custody.Asset", on_delete=models.PROTECT, related_name="reviews")
    shift = models.ForeignKey("roster.Shift", on_delete=models.PROTECT, related_name="reviews")
    officer_id = models.CharField(max_length=64, db_index=True)
    unit = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["draw", "asset"], name="drawn_once"),)


class Word(models.Model):
    """What somebody said of a review: a finding, a contest of it, the decision. Each once."""

    FINDING, CONTEST, DECISION = "finding", "contest", "decision"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="words")
    kind = models.CharField(max_length=16)
    outcome = models.CharField(max_length=32, blank=True)
    text = models.TextField(blank=True)
    by = models.CharField(max_length=255)
    at = models.DateTimeField()
    decider = models.CharField(max_length=255, blank=True)
    """Of a contest; empty: an administrator."""
    due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["review", "kind"], name="said_once"),)
