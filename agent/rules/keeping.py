"""When the spool's copy may go: a second safety net that outlives the receipt for a while."""

from __future__ import annotations

from datetime import datetime, timedelta

from agent.rules.erasure import CLOCK_LIMIT_MS
from agent.rules.footage import Asset


def may_release(
    asset: Asset,
    *,
    now: datetime,
    keep: timedelta,
    store_epoch: int | None,
    clock_offset_ms: float | None,
    under_pressure: bool,
) -> bool:
    """A copy goes only with a receipt of the central that stands now; under pressure its age does not count.

    Source: `[spool] keep` and `min_free`. Without a known epoch nothing goes: central may have been restored. By age
    nothing goes while our clock is not central's: a clock that is days ahead would empty the spool at once.
    """
    if asset.receipt is None or asset.verified_at is None or not asset.spooled:
        return False
    if store_epoch is None or asset.receipt.store_epoch != store_epoch:
        return False
    if under_pressure:
        return True
    if clock_offset_ms is None or abs(clock_offset_ms) > CLOCK_LIMIT_MS:
        return False
    return now - asset.verified_at >= keep
