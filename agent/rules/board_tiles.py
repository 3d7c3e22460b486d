"""What one tile of the bay board shows, and how many tiles stand side by side."""

from __future__ import annotations

import math
from dataclasses import dataclass

from agent.rules.bay_words import BayState, BayView
from agent.rules.pace import minutes_words

LONGEST_CAMERA = 12
WIDE, TALL = (1.57, 1.0), (1.0, 1.27)
"""Width and height of the part of the screen that the tiles have, landscape and portrait."""
TILE_WIDTH_EM, TILE_HEIGHT_EM = 12.2, 8.7
"""What a tile needs for its words, in heights of its letters."""
MOST_COLUMNS = 12
_PHONES = frozenset({"extra_interfaces", "no_file_system", "symlink"})
"""Why something plugged in is no camera of ours; for every other reason the bay itself is in trouble."""


@dataclass(frozen=True, slots=True)
class Copying:
    """How far one camera's copy is."""

    percent: int | None = None
    seconds_left: float | None = None
    bytes_per_s: float | None = None


@dataclass(frozen=True, slots=True)
class Tile:
    """Everything that a tile shows; empty or None: not shown."""

    bay: str
    label: str
    camera: str
    state: BayState
    detail: str = ""
    doing: str = ""
    percent: int | None = None
    seconds_left: float | None = None
    bytes_per_s: float | None = None
    recording_hours_left: float | None = None
    """None: the camera does not tell."""


def view_of_unwatched(reason: str) -> BayView:
    """A bay that holds something which no session serves."""
    return BayView(occupied=True, refused=reason in _PHONES, troubled=reason not in _PHONES)


def detail_of(state: BayState, view: BayView, doing: str, copying: Copying, *, waits_for_space: bool) -> str:
    """The small words below the large ones."""
    match state:
        case BayState.DO_NOT_REMOVE if view.erasing or doing == "erasing":
            return "erasing"
        case BayState.DO_NOT_REMOVE if waits_for_space:
            return "waits for space"
        case BayState.DO_NOT_REMOVE if doing == "copying":
            share = "copying" if copying.percent is None else f"copying {copying.percent} %"
            return f"{share}, {minutes_words(copying.seconds_left)}"
        case BayState.DO_NOT_REMOVE:
            return "not all copied yet"
        case BayState.MAY_BE_TAKEN:
            return "all copied"
        case BayState.LEAVE_IN_BAY:
            return "IT is needed"
        case BayState.PUT_BACK:
            return "1 file not copied" if view.left_behind == 1 else f"{view.left_behind} files not copied"
        case _:
            return ""


def short_camera(name: str) -> str:
    """The end of a long name: that is where two cameras differ."""
    return name if len(name) <= LONGEST_CAMERA else "…" + name[1 - LONGEST_CAMERA :]


def short_label(label: str, camera: str) -> str:
    """What is written beside the bay. A folder is called after its camera, which the tile names already."""
    return "folder" if label == f"folder:{camera}" else label


def columns_for(tiles: int, room: tuple[float, float]) -> int:
    """How many tiles stand side by side, so that letters can be as large as possible and nothing scrolls."""
    width, height = room

    def letters(columns: int) -> float:
        rows = math.ceil(max(tiles, 1) / columns)
        return min(width / columns / TILE_WIDTH_EM, height / rows / TILE_HEIGHT_EM)

    return max(range(1, min(max(tiles, 1), MOST_COLUMNS) + 1), key=lambda columns: (letters(columns), -columns))


LIVE_WITHIN_S = 10.0
"""A board whose facts are older than this is not live."""
BAYS_WITHIN_S = 60.0
"""The bays are compared with the world every 15 s; a round that ends cameras that hang may take longer."""


def not_live_because(bays_age_s: float, deaf_s: float) -> str:
    """Why the tiles may not be believed though they are fresh; empty when they may. `deaf_s`: for how long a source
    of cameras has not been listened to."""
    if bays_age_s > BAYS_WITHIN_S:
        return "The station does not look at its bays any more."
    return "The station cannot see who docks." if deaf_s > LIVE_WITHIN_S else ""
