"""The promises, each checked from outside. Every check can fail; what it found is told with figures."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from simulator.demo.ledgers import LedgerUnreadable
from simulator.demo.objects import ObjectFolder
from simulator.demo.receipts import objection_to
from simulator.demo.story import Played
from simulator.demo.watcher import Pin, WatchedCard, Watcher, held_on
from simulator.sizes import show_size

ERASABLE = (b".MP4", b".JSON")
"""What the profile of folder cameras lets go: videos and their sidecars. Everything else stays on the card."""
OBJECTIONS_SHOWN = 3

Cards = Mapping[str, WatchedCard]


@dataclass(frozen=True, slots=True)
class Verdict:
    promise: str
    broken: tuple[str, ...]
    """What contradicts it; empty when it held."""
    figures: str

    @property
    def held(self) -> bool:
        return not self.broken

    def __str__(self) -> str:
        if self.held:
            return f"✓ {self.promise}: {self.figures}"
        more = len(self.broken) - OBJECTIONS_SHOWN
        shown = "; ".join(self.broken[:OBJECTIONS_SHOWN]) + (f"; and {more} more" if more > 0 else "")
        return f"✗ {self.promise}: {shown}"


def left_only_when_safe(watcher: Watcher) -> Verdict:
    """The watcher's own verdict; a watcher that did not watch proves nothing."""
    gone = [file for card in watcher.cards.values() for file in card.gone]
    broken = list(watcher.unsafe)
    if watcher.failure is not None:
        broken.append(f"the watcher failed: {watcher.failure!r}")
    if not watcher.looks or not gone:
        broken.append("the watcher saw no file leave a card")
    return Verdict(
        "no file left a card before it was whole at central and receipted",
        tuple(broken),
        f"{len(gone)} files left, {watcher.looks} looks at the cards, "
        f"never more than {watcher.longest_pause_s:.2f} s between two",
    )


def nothing_left_while_central_was_down(watcher: Watcher, played: Played) -> Verdict:
    broken = list(watcher.vanished_while_down)
    if not played.unreceipted_when_killed:
        broken.append("central was killed when no file waited for a receipt: nothing was shown")
    return Verdict(
        "while central was down, nothing vanished from a card",
        tuple(broken),
        f"killed with {played.unreceipted_when_killed} files unreceipted "
        f"and {show_size(played.bytes_under_way)} of them on their way",
    )


def all_footage_is_at_central(cards: Cards, objects: ObjectFolder) -> Verdict:
    broken, size = [], 0
    for camera, path, sha256, length in _all_held(cards):
        stored = objects.content_of(sha256)
        size += length
        if stored is None:
            broken.append(f"{camera} {path!r} is not at central")
        elif (stored.sha256, stored.size) != (sha256, length):
            broken.append(f"{camera} {path!r} is other bytes at central")
    files = sum(len(card.held) for card in cards.values())
    return Verdict(
        "every file that was ever on a card is at central, byte for byte",
        tuple(broken),
        f"{files} files of {len(cards)} cameras, {show_size(size)}, hashed by us on both sides",
    )


def one_object_for_each_digest(cards: Cards, objects: ObjectFolder) -> Verdict:
    """Also: nothing else was stored, so no link was followed out of a card."""
    wanted = {sha256 for _, _, sha256, _ in _all_held(cards)}
    stored = objects.all()
    broken = [
        f"{path.name} holds {content.sha256}" for path, content in stored.items() if path.name != content.sha256
    ]
    counted = Counter(content.sha256 for content in stored.values())
    broken += [f"{sha256} is stored {count} times" for sha256, count in counted.items() if count > 1]
    broken += [f"{sha256} was on no card" for sha256 in counted if sha256 not in wanted]
    return Verdict(
        "one object for each digest, and nothing that was on no card",
        tuple(broken),
        f"{len(stored)} objects, {show_size(sum(content.size for content in stored.values()))}",
    )


def cards_hold_only_what_is_kept(cards: Cards, where: Callable[[str], Path]) -> Verdict:
    """Every erasable file is erased; whatever stays has the bytes it had, and links are still links."""
    broken, erased, kept = [], 0, 0
    for camera, card in cards.items():
        there = held_on(where(camera))
        for path, held in card.held.items():
            if path.upper().endswith(ERASABLE):
                erased += path not in there
                broken += [f"{camera} {path!r} is still on the card"] if path in there else []
            elif there.get(path) != held:
                broken.append(f"{camera} {path!r} should have stayed on the card as it was")
            else:
                kept += 1
        broken += [f"{camera} {path!r} was written onto the card" for path in there.keys() - card.held.keys()]
    return Verdict(
        "every erasable file is erased, everything else is as it was", tuple(broken), f"{erased} erased, {kept} kept"
    )


def the_link_was_refused(link: Path, outside: Path, secret: bytes, refused: Sequence[str]) -> Verdict:
    broken = []
    if not link.is_symlink():
        broken.append(f"{link.name} is no link any more")
    if not outside.exists() or outside.read_bytes() != secret:
        broken.append("the file outside of the card was touched")
    if not any(path.endswith(link.name) for path in refused):
        broken.append(f"no station recorded that it refused {link.name}")
    return Verdict("a link that leads out of a card is refused and recorded", tuple(broken), f"{link.name} refused")


def receipts_are_signed(pins: Iterable[Pin]) -> Verdict:
    """With the key pinned at enrolment; and the same check says no to one flipped bit."""
    broken, good = [], 0
    for pin in pins:
        try:
            receipts = pin.ledger.all_receipts()
        except LedgerUnreadable as error:
            broken.append(str(error))
            continue
        for receipt in receipts:
            objection = objection_to(receipt, pin.keys, receipt.sha256, receipt.size)
            forged = type(receipt)(
                *(receipt.sha256, receipt.size, receipt.key_id, _flipped(receipt.content), receipt.signature, None)
            )
            if objection:
                broken.append(f"{receipt.sha256}: {objection}")
            elif not objection_to(forged, pin.keys, receipt.sha256, receipt.size):
                broken.append(f"{receipt.sha256}: a forged receipt would have passed")
            else:
                good += 1
    if not good:
        broken.append("there are no receipts")
    return Verdict("every receipt is signed with the pinned key", tuple(broken), f"{good} signatures verified")


def stations_verify(said: Mapping[str, tuple[int, str]]) -> Verdict:
    """`said` is the exit status and the words of `dock-agent verify` by station."""
    broken = [f"{name} exits {status}: {words}" for name, (status, words) in said.items() if status != 0]
    if not said:
        broken.append("no station was asked")
    return Verdict("dock-agent verify finds every station sound", tuple(broken), f"{', '.join(said)} exit 0")


def mail_arrived(subjects: Sequence[str]) -> Verdict:
    broken = () if any("Test mail" in subject for subject in subjects) else ("no test mail is in the mailbox",)
    return Verdict("mail reaches the mailbox", broken, f"{len(subjects)} arrived")


def the_story_was_played(played: Played) -> Verdict:
    """A story in which nothing went wrong shows nothing."""
    broken = []
    if not played.told_to_put_back or not played.left_when_pulled:
        broken.append("the camera that was pulled had nothing left to copy")
    if not played.uncopied_when_agent_died:
        broken.append("the station was killed when it had nothing left to copy")
    return Verdict(
        "the bay of a camera pulled too early says put back; a killed station takes its work up again",
        tuple(broken),
        f"pulled with {played.left_when_pulled} files left, killed with {played.uncopied_when_agent_died} left",
    )


def _all_held(cards: Cards) -> Iterable[tuple[str, str, str, int]]:
    for camera, card in cards.items():
        for path, held in card.held.items():
            yield camera, os.fsdecode(path), held.sha256, held.size


def _flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
