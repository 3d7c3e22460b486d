"""Assets, dock sessions, custody events, uploads, stored objects and receipts."""

from __future__ import annotations

from django.db import models

from central.custody.keeping_models import ComeBack as ComeBack
from central.custody.keeping_models import Hold as Hold
from central.custody.keeping_models import HoldRelease as HoldRelease
from central.custody.keeping_models import Tombstone as Tombstone
from central.custody.view_models import FootageView as FootageView
from central.custody.watch_models import LedgerWatch as LedgerWatch
from central.custody.watch_models import NotSeenReport as NotSeenReport
from central.custody.watch_models import OnStationClock
from central.custody.watch_models import StationClock as StationClock
from central.custody.watch_models import TouchCount as TouchCount
from central.custody.watch_models import Touched as Touched
from central.custody.watch_models import UnwatchedBay as UnwatchedBay
from central.custody.watch_models import Watch as Watch
from central.custody.watch_models import WatchClaim as WatchClaim
from central.fleet.models import Ledger, Station


class StoreEpoch(models.Model):
    """One row: receipts of an older epoch permit no erase. Raised after a restore of central."""

    epoch = models.BigIntegerField(default=1)


class StoredObject(models.Model):
    """Content named by its SHA-256. Two assets can share one object and keep two custodies."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    size = models.BigIntegerField()
    stored_at = models.DateTimeField()
    verified_at = models.DateTimeField()
    """When the whole object was last read back and had the digest of its name."""
    rotten_at = models.DateTimeField(null=True)
    """Set while the object was found missing or changed and no good upload has replaced it."""
    deleted_at = models.DateTimeField(null=True)
    """A person deleted the last asset that had it; null again once an upload has brought the bytes back."""
    unlinked_at = models.DateTimeField(null=True)
    """When its file was gone, after that."""


class DockSession(OnStationClock):
    """Everything between a dock and its undock. Instants are the station's, widened by nobody yet."""

    session = models.UUIDField(primary_key=True)
    ledger = models.ForeignKey(Ledger, null=True, on_delete=models.PROTECT, related_name="docks")
    """Which ledger told of it."""
    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="docks")
    camera = models.CharField(max_length=255, db_index=True)
    bay = models.CharField(max_length=255, blank=True)
    bay_label = models.CharField(max_length=255, blank=True)
    source = models.CharField(max_length=32, blank=True)
    profile = models.CharField(max_length=255, blank=True)
    identity_source = models.CharField(max_length=32, blank=True)
    identity_unique = models.BooleanField(null=True)
    proves_dock = models.BooleanField(default=True)
    absent_until = models.DateTimeField(null=True)
    docked_at = models.DateTimeField(null=True, db_index=True)
    last_present_at = models.DateTimeField(null=True)
    undocked_at = models.DateTimeField(null=True)
    drained_at = models.DateTimeField(null=True)
    files_not_copied = models.IntegerField(default=0)
    files = models.IntegerField(null=True)
    bytes = models.BigIntegerField(null=True)
    card_size_bytes = models.BigIntegerField(null=True)
    card_free_bytes = models.BigIntegerField(null=True)
    """Of the card's file system when it was listed last in this dock. Null: the station does not tell it."""
    clock_offset_s = models.FloatField(null=True)
    """Camera clock minus station clock, where the camera tells its time."""
    news_serial = models.BigIntegerField(default=0)
    """The serial of the newest `Touched` that this dock caused."""

    class Meta:
        indexes = (
            models.Index(fields=["station", "docked_at"], name="dock_by_station"),
            models.Index(fields=["camera", "docked_at"], name="dock_by_camera"),
        )


class Asset(models.Model):
    """One file of one camera. Every instant names its source."""

    asset_id = models.UUIDField(primary_key=True)
    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="assets")
    camera = models.CharField(max_length=255, db_index=True, blank=True)
    source_path = models.TextField(blank=True)
    path_b64 = models.TextField(blank=True)
    """The path on the card as raw bytes, base64: the truth. `source_path` is for people."""
    session = models.UUIDField(null=True)
    size = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    """As the station told it until central has stored the bytes; from then on as central hashed them."""
    kind = models.CharField(max_length=16, blank=True)
    flagged = models.BooleanField(default=False)
    salvage = models.BooleanField(default=False)
    mtime_ns = models.BigIntegerField(null=True)
    state = models.CharField(max_length=16, default="FOUND", db_index=True)
    marks = models.JSONField(default=list)
    first_heard_at = models.DateTimeField(db_index=True)
    found_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField(null=True)
    recorded_source = models.CharField(max_length=32, blank=True)
    recorded_until = models.DateTimeField(null=True)
    """As its container told; null where it did not."""
    staged_at = models.DateTimeField(null=True)
    staged_source = models.CharField(max_length=32, blank=True)
    uploaded_at = models.DateTimeField(null=True)
    uploaded_source = models.CharField(max_length=32, blank=True)
    verified_at = models.DateTimeField(null=True)
    verified_source = models.CharField(max_length=32, blank=True)
    erased_at = models.DateTimeField(null=True)
    erased_source = models.CharField(max_length=32, blank=True)
    kept_reason = models.TextField(blank=True)
    gone_at = models.DateTimeField(null=True)
    quarantined_reason = models.TextField(blank=True)
    lost_at = models.DateTimeField(null=True)
    """When its station found that neither we (after a restore) nor its spool nor a card hold the bytes any more."""
    object = models.ForeignKey(StoredObject, null=True, on_delete=models.PROTECT, related_name="assets")

    class Meta:
        indexes = (
            models.Index(fields=["station", "camera", "sha256"], name="asset_claim"),
            models.Index(fields=["camera", "recorded_at"], name="asset_by_recording"),
            models.Index(fields=["session", "verified_at"], name="asset_by_session"),
            models.Index(fields=["station", "first_heard_at"], name="asset_by_station"),
            models.Index(fields=["camera", "first_heard_at"], name="asset_by_camera"),
            models.Index(fields=["found_at"], name="asset_by_find"),
            models.Index(fields=["verified_at"], name="asset_by_verification"),
            models.Index(fields=["gone_at"], name="asset_by_going"),
        )
        # And `asset_by_file_name`, which Django cannot say: see `file_names`.


class Upload(models.Model):
    """One transfer of one asset's bytes. `offset` is advanced only after its bytes are durable."""

    ALIVE, DEAD, STORED = "alive", "dead", "stored"

    upload_id = models.UUIDField(primary_key=True)
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="uploads")
    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="uploads")
    length = models.BigIntegerField()
    offset = models.BigIntegerField(default=0)
    attempt = models.IntegerField(default=1)
    state = models.CharField(max_length=8, default=ALIVE)
    central_sha256 = models.CharField(max_length=64, blank=True)
    """What central hashed when it refused the upload."""
    central_size = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    touched_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["asset"], condition=~models.Q(state="dead"), name="one_living_upload_per_asset"
            ),
            models.CheckConstraint(
                condition=models.Q(offset__gte=0, offset__lte=models.F("length")), name="offset_within_length"
            ),
        )


class Receipt(models.Model):
    """A signed statement that was given out. Never changed but to void it."""

    receipt_id = models.UUIDField(primary_key=True)
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="receipts")
    object = models.ForeignKey(StoredObject, on_delete=models.PROTECT, related_name="receipts")
    store_epoch = models.BigIntegerField()
    content = models.TextField()
    """Exactly the bytes that were signed."""
    signature = models.CharField(max_length=128)
    key_id = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True)
    hold = models.BooleanField(default=False)
    """As `content` states it."""


class CustodyEvent(models.Model):
    """One event of one ledger, verbatim. Append-only: triggers refuse UPDATE and DELETE."""

    ledger = models.ForeignKey(Ledger, on_delete=models.PROTECT, related_name="events")
    number = models.BigIntegerField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    body = models.TextField()
    received_at = models.DateTimeField()
    name = models.CharField(max_length=64, blank=True)
    """The event's type; empty when the body could not be read."""
    at = models.DateTimeField(null=True)
    asset_id = models.UUIDField(null=True, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["ledger", "number"], name="one_event_per_place"),)


class ParkedEvent(models.Model):
    """An event that is kept in its chain but could not be understood; shown until it is."""

    event = models.OneToOneField(CustodyEvent, on_delete=models.PROTECT, related_name="parked")
    reason = models.TextField()
    parked_at = models.DateTimeField()
    unwatches = models.BooleanField(default=True)
    """It may speak of docks or of watching: nothing after it counts as watched until it is understood."""


class Fork(models.Model):
    """A station offered another event for a place that is taken: somebody rewrote history, or a disk was cloned."""

    ledger = models.ForeignKey(Ledger, on_delete=models.PROTECT, related_name="forks")
    number = models.BigIntegerField()
    known_hash = models.CharField(max_length=64)
    offered_hash = models.CharField(max_length=64)
    offered_body = models.TextField()
    noticed_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["ledger", "number", "offered_hash"], name="one_row_per_fork"),)
