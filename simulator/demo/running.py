"""`dock-sim demo`: builds the small world in a fresh folder, plays the story, checks it, and clears it all away."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from simulator.demo.checking import Evidence, check
from simulator.demo.failures import AudienceLeft, StoryFailed
from simulator.demo.following import Follower
from simulator.demo.live import live_on
from simulator.demo.objects import ObjectFolder
from simulator.demo.promises import Verdict
from simulator.demo.receipts import pinned_keys
from simulator.demo.roster import NIGHT, SERGEANT
from simulator.demo.story import Story, write_hostile_files
from simulator.demo.telling import BOLD, GREEN, RED, Teller
from simulator.demo.watcher import Pin, Watcher
from simulator.demo.world import Person, World

WITHIN_S = 400.0
HELD, BROKEN, FAILED, INTERRUPTED, NOBODY_READS = 0, 1, 1, 130, 141
LOOK_AT = {
    "/open/": "a camera that is out past its deadline",
    "/shifts/night-1/": "one shift with its docks and its verdict, minute by minute",
    "/alarms/": "a station that is silent",
    "/notices/": "every mail, and what became of it",
    "/measures/": "how many were back in time",
}
CARDS = {
    "BWC0412": ("--files", "3", "--size", "4MiB"),
    "BWC0413": ("--files", "7", "--size", "8MiB"),
    "BWC0414": ("--files", "5", "--size", "5MiB"),
    "BWC0415": ("--files", "2", "--size", "1MiB"),
    "BWC0416": ("--files", "2", "--size", "1MiB"),
}


def run(*, once: bool, keep: bool) -> int:
    """The exit status: 0 when every promise held (without `once`: and until Ctrl-C), 1 when not, 130 interrupted."""
    teller = Teller(sys.stdout)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # shells start background jobs deaf to it
    with _folder(keep, teller) as home:
        demo = Demo(home, teller)
        try:
            return demo.play(once=once)
        except KeyboardInterrupt:
            teller.plain("\nStopping everything.")
            return INTERRUPTED if once else HELD
        except StoryFailed as error:
            return demo.tell_failure(error)
        except AudienceLeft:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return NOBODY_READS
        finally:
            with _undisturbed():
                demo.stop()


class Demo:
    """One run. `stop` ends everything it started."""

    def __init__(self, home: Path, teller: Teller) -> None:
        self._teller = teller
        self._home = home
        self.world = World(home, teller)
        self.world.deadline = time.monotonic() + WITHIN_S
        self._watcher: Watcher | None = None
        self._followers: list[Follower] = []

    def play(self, *, once: bool) -> int:
        """Raises StoryFailed, AudienceLeft, KeyboardInterrupt."""
        person = self._set_up()
        objects = ObjectFolder(self.world.central.objects)
        pins = [
            Pin(station.ledger, pinned_keys(station.state / "credential.json")) for station in self.world.stations
        ]
        watcher = self._watcher = Watcher(objects, pins)
        self.world.watching = lambda: _pass_on(watcher.failure)
        story = Story(self.world, watcher, self._catch_up)
        watcher.start()
        story.play()
        link = next(self.world.card("BWC0414").glob("DCIM/*/latest.MP4"))
        evidence = Evidence(self.world, person, watcher, story, pins, objects, link, self._home / "outside.txt")
        status = self._judge(evidence)
        if once or status != HELD:
            return status
        self._invite(person)
        self.world.deadline = float("inf")
        live_on(self.world, story, watcher)
        return HELD

    def tell_failure(self, error: StoryFailed) -> int:
        """The exit status, after the reason and everybody's last words."""
        for process in self.world.processes:
            self._teller.plain(f"\nlast lines of {process.log.name}:")
            for line in process.last_words():
                self._teller.plain(f"  {line[:400]}")
        self._teller.plain()
        print(f"dock-sim: error: the story broke off: {error}", file=sys.stderr)
        return FAILED

    def stop(self) -> None:
        """Idempotent."""
        for follower in self._followers:
            follower.stop()
        self.world.stop()
        if self._watcher is not None:
            self._watcher.stop()

    def _set_up(self) -> Person:
        self._teller.scene("A small world: central, three stations, five cameras, a mailbox")
        cards = {camera: self.world.fill(camera, *options) for camera, options in CARDS.items()}
        person = self.world.begin()
        for camera, card in cards.items():
            said = card.output().strip().rpartition(", ")[2]
            self._teller.say("on the road", f"recorded {said} and a half-written one", camera=camera)
        write_hostile_files(self.world.card("BWC0414"), self._home / "outside.txt")
        self._followers = [Follower(station, self._teller) for station in self.world.stations]
        for follower in self._followers:
            follower.start()
        return person

    def _catch_up(self) -> None:
        for follower in self._followers:
            follower.look()

    def _judge(self, evidence: Evidence) -> int:
        self._teller.scene("Did every promise hold? Checked from outside")
        verdicts = check(evidence, self._tell)
        broken = [verdict for verdict in verdicts if not verdict.held]
        took = f"{self._teller.elapsed_s:.0f} s"
        if broken:
            print(f"dock-sim: error: {len(broken)} promise(s) broken: {broken[0].promise}", file=sys.stderr)
            return BROKEN
        self._teller.plain(f"\nAll {len(verdicts)} promises held, in {took}.", colour=BOLD)
        return HELD

    def _tell(self, verdict: Verdict) -> None:
        self._teller.plain(str(verdict), colour=GREEN if verdict.held else RED)

    def _invite(self, person: Person) -> None:
        central = self.world.central
        sergeant, adding = central.begin_person(SERGEANT, "supervisor")
        adding.output(sergeant.password)
        self._teller.plain(f"\nThe pages: {central.url}/", colour=BOLD)
        for who, sees in ((person, "everything"), (sergeant, NIGHT)):
            self._teller.plain(f"sign in:   {who.email}  password: {who.password}  sees {sees}", colour=BOLD)
        for path, what in LOOK_AT.items():
            self._teller.plain(f"  {path:<18} {what}")
        self._teller.plain(f"All mails: {self._home / 'mailbox'} (a Maildir)")
        for station in self.world.stations:
            self._teller.plain(f"{station.name + ':':<10} http://{station.page}/status")
        self._teller.plain("Cameras come and go until you press Ctrl-C.\n")


def _pass_on(failure: BaseException | None) -> None:
    if failure is not None:
        raise StoryFailed(f"the watcher failed: {failure!r}")


@contextlib.contextmanager
def _folder(keep: bool, teller: Teller) -> Iterator[Path]:
    """A fresh folder that is gone afterwards; with `keep` it stays, and where is told."""
    home = Path(tempfile.mkdtemp(prefix="dock-demo-"))
    try:
        yield home
    finally:
        if keep:
            teller.plain(f"Everything is left in {home}")
        else:
            shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """A second Ctrl-C must not leave processes behind: stopping takes seconds only."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
