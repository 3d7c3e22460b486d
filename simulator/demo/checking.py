"""Asks everybody who must be asked, and gives the verdicts in the order in which they are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from msgspec import DecodeError

from protocol import events as e
from simulator.demo import exports, promises, told
from simulator.demo.objects import ObjectFolder
from simulator.demo.page import pages_show
from simulator.demo.promises import Verdict
from simulator.demo.story import SECRET, Story
from simulator.demo.watcher import Pin, Watcher
from simulator.demo.world import IT, Person, Station, World


@dataclass(frozen=True)
class Evidence:
    """What the checks look at."""

    world: World
    person: Person
    watcher: Watcher
    story: Story
    pins: list[Pin]
    objects: ObjectFolder
    link: Path
    """On BWC0414's card, to `outside`."""
    outside: Path


def check(evidence: Evidence, tell: Callable[[Verdict], None]) -> list[Verdict]:
    """Every promise, told as soon as it is judged.

    Raises:
        StoryFailed: an export could not be had.
    """
    world, watcher, played = evidence.world, evidence.watcher, evidence.story.played
    cards, objects, central = watcher.cards, evidence.objects, world.central
    watcher.look()
    names = [station.name for station in world.stations]
    docks, absence = evidence.story.moves.docks, evidence.story.absence.played
    rows = central.exports("assets", "docks", "stations", "shifts", "notices", "alarms")
    seen = told.Told(absence, docks, world.mailbox.mails, rows["shifts"], rows["notices"], rows["alarms"])
    late = absence.late
    pages = {
        "/stations/": names,
        f"/shifts/{late.shift_id}/": (late.camera, late.officer, "Seen at <b>west-1 Bay 4</b>"),
        "/alarms/": (absence.unseen.home,),
        "/notices/": (late.supervisor,),
    }
    checks: list[Callable[[], Verdict]] = [
        lambda: promises.the_story_was_played(played),
        lambda: promises.left_only_when_safe(watcher),
        lambda: promises.nothing_left_while_central_was_down(watcher, played),
        lambda: promises.all_footage_is_at_central(cards, objects),
        lambda: promises.one_object_for_each_digest(cards, objects),
        lambda: promises.cards_hold_only_what_is_kept(cards, world.card),
        lambda: promises.the_link_was_refused(evidence.link, evidence.outside, SECRET, _refused(world.stations)),
        lambda: promises.receipts_are_signed(evidence.pins),
        lambda: exports.export_of_assets(cards, rows["assets"]),
        lambda: exports.export_of_docks(docks, rows["docks"]),
        lambda: exports.export_of_stations(names, rows["stations"]),
        lambda: promises.stations_verify(_verified(world.stations)),
        lambda: promises.mail_arrived(world.mailbox.subjects_for(IT)),
        lambda: told.late_camera_is_told_and_cleared(seen),
        lambda: told.dead_station_accuses_nobody(seen),
        lambda: told.it_is_told_once(seen),
        lambda: told.export_of_shifts(seen),
        lambda: told.export_of_notices(seen),
        lambda: pages_show(central.url, evidence.person, pages),
    ]
    verdicts = []
    for one in checks:
        verdict = one()
        tell(verdict)
        verdicts.append(verdict)
    return verdicts


def _verified(stations: list[Station]) -> dict[str, tuple[int, str]]:
    """The exit status of each station's `dock-agent verify`, and what it said."""
    asked = {station.name: station.begin("verify") for station in stations}
    answers = {name: one.finish() for name, one in asked.items()}
    return {name: (done.returncode, (done.stdout + done.stderr).strip()) for name, done in answers.items()}


def _refused(stations: list[Station]) -> list[str]:
    """The paths that stations recorded as refused."""
    found = []
    for station in stations:
        number = 0
        while events := station.ledger.events_after(number):
            number = events[-1][0]
            for _, body in events:
                try:
                    event = e.decode_body(body)
                except DecodeError:
                    continue
                if isinstance(event, e.FileRefused):
                    found.append(event.path)
    return found
