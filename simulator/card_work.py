"""Card work without a process of its own: the real steps over a card and a spool in memory."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

from agent.errors import CardGone, CardStalled, Refused
from agent.pipeline.stage import copy_file, digest_file
from agent.pipeline.unlink import unlink_file
from agent.ports import Clock, EraseOrder, Progress, SpoolDisk, StageOrder
from agent.rules.footage import (
    CardFile,
    EraseOutcome,
    EraseVerdict,
    Listing,
    MountedCard,
    StageOutcome,
    StageVerdict,
)
from simulator.cards import MemoryCard
from simulator.sources import MemoryMounter

T = TypeVar("T")
_GONE = (StageVerdict.CARD_GONE, EraseVerdict.CARD_GONE)


class MemoryCardWork:
    """The port `CardWork`. A hang is told at once instead of after the stall limit."""

    def __init__(self, mounter: MemoryMounter, spool: SpoolDisk, clock: Clock) -> None:
        self._mounter, self._spool, self._clock = mounter, spool, clock
        self._card: MemoryCard | None = None
        self._mounted: MountedCard | None = None
        self._ended = ""

    def open(self, card: MountedCard) -> None:
        def proved() -> MemoryCard:
            there = self._mounter.card_at(card.root)
            there.prove(card.volume)
            return there

        self._card, self._mounted = self._ask(proved), card

    def list(self) -> Listing:
        card, mounted = self._opened()

        def listed() -> Listing:
            card.prove(mounted.volume)
            return card.list()

        return self._ask(listed)

    def stage(self, order: StageOrder, progress: Progress) -> StageOutcome:
        card, mounted = self._opened()
        return self._told(
            lambda: copy_file(
                card,
                self._spool,
                order,
                progress,
                volume=mounted.volume,
                now=lambda: self._clock.now().wall,
                pause=lambda _seconds: None,
            )
        )

    def digest(self, file: CardFile, progress: Progress) -> StageOutcome:
        card, mounted = self._opened()
        return self._told(
            lambda: digest_file(card, file, progress, volume=mounted.volume, pause=lambda _seconds: None)
        )

    def read_small(self, path: bytes, limit: int) -> bytes | None:
        card, mounted = self._opened()

        def read() -> bytes | None:
            card.prove(mounted.volume)
            buffer = bytearray(limit)
            try:
                with closing(card.open(path)) as reader:
                    return bytes(buffer[: reader.read_into(memoryview(buffer))])
            except (FileNotFoundError, Refused):
                return None

        return self._ask(read)

    def erase(self, order: EraseOrder, progress: Progress) -> EraseOutcome:
        card, mounted = self._opened()

        def erased() -> EraseOutcome:
            card.prove(mounted.volume)
            if not mounted.writable or mounted.dirty:
                return EraseOutcome(EraseVerdict.NOT_WRITABLE, "It is mounted read-only, or is not clean.")
            return unlink_file(card, order, progress, volume=mounted.volume, pause=lambda _seconds: None)

        return self._told(erased)

    def close(self) -> None:
        self._ended = self._ended or "closed"

    def _opened(self) -> tuple[MemoryCard, MountedCard]:
        if self._card is None or self._mounted is None:
            raise CardGone("No card was opened.")
        return self._card, self._mounted

    def _told(self, work: Callable[[], T]) -> T:
        """A gone card is met in one way only: as CardGone."""

        def asked() -> T:
            outcome = work()
            if isinstance(outcome, StageOutcome | EraseOutcome) and outcome.verdict in _GONE:
                raise CardGone(outcome.detail)
            return outcome

        return self._ask(asked)

    def _ask(self, work: Callable[[], T]) -> T:
        if self._ended:
            raise CardGone(f"This card is no longer worked on: {self._ended}")
        try:
            return work()
        except (CardGone, CardStalled) as error:
            self._ended = str(error)
            raise
