"""What stations told of their watch: when which source and bay was watched, how far they have told, what they did not
see. Instants are the station's own, each with what its clock was worth."""

from __future__ import annotations

from django.db import models

from central.fleet.models import Ledger, Station


class OnStationClock(models.Model):
    """Something with a beginning and perhaps an end by a station's clock, and how far that was from ours at both.

    Without a measured offset the boot and what its clock showed at boot are kept, until a heartbeat of that boot
    brings one.
    """

    offset_ms = models.FloatField(null=True)
    """At the beginning: station clock minus central's."""
    uncertainty_ms = models.FloatField(null=True)
    boot_id = models.CharField(max_length=64, blank=True)
    booted_at_us = models.BigIntegerField(null=True)
    """Wall clock minus time since boot, in microseconds."""
    end_offset_ms = models.FloatField(null=True)
    end_uncertainty_ms = models.FloatField(null=True)
    end_boot_id = models.CharField(max_length=64, blank=True)
    end_booted_at_us = models.BigIntegerField(null=True)

    class Meta:
        abstract = True


class Watch(OnStationClock):
    """An unbroken span in which one source of a station was listened to. Open, it reaches as far as its ledger's
    claim does."""

    ledger = models.ForeignKey(Ledger, on_delete=models.PROTECT, related_name="watches")
    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="watches")
    source = models.CharField(max_length=255)
    """`usb`, or `folder:PATH`. Its bays are watched as it is, but for `UnwatchedBay`."""
    is_blind = models.BooleanField(default=False)
    """A drop folder: what is not in it may be docked all the same."""
    run = models.BigIntegerField()
    """Number of the event with which the agent had started."""
    watched_from = models.DateTimeField()
    from_event = models.BigIntegerField()
    watched_until = models.DateTimeField(null=True)
    until_event = models.BigIntegerField(null=True)
    ended_by = models.CharField(max_length=64, blank=True)
    """`stopped`, `crashed`, `folder_gone`, `monitor_lost` …"""

    class Meta:
        indexes = (models.Index(fields=["station", "watched_from"], name="watch_by_station"),)


class UnwatchedBay(OnStationClock):
    """A bay that was not watched for one reason, although its source was."""

    ledger = models.ForeignKey(Ledger, on_delete=models.PROTECT, related_name="unwatched_bays")
    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="unwatched_bays")
    source = models.CharField(max_length=255)
    bay = models.CharField(max_length=255)
    reason = models.CharField(max_length=64)
    detail = models.TextField(blank=True)
    unwatched_from = models.DateTimeField()
    unwatched_until = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["station", "unwatched_from"], name="unwatched_by_station"),)


class LedgerWatch(models.Model):
    """How far one ledger's station has told of itself. Instants are on central's clock."""

    ledger = models.OneToOneField(Ledger, on_delete=models.PROTECT, primary_key=True, related_name="watch")
    told_until = models.DateTimeField(null=True)
    """Central holds every event of what had happened by then."""
    proven_until = models.DateTimeField(null=True)
    """The same, and understands all that says what was watched."""
    uncertainty_ms = models.FloatField(default=0)
    blocked_by = models.BigIntegerField(null=True)
    """The first event that was not understood and may speak of watching: nothing after it counts as watched."""


class WatchClaim(models.Model):
    """A claim of a heartbeat whose events have not all arrived yet."""

    ledger = models.ForeignKey(Ledger, on_delete=models.PROTECT, related_name="claims")
    event = models.BigIntegerField()
    until = models.DateTimeField()
    """On central's clock."""
    uncertainty_ms = models.FloatField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["ledger", "event"], name="one_claim_per_event"),)


class StationClock(models.Model):
    """The latest measured offset in each boot of a station."""

    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="clocks")
    boot_id = models.CharField(max_length=64)
    booted_at_us = models.BigIntegerField()
    offset_ms = models.FloatField()
    uncertainty_ms = models.FloatField()
    measured_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["station", "boot_id"], name="one_clock_per_boot"),)


class NotSeenReport(models.Model):
    """A station's word that a camera of its roster was not there from its shift's end to the deadline."""

    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="not_seen_reports")
    shift_id = models.CharField(max_length=128)
    camera = models.CharField(max_length=255, db_index=True)
    ends_at = models.DateTimeField()
    deadline_at = models.DateTimeField()
    policy_revision = models.CharField(max_length=64, blank=True)
    roster_at = models.DateTimeField(null=True)
    reported_at = models.DateTimeField()
    """By the station's clock."""
    watched_from = models.DateTimeField(null=True)
    watched_until = models.DateTimeField(null=True)
    coverage = models.JSONField(default=list)
    """Its gaps: `source`, `bay`, `reason`, `since`, `until`."""
    last_seen_at = models.DateTimeField(null=True)
    last_bay = models.CharField(max_length=255, blank=True)
    ended_by = models.UUIDField(null=True)
    """The first dock session of this camera, at any station, that was open at the shift's end or began after it."""

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["station", "shift_id", "deadline_at"], name="one_report_per_deadline"),
        )


class Touched(models.Model):
    """What has changed of the facts about a camera or a station, and in which order: judge these again."""

    CAMERA, STATION, TOLD = "camera", "station", "told"

    kind = models.CharField(max_length=16)
    """`camera`: its docks. `station`: what it watched. `told`: how far it has told, and nothing else."""
    name = models.CharField(max_length=255)
    serial = models.BigIntegerField(db_index=True)
    """Rises with every change of anything: whoever has seen N asks for what is above N."""
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["kind", "name"], name="touched_once"),)


class TouchCount(models.Model):
    """One row: the last serial that was given out."""

    last = models.BigIntegerField(default=0)
