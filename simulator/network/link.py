"""What a link does to bytes. Assign to change it, at any time; the defaults are a healthy one."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Link:
    """The vocabulary of toxiproxy, for all connections of one proxy together."""

    latency_s: float = 0.0
    """Each way; it delays bytes and does not thin them out."""
    bandwidth: float | None = None
    """Bytes per second towards central."""
    slice_size: int | None = None
    """Bytes arrive in pieces of this size …"""
    slice_gap_s: float = 0.0
    """… with this pause after each."""
    cut_after: int | None = None
    """Break every connection after so many more bytes towards central, once."""
    cut_every: int | None = None
    """Break every connection each time that so many bytes went towards central."""
    half_close_after: int | None = None
    """After so many more bytes, once: tell central that no more will come, and read on without passing it on."""
    hang_up_after: int | None = None
    """After so many more bytes, once: tell the station that no answer will come, and take what it sends."""
    swallow_answer: bool = False
    """Break the connection instead of passing on central's next bytes, once."""
    black_hole: bool = False
    """Take connections and pass nothing on, either way, without a word."""
    away: bool = False
    """Break every connection, new and old, for as long as it is set."""
    carried: int = 0
    """Bytes that went towards central."""
    cuts: int = 0
    """How often `cut_after` and `cut_every` struck."""
    _free_at: float = field(default=0.0, repr=False)
    _since_cut: int = field(default=0, repr=False)

    def heal(self) -> None:
        """A healthy link again; what was counted stays."""
        fresh = Link(carried=self.carried, cuts=self.cuts)
        for name in Link.__slots__:
            setattr(self, name, getattr(fresh, name))

    def piece(self) -> int:
        """Bytes that may be passed on at once."""
        limits = [16384, self.slice_size, self.bandwidth and max(int(self.bandwidth / 20), 512)]
        return min(int(limit) for limit in limits if limit)

    async def admit(self, size: int) -> None:
        """Let the time pass that so many bytes take towards central."""
        if self.bandwidth:
            now = time.monotonic()
            self._free_at = max(self._free_at, now) + size / self.bandwidth
            await asyncio.sleep(self._free_at - now)
        if self.slice_size:
            await asyncio.sleep(self.slice_gap_s)

    def is_cut_by(self, size: int) -> bool:
        """Count bytes towards central; whether the connection breaks before the last of them."""
        self._since_cut += size
        if self.cut_after is not None:
            self.cut_after -= size
        is_cut = self.cut_after is not None and self.cut_after <= 0
        is_due = self.cut_every is not None and self._since_cut >= self.cut_every
        if is_cut or is_due:
            self._since_cut, self.cuts = 0, self.cuts + 1
            self.cut_after = None
            return True
        self.carried += size
        return False

    def closes_half(self, name: str, size: int) -> bool:
        """Count bytes for `half_close_after` or `hang_up_after`; whether it strikes now."""
        left = getattr(self, name)
        if left is None:
            return False
        setattr(self, name, left - size if left > size else None)
        return bool(left <= size)
