"""What every dock session of one station works with: the doors, the rules' settings, the board."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from agent.pipeline.growing import Growing
from agent.ports import CardWork, Clock, Ledger, Mounter
from agent.rules.bay_words import BayView
from agent.rules.erasure import CentralFacts
from agent.rules.footage import Asset
from agent.rules.profiles import Profile


@dataclass(frozen=True, slots=True)
class Settings:
    """What the configuration says about dock sessions."""

    station: str
    bay_labels: dict[str, str]
    erase_after_receipt: bool
    erase_min_age: timedelta
    profiles: Sequence[Profile]
    fallback: Profile
    """The profile of devices that no profile claims: read-only."""
    in_progress_settle: timedelta = timedelta(seconds=60)
    """How long a file whose name says "still being written" must be quiet before it travels as it is."""
    look_again: timedelta = timedelta(seconds=2)
    """Time between listings of a card that others may write to (a folder)."""
    retry_bay: timedelta = timedelta(seconds=20)
    """Time between attempts on a bay in trouble."""


@dataclass(slots=True)
class Bench:
    """The doors, shared by all sessions of the station."""

    clock: Clock
    ledger: Ledger
    mounter: Mounter
    settings: Settings
    start_work: Callable[[], CardWork]
    """A new child process for one card."""
    ask_central: Callable[[], CentralFacts]
    """Asks now; `store_epoch` is None when central does not answer."""
    ask_about: Callable[[Asset], CentralFacts]
    """The same, and whether central stands by this asset's receipt: asked before every unlink."""
    take_up: Callable[[UUID], bool]
    """Looks whether the spool holds this asset's copy after all, when card work ended without an answer."""
    staged: Callable[[], None]
    """Tells the uploads that there is something new."""
    name_camera: Callable[[str, UUID], UUID | None]
    """Claims a camera name for a session; the other session that holds it already, if any."""
    is_contested: Callable[[str], bool] = lambda _camera: False
    """Whether two docked cameras claim this name: then neither card is written to."""
    old_id: Callable[[str, bytes, str, int], UUID | None] = lambda _camera, _path, _sha256, _size: None
    """After a lost ledger: the id under which central already knows this camera's file; None when it does not."""

    growing: Growing = field(default_factory=Growing)
    """Tells the uploads how far each copy is."""


@dataclass(slots=True)
class Board:
    """What status shows of one session. Written by the session's thread, read by anyone."""

    bay: str
    bay_label: str
    camera: str = ""
    session: UUID | None = None
    seen_at: datetime | None = None
    view: BayView = field(default_factory=lambda: BayView(occupied=True))
    doing: str = "identifying"
    file: str = ""
    file_done: int = 0
    file_size: int = 0
    files_total: int = 0
    bytes_total: int = 0
    bytes_copied: int = 0
    bytes_left: int = 0
    """Of the files that are neither durable in the spool nor at central, the one under way whole."""
    space_wanted: int = 0
    """Bytes of the smallest file that waits for room in the spool; 0: none waits."""
    note: str = ""
    """The latest trouble, for people."""
