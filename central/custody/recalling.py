"""Which cameras to recall when a station died: whose footage may be on that PC alone, or on their cards.

Reasons from what central holds, and says up to where that goes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Max, Q, QuerySet

from central.custody.models import Asset, DockSession
from central.fleet.models import Ledger

UNRECEIPTED = ("FOUND", "STAGED", "UPLOADED", "QUARANTINED")
DOCK_AGAIN, ADOPT, IN_DOCK = "dock_again", "adopt", "in_dock"
WORDS = {
    DOCK_AGAIN: "Dock it again, anywhere: what is still on its card travels again.",
    IN_DOCK: "It is docked elsewhere now: wait until all of it is copied there.",
    ADOPT: "Its card was copied elsewhere since. What is still missing may be on the old PC's disk alone: adopt it.",
}


@dataclass
class ToRecall:
    """One camera. Files are counted once, under the furthest step that central heard of."""

    camera: str
    files: dict[str, int] = field(default_factory=lambda: dict.fromkeys(UNRECEIPTED, 0))
    bytes: int = 0
    safe_elsewhere: int = 0
    """Files without a receipt here, of which another dock brought the very bytes: not counted above."""
    alike_elsewhere: int = 0
    """Of `files`: another dock brought a file of the same name, size and time. Likely the same; not hashed here."""
    last_dock: DockSession | None = None
    """At this station."""
    seen_since: DockSession | None = None
    """The latest dock since, at another station or at the PC that took this one's place."""

    @property
    def total(self) -> int:
        return sum(self.files.values())

    @property
    def todo(self) -> str:
        """`dock_again`, `in_dock` or `adopt`: see WORDS."""
        if self.seen_since is None or (
            self.seen_since.drained_at is None and self.seen_since.undocked_at is not None
        ):
            return DOCK_AGAIN
        return IN_DOCK if self.seen_since.drained_at is None else ADOPT

    @property
    def words(self) -> str:
        return WORDS[self.todo]


@dataclass(frozen=True)
class Recall:
    """What is to be recalled, and up to where central knows."""

    cameras: list[ToRecall]
    last_receipt_at: datetime | None
    heard_at: datetime | None
    """When that PC last named its head. What was docked or copied there afterwards nobody knows."""
    held: int
    """Number of the last event of its last ledger that central holds."""
    named: int
    """The highest number that the station named: those in between are on its disk alone."""


def recall(station_id: str, *, is_dead: bool) -> Recall:
    """What a PC of this station has not delivered. `is_dead`: nothing is heard of the present one; else only what an
    earlier ledger told counts, for what the present PC holds is merely under way."""
    ledgers = list(Ledger.objects.filter(station_id=station_id).order_by("sequence"))
    gone = [one for one in ledgers if is_dead or one.closed_at is not None or one is not ledgers[-1]]
    if not gone:
        return Recall([], None, None, 0, 0)
    last, docks = gone[-1], DockSession.objects.filter(station_id=station_id, ledger__in=gone)
    assets = Asset.objects.filter(station_id=station_id)
    if not is_dead:
        assets = assets.filter(session__in=docks.values("session"))
    last_receipt = assets.aggregate(at=Max("verified_at"))["at"]
    return Recall(
        cameras=_cameras(station_id, assets, docks, last_receipt),
        last_receipt_at=last_receipt,
        heard_at=last.witnessed_at,
        held=last.head_number,
        named=max(last.named_number or 0, last.head_number),
    )


def _cameras(
    station_id: str, assets: QuerySet[Asset], docks: QuerySet[DockSession], last_receipt: datetime | None
) -> list[ToRecall]:
    open_files = assets.filter(state__in=UNRECEIPTED, object=None, verified_at=None).order_by("camera", "asset_id")
    found = {camera: _counted(camera, some) for camera, some in _by_camera(open_files).items()}
    # Docked since the last receipt, and nobody heard that it was empty or all copied: its files may never be named.
    unsure = docks.filter(Q(drained_at=None), Q(files=None) | Q(files__gt=0))
    unsure = unsure.filter(_since(last_receipt) | Q(undocked_at=None))
    doubted = set(unsure.values_list("camera", flat=True))
    for camera in doubted:
        found.setdefault(camera, ToRecall(camera))
    for one in found.values():
        one.last_dock = docks.filter(camera=one.camera).order_by("-docked_at").first()
        one.seen_since = _seen_since(station_id, one)
    kept = [one for one in found.values() if one.total or (one.camera in doubted and one.todo != ADOPT)]
    return sorted(kept, key=lambda one: (-one.total, one.camera))


def _since(last_receipt: datetime | None) -> Q:
    return Q() if last_receipt is None else Q(docked_at__gte=last_receipt)


def _by_camera(assets: Iterable[Asset]) -> dict[str, list[Asset]]:
    found: dict[str, list[Asset]] = defaultdict(list)
    for asset in assets:
        found[asset.camera].append(asset)
    return found


def _counted(camera: str, assets: list[Asset]) -> ToRecall:
    stored = Asset.objects.filter(camera=camera).exclude(object=None)
    digests = set(
        stored.filter(sha256__in={one.sha256 for one in assets if one.sha256}).values_list("sha256", flat=True)
    )
    names = set(
        stored.filter(path_b64__in={one.path_b64 for one in assets}).values_list("path_b64", "size", "mtime_ns")
    )
    row = ToRecall(camera)
    for one in assets:
        if one.sha256 and one.sha256 in digests:
            row.safe_elsewhere += 1
            continue
        row.files[one.state] += 1
        row.bytes += one.size or 0
        row.alike_elsewhere += not one.sha256 and (one.path_b64, one.size, one.mtime_ns) in names
    return row


def _seen_since(station_id: str, one: ToRecall) -> DockSession | None:
    elsewhere = DockSession.objects.filter(camera=one.camera).exclude(docked_at=None)
    if one.last_dock is not None:
        elsewhere = elsewhere.exclude(ledger=one.last_dock.ledger)
        if one.last_dock.docked_at is not None:
            elsewhere = elsewhere.filter(docked_at__gt=one.last_dock.docked_at)
    else:
        elsewhere = elsewhere.exclude(station_id=station_id)
    return elsewhere.order_by("-docked_at").first()
