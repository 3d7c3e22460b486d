"""Stations, their credentials, latest heartbeat, bays and ledgers; what people changed about them."""

from __future__ import annotations

from django.db import models

GENESIS_HEX = "0" * 64


class Station(models.Model):
    """One dock station by its name; its PC may be replaced."""

    station_id = models.CharField(max_length=64, primary_key=True)
    added_at = models.DateTimeField()
    site = models.CharField(max_length=64, blank=True)
    """Where it stands. Stations of one site that are all silent are told as one."""
    label = models.CharField(max_length=255, blank=True)
    """For people: `Front desk`."""

    def __str__(self) -> str:
        return self.station_id


class EnrolmentCode(models.Model):
    """A one-time code; only its SHA-256 is kept."""

    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="codes")
    code_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    replaces = models.BooleanField(default=False)
    """True when the PC that uses this code takes the place of an older one."""


class Credential(models.Model):
    """What one PC proves itself with; only the SHA-256 of the token is kept."""

    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="credentials")
    token_sha256 = models.CharField(max_length=64, unique=True)
    public_key = models.CharField(max_length=64)
    """Ed25519 public key of the PC, base64."""
    hostname = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    """Null: it has no end, for its PC cannot renew."""
    used_at = models.DateTimeField(null=True)
    """When it was shown first. A renewed one that was not used yet has not ended the one before."""
    superseded = models.BooleanField(default=False)
    """It ended by a renewal of the same PC, and no person revoked it."""
    predecessor = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="successors")
    """The one that it renews."""


class Heartbeat(models.Model):
    """The latest heartbeat of a station: the message as it came, and the columns that pages need."""

    station = models.OneToOneField(Station, on_delete=models.PROTECT, primary_key=True, related_name="heartbeat")
    received_at = models.DateTimeField()
    body = models.TextField()
    sequence = models.BigIntegerField()
    boot_id = models.CharField(max_length=64)
    version = models.CharField(max_length=64)
    watched_until = models.DateTimeField(null=True)
    """As the station claims it."""
    watched_event = models.BigIntegerField(null=True)
    proven_until = models.DateTimeField(null=True)
    """The same by our clock, as far as we hold every event before it, and no source was deaf."""
    oldest_unreceipted_at = models.DateTimeField(null=True)
    slowest_loop_s = models.FloatField(default=0)
    """Age of the agent's least recent loop, in seconds: alive is not healthy."""
    version_since = models.DateTimeField(null=True)
    """Since when it tells this version."""
    config_digest = models.CharField(max_length=64, blank=True)
    profiles_digest = models.CharField(max_length=64, blank=True)
    digests_since = models.DateTimeField(null=True)
    """Since when it tells these two."""
    started_at = models.DateTimeField(null=True)
    """When its agent started, by our clock and its uptime."""
    restarts = models.JSONField(default=list)
    """When its agent was seen to have started anew, in seconds since 1970: the last few."""
    free_space = models.JSONField(default=list)
    """Pairs of seconds since 1970 and free bytes of its spool's disk: the last hours, every few minutes."""
    boots = models.JSONField(default=list)
    """Boot ids of the PC that spoke, the latest last: the last few."""
    twins = models.JSONField(default=list)
    """When a boot that was over was heard again, in seconds since 1970: the last few."""
    standing = models.CharField(max_length=16, default="online")
    """How it stands since the latest flip, in the words of `liveness`. `standing.py` alone changes it."""
    stale_at = models.DateTimeField(null=True)
    """When it is stale if no other heartbeat comes. Null: computed at the next start of an alert worker."""
    silent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["standing", "stale_at"], name="heartbeat_stale"),
            models.Index(fields=["standing", "silent_at"], name="heartbeat_silent"),
        )


class Flip(models.Model):
    """One change of how a station stands. Rows are added, never changed."""

    number = models.BigAutoField(primary_key=True)
    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="flips")
    before = models.CharField(max_length=16)
    after = models.CharField(max_length=16)
    at = models.DateTimeField(db_index=True)
    """When it was so: the instant that was computed, or that of the heartbeat."""
    noticed_at = models.DateTimeField()


class Bay(models.Model):
    """One slot of a station as it was last reported."""

    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="bays")
    bay = models.CharField(max_length=255)
    label = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=64, blank=True)
    camera = models.CharField(max_length=255, blank=True)
    reported_at = models.DateTimeField(null=True)
    trouble = models.TextField(blank=True)
    trouble_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["station", "bay"], name="one_row_per_bay"),)


class Knock(models.Model):
    """What was not let in, of one sort and one subject, lately. `knocks.py` keeps it."""

    sort = models.CharField(max_length=32)
    subject = models.CharField(max_length=255)
    """A station; an address where nobody knows who it is."""
    first_at = models.DateTimeField()
    last_at = models.DateTimeField(db_index=True)
    times = models.BigIntegerField()
    detail = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["sort", "subject"], name="one_row_per_knock"),)


class AdminEvent(models.Model):
    """What a person changed about stations, users or keys. Append-only: triggers refuse UPDATE and DELETE."""

    number = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    by = models.CharField(max_length=255)
    """Who: the user of the machine for a command, the address of whoever is logged in for a page."""
    what = models.CharField(max_length=32)
    """As `auditing.Change` names it."""
    subject = models.CharField(max_length=255)
    """The station, user or key it is about."""
    detail = models.JSONField(default=dict)


class Ledger(models.Model):
    """One chain of custody events of one station, and how far central holds it."""

    sequence = models.BigAutoField(primary_key=True)
    ledger_uuid = models.UUIDField(unique=True)
    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="ledgers")
    opened_at = models.DateTimeField()
    head_number = models.BigIntegerField(default=0)
    """Every event up to this number is held."""
    head_hash = models.CharField(max_length=64, default=GENESIS_HEX)
    gap_until = models.BigIntegerField(null=True)
    """Set while an event of this number was offered but an earlier one is missing."""
    gap_since = models.DateTimeField(null=True)
    predecessor = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)
    """Set when the station's PC was replaced: nothing more is accepted."""
    witnessed_number = models.BigIntegerField(null=True)
    """The highest head that the station named in a heartbeat and that agreed with ours."""
    witnessed_at = models.DateTimeField(null=True)
    named_number = models.BigIntegerField(null=True)
    """The highest head that the station named at all: events beyond ours are lost if the station loses them."""
    succession = models.CharField(max_length=16, blank=True)
    """Why it follows its predecessor: `lost`, `forked`, `closed`."""
    spoke_again_at = models.DateTimeField(null=True)
    """It was used after another ledger had taken its place: two PCs are one station, or an old disk is back."""
    set_back_from = models.BigIntegerField(null=True)
    """The highest number that central acknowledged and had lost again: central was restored from a copy."""
    set_back_at = models.DateTimeField(null=True)
    set_back_epoch = models.BigIntegerField(null=True)
    """The store epoch in which that was noticed; until a higher one is raised the station erases nothing."""
