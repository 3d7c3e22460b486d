"""Officers and shifts, as the last roster import left them."""

from __future__ import annotations

from django.db import models


class Officer(models.Model):
    officer_id = models.CharField(max_length=64, primary_key=True)
    name = models.CharField(max_length=255, blank=True)
    email = models.CharField(max_length=255, blank=True)
    unit = models.CharField(max_length=255, blank=True)


class Shift(models.Model):
    """A span of duty of one officer with one camera."""

    shift_id = models.CharField(max_length=128, primary_key=True)
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="shifts")
    camera_serial = models.CharField(max_length=255, db_index=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)
    supervisor_email = models.CharField(max_length=255, blank=True)
    unit = models.CharField(max_length=255, blank=True)
    status = models.CharField(max_length=16, default="scheduled")
    end_source = models.CharField(max_length=64, blank=True)


class HomeStation(models.Model):
    """A station where a shift's camera is expected back. The station may be added later than the roster."""

    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, related_name="home_stations")
    station_id = models.CharField(max_length=64, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["shift", "station_id"], name="home_station_once"),)
