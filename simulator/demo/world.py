"""The small world: one central, three stations, five cameras and a mailbox, all below one folder."""

from __future__ import annotations

import json
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.demo.failures import AudienceLeft, StoryFailed
from simulator.demo.ledgers import LedgerFile
from simulator.demo.mailbox import Mailbox
from simulator.demo.processes import DOCK_AGENT, DOCK_CENTRAL, DOCK_SIM, Command, Process, kill_children, stop_all
from simulator.demo.roster import DAY, GRACE, NIGHT
from simulator.demo.telling import Teller

LABELS = {"BWC0412": "Bay 1", "BWC0413": "Bay 2", "BWC0414": "Bay 3", "BWC0415": "Bay 4", "BWC0416": "Bay 5"}
STATIONS = ("east-1", "west-1", "north-1")
IT = "it@dock.example"
SIGNS_IN = "demo@dock.example"
STARTS_WITHIN_S = 60.0
STOPS_WITHIN_S = 6.0


_SETTINGS = f"""\
[web]
base_url = "{{url}}"

[mail]
host = "127.0.0.1"
port = {{mail_port}}
from = "dock@dock.example"
security = "none"

[lateness]
grace = "{GRACE[NIGHT].seconds}s"
merge_gap = "1s"
early_tolerance = "1s"

[unit."{DAY}"]
grace = "{GRACE[DAY].seconds}s"

[notices]
it_recipients = ["{IT}"]
digest_delay = "1s"

[stations]
stale_after = "8s"
offline_after = "10s"

[alarms]
wait = "2s"
weekly = ""
disk_low = "0B"
"""


@dataclass
class Person:
    """Who may sign in to the page."""

    email: str
    password: str


class Central:
    """`dock-central` with its own DIR and port."""

    def __init__(self, home: Path, mail_port: int) -> None:
        self.data = home / "central"
        self.process = Process("central", home / "logs/central.log")
        self.port = free_port()
        self.data.mkdir()
        self.config = self.data / "central.toml"
        self.config.write_text(_SETTINGS.format(url=self.url, mail_port=mail_port))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def objects(self) -> Path:
        return self.data / "objects"

    @property
    def roster(self) -> Path:
        """What is dropped here is imported."""
        return self.data / "roster"

    def begin(self, *words: str) -> Command:
        return Command([*DOCK_CENTRAL, *words, "--data", str(self.data)])

    def command(self, *words: str) -> str:
        """What it printed. Raises StoryFailed."""
        return self.begin(*words).output()

    def begin_person(self, email: str, role: str) -> tuple[Person, Command]:
        """Somebody new, and the command that adds them: it waits for the password."""
        person = Person(email, secrets.token_hex(4))
        return person, self.begin("user", "add", person.email, "--role", role, "--password-stdin")

    def export(self, what: str) -> list[dict[str, Any]]:
        """Raises StoryFailed."""
        return self.exports(what)[what]

    def exports(self, *what: str) -> dict[str, list[dict[str, Any]]]:
        """Several at once. Raises StoryFailed."""
        asked = {one: self.begin("export", one, "--format", "json") for one in what}
        return {one: list(json.loads(command.output())) for one, command in asked.items()}

    def start(self) -> None:
        """Returns when it listens. Raises StoryFailed."""
        heard = self.process.log.stat().st_size if self.process.log.exists() else 0
        listen = f"127.0.0.1:{self.port}"
        self.process.start([*DOCK_CENTRAL, "serve", "--listen", listen, "--data", str(self.data)])
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not _listening(self.process.log, heard):
            if self.process.ended_with is not None or time.monotonic() > deadline:
                raise StoryFailed(f"central does not listen at {listen}")
            time.sleep(0.05)


class Station:
    """`dock-agent` with its own state and its own folder of docked cameras."""

    def __init__(self, home: Path, name: str, central: Central) -> None:
        self.name = name
        self.cameras = home / name / "cameras"
        self.state = home / name / "state"
        self.config = home / name / "agent.toml"
        self.process = Process(name, home / f"logs/{name}.log")
        self.ledger = LedgerFile(self.state / "ledger.db")
        self.page = f"127.0.0.1:{free_port()}"
        self._central = central
        self.cameras.mkdir(parents=True)

    def begin_enroll(self, code: str) -> Command:
        """Write the configuration and begin to enrol with it."""
        bays = "".join(f'"folder:{camera}" = "{label}"\n' for camera, label in LABELS.items())
        self.config.write_text(
            f'[station]\nid = "{self.name}"\n\n[central]\nurl = "{self._central.url}"\n\n'
            f'[paths]\nstate = "{self.state}"\n\n[spool]\nmin_free = "64MiB"\nkeep = "10min"\n\n[bays]\n{bays}\n'
            f'[[source]]\nkind = "folder"\npath = "{self.cameras}"\npresence = "dock"\nsettle = "300ms"\n\n'
            f'[heartbeat]\ninterval = "1s"\n\n[status]\nlisten = "{self.page}"\n'
        )
        return self.begin("enroll", "--central", self._central.url, "--code", code)

    def begin(self, name: str, *words: str) -> Command:
        return Command([*DOCK_AGENT, name, "--config", str(self.config), *words])

    def start(self) -> None:
        self.process.start([*DOCK_AGENT, "run", "--config", str(self.config)])

    def snapshot(self) -> dict[str, Any]:
        """What the running agent said of itself last; empty before its first word."""
        try:
            return dict(json.loads((self.state / "status.json").read_bytes()))
        except (FileNotFoundError, ValueError):
            return {}

    def has_told_all(self) -> bool:
        """Whether central has every event so far."""
        central = self.snapshot().get("central", {})
        return bool(central.get("reachable")) and central.get("events_unsent") == 0

    def label(self, camera: str) -> str:
        """The bay in which this camera docks here."""
        return LABELS.get(camera, camera)

    def says(self, camera: str) -> str:
        """What the bay of this camera says."""
        bays = self.snapshot().get("bays", [])
        return next((bay["says"] for bay in bays if bay["camera"] == camera), "")


class World:
    """Everything that runs. `stop` ends it all."""

    def __init__(self, home: Path, teller: Teller) -> None:
        self.home = home
        self.away = home / "on the road"
        for folder in (home / "logs", self.away):
            folder.mkdir()
        self.teller = teller
        self.mailbox = Mailbox(home / "mailbox", lambda to, subject: teller.say("mailbox", f"{to}: {subject}"))
        self.central: Central
        self.stations: list[Station] = []
        self.watching: Callable[[], None] = lambda: None
        """Called at every wait; raises when whoever watches cannot go on."""
        self.deadline = float("inf")

    def begin(self) -> Person:
        """Set everything up and start it; who may sign in. Raises StoryFailed."""
        self.mailbox.open()
        self.central = Central(self.home, self.mailbox.port)
        self.central.command("init")
        codes = [self.central.begin("station", "add", name) for name in STATIONS]
        person, adding = self.central.begin_person(SIGNS_IN, "it")
        self.central.start()
        self.teller.say("central", f"listens at {self.central.url}")
        stations = [Station(self.home, name, self.central) for name in STATIONS]
        enrolling = [one.begin_enroll(code.output().strip()) for one, code in zip(stations, codes, strict=True)]
        for station, enrolled in zip(stations, enrolling, strict=True):
            enrolled.output()
            self.stations.append(station)
            station.start()
            self.teller.say(station.name, "enrolled; watches its bays")
        adding.output(person.password)
        return person

    @property
    def processes(self) -> list[Process]:
        central = [self.central.process] if hasattr(self, "central") else []
        return [*central, *(station.process for station in self.stations)]

    def card(self, camera: str) -> Path:
        """Where the camera's card is now: in a bay or on the road."""
        places = [self.away, *(station.cameras for station in self.stations)]
        return next((place / camera for place in places if (place / camera).exists()), self.away / camera)

    def fill(self, camera: str, *options: str) -> Command:
        """Begin to write videos on a card that is on the road."""
        return Command([*DOCK_SIM, "camera", str(self.away / camera), *options])

    def dock(self, camera: str, station: Station) -> None:
        (self.away / camera).rename(station.cameras / camera)

    def undock(self, camera: str) -> None:
        self.card(camera).rename(self.away / camera)

    def until(self, what: Callable[[], Any], why: str, within_s: float = 90.0) -> Any:
        """Wait until `what()` is true and return it.

        Raises:
            StoryFailed: not within the time, or a process ended by itself.
            AudienceLeft: nobody reads what we print.
        """
        deadline = min(time.monotonic() + within_s, self.deadline)
        while not (found := what()):
            self.look_after()
            if time.monotonic() > deadline:
                raise StoryFailed(f"waited in vain: {why}")
            time.sleep(0.01)
        return found

    def pause(self, seconds: float) -> None:
        over = time.monotonic() + seconds
        self.until(lambda: time.monotonic() >= over, "a pause")

    def look_after(self) -> None:
        """Raises StoryFailed, AudienceLeft."""
        for process in self.processes:
            if process.ended_with is not None:
                raise StoryFailed(f"{process.name} ended by itself with status {process.ended_with}")
        self.watching()
        if self.teller.audience_left:
            raise AudienceLeft

    def stop(self) -> None:
        """End every process and the mailbox. Idempotent."""
        stop_all(self.processes, STOPS_WITHIN_S)
        kill_children()
        self.mailbox.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listening(log: Path, since: int) -> bool:
    """Whether central said so after `since` bytes of its log."""
    if not log.exists():
        return False
    return any(b'"central_listening"' in line for line in log.read_bytes()[since:].rpartition(b"\n")[0].splitlines())
