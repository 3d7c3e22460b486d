"""When one file's trouble is its own: after how many tries a person is asked instead."""

from __future__ import annotations

from dataclasses import dataclass

TRIES = 10
"""Strikes before an asset is put aside: about ten minutes on the backoff curve."""

NEVER_ITS_OWN = frozenset({"stopping", "epoch_unknown"})
"""Troubles of the station, whichever asset meets them."""


@dataclass(frozen=True, slots=True)
class Strikes:
    """How often one asset failed on its own account, with no success in between."""

    count: int = 0
    finished: int | None = None
    """How many others had finished when it last failed; None: it has not failed."""

    def failed(self, code: str, *, may_be_everyones: bool, finished: int) -> Strikes:
        """The strikes after a failure. One that everyone may meet counts only when somebody else got through since
        this asset last failed: an outage, however long, puts nobody aside."""
        if code in NEVER_ITS_OWN:
            return self
        counts = not may_be_everyones or (self.finished is not None and finished > self.finished)
        return Strikes(self.count + counts, finished)

    @property
    def is_poison(self) -> bool:
        return self.count >= TRIES
