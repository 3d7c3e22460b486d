"""Makes a docked camera's tree reachable: a folder as it is, or whatever its source needs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from stat import S_ISDIR

from agent.errors import CardGone, MountRefused
from agent.ports import Mounter
from agent.rules.footage import MountedCard, Presence, VolumeId


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
