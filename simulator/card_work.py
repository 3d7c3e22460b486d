"""Card work without a process of its own: the real steps over a card and a spool in memory."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Protocol, TypeVar

from agent.errors import CardGone, CardStalled, Refused
from agent.pipeline.stage import copy_file, digest_file
from agent.pipeline.unlink import unlink_file
from agent.ports import Card, Clock, EraseOrder, Progress, SpoolDisk, StageOrder
from agent.rules.footage import (
    CardFile,
    EraseOutcome,
    EraseVerdict,
    Listing,
    MountedCard,
    StageOutcome,
    StageVerdict,
)

T = TypeVar("T")
_GONE = (StageVerdict.CARD_GONE, EraseVerdict.CARD_GONE)


class OpenedCard(Card, Protocol):
    def close(self) -> None: ...


class Cards(Protocol):
    """Where the cards are, such as a MemoryMounter."""

    def card_at(self, root: str) -> OpenedCard:
        """Raises CardGone."""


class MemoryCardWork:
    """The port `CardWork`. A hang is told at once instead of after the stall limit. As the card process does, it
    holds no card between two requests."""

    def __init__(
        self, cards: Cards, spool: SpoolDisk, clock: Clock, *, grown: Callable[[], None] = lambda: None
    ) -> None:
        """`grown` is called after every block that was copied: what other threads of a station would do meanwhile."""
        self._cards, self._spool, self._clock, self._grown = cards, spool, clock, grown
        self._mounted: MountedCard | None = None
        self._ended = ""

    def open(self, card: MountedCard) -> None:
        self._mounted = card
        self._ask(lambda _card, _mounted: None)

    def list(self) -> Listing:
        return self._ask(lambda card, _mounted: card.list())

    def stage(self, order: StageOrder, progress: Progress) -> StageOutcome:
        def told(done: int) -> None:
            progress(done)
            self._grown()

        return self._ask(
            lambda card, mounted: copy_file(
                card,
                self._spool,
                order,
                told,
                volume=mounted.volume,
                now=lambda: self._clock.now().wall,
                pause=lambda _seconds: None,
            )
        )

    def digest(self, file: CardFile, progress: Progress) -> StageOutcome:
        return self._ask(
            lambda card, mounted: digest_file(
                card, file, progress, volume=mounted.volume, pause=lambda _seconds: None
            )
        )

    def read_small(self, path: bytes, limit: int) -> bytes | None:
        def read(card: OpenedCard, _mounted: MountedCard) -> bytes | None:
            buffer = bytearray(limit)
            try:
                with closing(card.open(path)) as reader:
                    return bytes(buffer[: reader.read_into(memoryview(buffer))])
            except (FileNotFoundError, Refused):
                return None

        return self._ask(read)

    def erase(self, order: EraseOrder, progress: Progress) -> EraseOutcome:
        def erased(card: OpenedCard, mounted: MountedCard) -> EraseOutcome:
            if not mounted.writable or mounted.dirty:
                return EraseOutcome(EraseVerdict.NOT_WRITABLE, "It is mounted read-only, or is not clean.")
            return unlink_file(card, order, progress, volume=mounted.volume, pause=lambda _seconds: None)

        return self._ask(erased)

    def close(self) -> None:
        self._ended = self._ended or "closed"

    def _ask(self, work: Callable[[OpenedCard, MountedCard], T]) -> T:
        """A gone card is met in one way only: as CardGone."""
        if self._ended:
            raise CardGone(f"This card is no longer worked on: {self._ended}")
        mounted = self._mounted
        if mounted is None:
            raise CardGone("No card was opened.")
        try:
            with closing(self._cards.card_at(mounted.root)) as card:
                card.prove(mounted.volume)
                outcome = work(card, mounted)
                if isinstance(outcome, StageOutcome | EraseOutcome) and outcome.verdict in _GONE:
                    raise CardGone(outcome.detail)
                return outcome
        except (CardGone, CardStalled) as error:
            self._ended = str(error)
            raise
