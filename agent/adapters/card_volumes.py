"""All volumes of one mounted camera as one card."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace

from agent.adapters.camera_card import CameraCard, CameraFile
from agent.rules.footage import Listing, MountedCard, RefusedEntry, VolumeId
from agent.rules.volumes import NOT_MOUNTED, as_refused, split_path


class CardVolumes:
    """Each path goes to the volume whose name it begins with. What is proved is proved of all of them: a camera that
    lost one is not the one that was mounted."""

    def __init__(self, mounted: MountedCard, cards: dict[bytes, CameraCard]) -> None:
        """`cards`: by name."""
        self._mounted = mounted
        self._cards = cards
        self._proofs = {one.name.encode(): one.volume for one in mounted.others}
        self._main = mounted.name.encode()

    def prove(self, volume: VolumeId) -> None:
        """Raises CardGone unless every root still is the volume that was mounted; `volume` is the first's."""
        for name, card in self._cards.items():
            card.prove(volume if name == self._main else self._proofs[name])

    def list(self) -> Listing:
        """Every entry of all volumes. Raises CardGone."""
        found = [(name, card.list()) for name, card in self._cards.items()]
        self.prove(self._mounted.volume)
        size = sum(listing.volume_bytes or 0 for _, listing in found)
        parts = [self._without_doubles(listing) if not name else listing for name, listing in found]
        return Listing(
            files=tuple(file for part in parts for file in part.files),
            refused=(*(entry for part in parts for entry in part.refused), *as_refused(self._mounted.unread)),
            # One that could not be mounted is like a folder that could not be read.
            complete=all(part.complete for part in parts)
            and all(one.reason != NOT_MOUNTED for one in self._mounted.unread),
            io_errors=tuple(error for part in parts for error in part.io_errors),
            volume_bytes=size or None,
            volume_free_bytes=sum(part.volume_free_bytes or 0 for part in parts) if size else None,
        )

    def open(self, path: bytes) -> CameraFile:
        return self._at(path).open(path)

    def unlink(self, path: bytes) -> None:
        self._at(path).unlink(path)

    def sync(self) -> None:
        for card in self._cards.values():
            card.sync()

    def _at(self, path: bytes) -> CameraCard:
        """Raises FileNotFoundError."""
        name = split_path(path)[0]
        is_dark = name in {one.name.encode() for one in self._mounted.unread}
        card = None if is_dark else self._cards.get(name) or self._cards.get(b"")
        if card is None:
            raise FileNotFoundError(path)
        return card

    def _without_doubles(self, listing: Listing) -> Listing:
        """A folder of the first volume that is called like another volume: neither may be taken for the other."""
        names = (self._cards.keys() | {one.name.encode() for one in self._mounted.unread}) - {b""}
        doubled = {file.path.partition(b"/")[0] for file in listing.files} & names
        if not doubled:
            return listing
        return replace(
            listing,
            files=tuple(file for file in listing.files if file.path.partition(b"/")[0] not in doubled),
            refused=(*listing.refused, *(RefusedEntry(b"./" + name, "name_refused") for name in sorted(doubled))),
        )


@contextlib.contextmanager
def opened(mounted: MountedCard, tick: Callable[[], None]) -> Iterator[CameraCard | CardVolumes]:
    """The card of this mount: a handle on each root, closed at the end. Raises CardGone."""
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(CameraCard(mounted.root, tick, name=mounted.name.encode()))
        if not (mounted.name or mounted.others or mounted.unread):
            yield first
            return
        cards = {mounted.name.encode(): first}
        for one in mounted.others:
            cards[one.name.encode()] = stack.enter_context(CameraCard(one.root, tick, name=one.name.encode()))
        yield CardVolumes(mounted, cards)
