"""Makes a docked camera's tree reachable: a folder as it is, or whatever its source needs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from stat import S_ISDIR

from agent.errors import CardGone, MountRefused
from agent.ports import Mounter
from agent.rules.footage import MountedCard, MountedVolume, Presence, UnreadVolume, VolumeId
from agent.rules.volumes import NO_FILE_SYSTEM, NOT_MOUNTED


class FolderMounter:
    """A folder needs no mounting. It is proved by device and inode, and never reached through a link."""

    def mount(self, presence: Presence, *, writable: bool) -> MountedCard:
        """The folder as it is.

        Raises:
            CardGone: the folder is no longer there.
            MountRefused: it is no folder, or was asked for writing and cannot be written to.
        """
        root = presence.directory
        if root is None:
            raise MountRefused(f"{presence.bay} is no folder.", hint="This is a fault of the program.")
        try:
            seen = os.lstat(root)
        except OSError as error:
            raise CardGone(f"The folder of {presence.bay} is no longer there ({error.strerror}).") from None
        if not S_ISDIR(seen.st_mode):
            raise MountRefused(f"{presence.bay} is no longer a folder.", hint="It is left alone; nothing was read.")
        if writable and not os.access(root, os.W_OK | os.X_OK):
            raise MountRefused(
                f"{presence.bay} cannot be written to, so nothing is erased from it.",
                hint='Give the agent\'s user the right to write there, or set [erase] policy = "never".',
            )
        return MountedCard(root, VolumeId(seen.st_dev, seen.st_ino), writable)

    def release(self, card: MountedCard) -> None:
        """Nothing to undo; what was written is made durable. A vanished folder is no error."""
        if not card.writable:
            return
        try:
            folder = os.open(card.root, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            return
        try:
            os.fsync(folder)
        except OSError:
            # The erase step lists the card again on a fresh mount before it believes anything.
            return
        finally:
            os.close(folder)


class EveryVolume:
    """Mounts all volumes of a camera, each by the same mounter, and releases them together."""

    def __init__(self, mounter: Mounter) -> None:
        self._mounter = mounter
        self._mounted: dict[MountedCard, list[MountedCard]] = {}

    def mount(self, presence: Presence, *, writable: bool) -> MountedCard:
        """Fresh mounts of all. Read-only, one that cannot be mounted is named in `unread` and the others are served;
        writable, it is all or none.

        Raises:
            MountRefused: none can be mounted, or not all as asked.
            CardGone: the device is no longer there.
        """
        if not presence.volume_name and not presence.volumes:
            return self._mounter.mount(presence, writable=writable)
        cards: list[tuple[str, MountedCard]] = []
        refused = MountRefused(f"{presence.bay}: it has no volume that can be mounted.")
        unread = [UnreadVolume(one.name, NO_FILE_SYSTEM) for one in presence.volumes if one.no_file_system]
        try:
            for name, alone in _each(presence):
                try:
                    cards.append((name, self._mounter.mount(alone, writable=writable)))
                except MountRefused as error:
                    if writable:
                        raise
                    refused = error
                    unread.append(UnreadVolume(name, NOT_MOUNTED, str(error)))
            if not cards:
                raise refused
        except BaseException:
            self._release(card for _, card in cards)
            raise
        whole = _as_one(cards, tuple(unread))
        self._mounted[whole] = [card for _, card in cards]
        return whole

    def release(self, card: MountedCard) -> None:
        """Release all of it. Idempotent."""
        self._release(self._mounted.pop(card, [card]))

    def _release(self, cards: Iterable[MountedCard]) -> None:
        for card in cards:
            self._mounter.release(card)


def _each(presence: Presence) -> Iterator[tuple[str, Presence]]:
    """Every volume that has a file system, as a camera of one volume."""
    yield presence.volume_name, replace(presence, volumes=(), volume_name="")
    for one in presence.volumes:
        if not one.no_file_system:
            facts = {**presence.facts, "fs_uuid": "", "fs_label": "", "fs_type": "", **one.facts}
            yield one.name, replace(presence, device=one.device, facts=facts, volumes=(), volume_name="")


def _as_one(cards: list[tuple[str, MountedCard]], unread: tuple[UnreadVolume, ...]) -> MountedCard:
    (name, first), *others = cards
    return MountedCard(
        first.root,
        first.volume,
        first.writable,
        any(card.dirty for _, card in cards),
        name,
        tuple(MountedVolume(name, card.root, card.volume) for name, card in others),
        unread,
    )


class MounterBySource:
    """Chooses the mounter by a presence's source, and remembers who mounted what."""

    def __init__(self, mounters: Mapping[str, Mounter]) -> None:
        """`mounters`: `usb` and `folder`, or fewer."""
        self._mounters = dict(mounters)
        self._mounted: dict[MountedCard, Mounter] = {}

    def mount(self, presence: Presence, *, writable: bool) -> MountedCard:
        """A fresh mount by the source's mounter.

        Raises:
            MountRefused: also when this station mounts nothing of that source.
            CardGone: the device is no longer there.
        """
        mounter = self._mounters.get(presence.source)
        if mounter is None:
            raise MountRefused(f"{presence.bay}: this station mounts no cameras of source {presence.source!r}.")
        card = mounter.mount(presence, writable=writable)
        self._mounted[card] = mounter
        return card

    def release(self, card: MountedCard) -> None:
        """Release it where it was mounted. Idempotent."""
        mounter = self._mounted.pop(card, None)
        if mounter is not None:
            mounter.release(card)
