"""Scenes around a shift's end: a camera that stays out, and one that is in a dock that died. Who is told what?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.demo.mailbox import Mail
from simulator.demo.moves import Moves
from simulator.demo.roster import DAY, NIGHT, Shift, drop
from simulator.demo.telling import DIM, GREEN, RED
from simulator.demo.world import IT, World

STAYS_OUT, UNSEEN = "BWC0415", "BWC0416"
ENDS_IN = timedelta(seconds=4)
"""From the roster's arrival to the end of all its shifts: by then a camera that was taken out is out for sure."""
WORKED = timedelta(hours=8)
ROSTER = "tonight.csv"
MAIL_WITHIN_S = 90.0

Row = Mapping[str, Any]


@dataclass
class AbsencePlayed:
    """What happened, told by those who made it happen."""

    late: Shift
    """Its camera was out past the deadline, and came back to another station than its own."""
    unseen: Shift
    """Its camera was put into its dock in time; the dock was dead."""
    in_time: tuple[Shift, ...]
    killed_at: datetime
    started_at: datetime | None = None
    """When the dead station was started again."""
    shifts_while_dead: Sequence[Row] = field(default_factory=list)
    """`export shifts`, asked while the station was dead and its camera's deadline had passed."""
    asked_at: datetime | None = None

    @property
    def shifts(self) -> tuple[Shift, ...]:
        return (self.late, self.unseen, *self.in_time)


class Absence:
    """Plays its scenes between those of the story, so that deadlines pass while other things happen."""

    def __init__(self, world: World, moves: Moves) -> None:
        self._world, self._moves = world, moves
        self._say, self._scene = world.teller.say, world.teller.scene
        self._east, self._west, self._north = world.stations
        self.played: AbsencePlayed

    def shifts_end(self) -> None:
        self._scene("A shift ends: one camera stays out, one is put into a dock that is dead")
        self._world.until(lambda: self._east.says(STAYS_OUT) != "safe to remove", f"{STAYS_OUT} is out")
        self._world.until(self._north.has_told_all, "north-1 has told central that it watches")
        self._north.process.kill()
        killed_at = datetime.now(UTC)
        self._say("north-1", "killed with SIGKILL; it stays dead", colour=RED)
        self._moves.dock(UNSEEN, self._north)
        self._say("north-1 Bay 5", "put in in time, but nobody sees it", camera=UNSEEN)
        self.played = self._planned(killed_at)
        drop(self._world.central.roster, ROSTER, self.played.shifts)
        ends_at = self.played.late.ends_at
        self._footage = self._world.fill(
            STAYS_OUT, "--add", "--files", "1", "--size", "1MiB", "--seed", "3", "--no-half-written"
        )
        said = f"a roster is in its folder: 5 shifts end at {ends_at:%H:%M:%S}; 2 cameras are due 8 s later"
        self._say("central", said)

    def _planned(self, killed_at: datetime) -> AbsencePlayed:
        ends_at = datetime.now(UTC) + ENDS_IN
        times = (ends_at, ends_at - WORKED)
        return AbsencePlayed(
            late=Shift("night-1", STAYS_OUT, NIGHT, self._east.name, *times),
            unseen=Shift("night-2", UNSEEN, NIGHT, self._north.name, *times),
            in_time=tuple(
                Shift(f"day-{place}", camera, DAY, self._east.name, *times)
                for place, camera in enumerate(("BWC0412", "BWC0413", "BWC0414"), start=1)
            ),
            killed_at=killed_at,
        )

    def first_notice(self) -> None:
        """The late camera's supervisor is told; then it comes back, to another station than its own."""
        self._scene("A camera does not come back: its supervisor is told")
        late = self.played.late
        mail = self._mail(late.supervisor, lambda one: late.camera in one.text, f"the first notice of {late.camera}")
        self._quote(mail)
        self._footage.output()
        self._moves.dock(late.camera, self._west)
        self._say("west-1 Bay 4", "put in at last, at another station than its own", camera=late.camera)

    def dead_station_returns(self) -> None:
        """IT has been told, and no officer is accused: then it runs again."""
        self._scene("A station is dead: IT is told, and no officer is accused")
        self._quote(self._mail(IT, _tells_of("IT:", self._north.name), "the mail to IT that north-1 is silent"))
        self.played.shifts_while_dead = self._world.until(self._is_judged, "what is dead is judged")
        self._north.start()
        self.played.started_at = datetime.now(UTC)
        self._say("north-1", "starts again")

    def ends_well(self) -> None:
        self._scene("Who was told, hears how it ended")
        late = self.played.late
        subject = f"Cleared: {late.camera}"
        why = f"the end of the notice about {late.camera}"
        self._quote(self._mail(late.supervisor, lambda one: subject in one.subject, why))
        self._world.teller.plain()
        self._quote(self._mail(IT, _tells_of("Over:", self._north.name), "the mail to IT that north-1 is back"))
        self._moves.wait_safe(late.camera, self._west)
        self._moves.wait_safe(UNSEEN, self._north)

    def _mail(self, to: str, wanted: Callable[[Mail], bool], why: str) -> Mail:
        def found() -> Mail | None:
            return next((one for one in self._world.mailbox.mails if to in one.to and wanted(one)), None)

        mail: Mail = self._world.until(found, why, MAIL_WITHIN_S)
        return mail

    def nobody_is_pending(self) -> bool:
        return all(row["verdict"] != "pending" for row in self._world.central.export("shifts"))

    def _is_judged(self) -> list[Row] | None:
        """All shifts, once something is said of the camera that nobody sees."""
        self.played.asked_at = datetime.now(UTC)
        rows: list[Row] = list(self._world.central.export("shifts"))
        unseen = [row for row in rows if row["shift_id"] == self.played.unseen.shift_id]
        if not unseen or unseen[0]["verdict"] == "pending":
            return None
        because = ", ".join(dict.fromkeys(" ".join(why.split()[:2]) for why in unseen[0]["why"]))
        said = f"its officer's shift is {unseen[0]['verdict']} ({because})"
        self._say("central", said, camera=UNSEEN, colour=GREEN)
        return rows

    def _quote(self, mail: Mail) -> None:
        self._world.teller.plain(f"       │ To: {', '.join(mail.to)}", colour=DIM)
        self._world.teller.plain(f"       │ Subject: {mail.subject}", colour=DIM)
        for line in ["", *_lines(mail)]:
            self._world.teller.plain(f"       │ {line}".rstrip(), colour=DIM)


def _lines(mail: Mail) -> list[str]:
    """What the mail says, without its footer."""
    return mail.text.partition("\n-- ")[0].strip().splitlines()


def _tells_of(word: str, station: str) -> Callable[[Mail], bool]:
    return lambda mail: mail.subject.startswith(f"[Dock] {word}") and station in mail.text
