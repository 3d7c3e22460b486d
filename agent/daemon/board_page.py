"""The bay board as one page without anything from elsewhere. Without scripts it is drawn anew every five seconds."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from agent.daemon.status_page import Answer
from agent.rules.board_tiles import LIVE_WITHIN_S

TILE = Template(
    '<li class="tile" data-state="$state"><div class="face">'
    '<div class="head"><span class="label">$label</span><span class="camera">$camera</span></div>'
    '<div class="middle"><svg class="shape" aria-hidden="true"><use href="#$shape"></use></svg>'
    '<span class="word">$state</span></div>'
    '<div><progress class="bar" max="100" value="$percent" aria-hidden="true"$hidden></progress>'
    '<div class="foot"><span class="detail">$detail</span><span class="hours">$hours</span></div></div>'
    "</div></li>"
)
DOCK = Template('<li class="$here"><time>$time</time><span>$label</span><span>$camera</span></li>')
STARTING = "The station's agent is starting."
HANGS = "The station's agent answers, and its facts are old. Cameras that are docked stay safe; tell IT."


def _text(name: str) -> str:
    return (files("agent.daemon") / "board" / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


_HTML, _STYLE, _SCRIPT = _text("board.html"), _text("board.css"), _text("board.js")
PAGE = hashlib.sha256("\0".join((_HTML, _STYLE, _SCRIPT, TILE.template, DOCK.template)).encode()).hexdigest()[:12]
"""Which page this is: a screen that still shows an older agent's page loads the new one."""
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; script-src 'sha256-{_digest(_SCRIPT)}'; style-src 'sha256-{_digest(_STYLE)}'; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
}


class BoardPage:
    """`/` of the status address: whatever the snapshot's `board` says, drawn whole."""

    def __init__(self, facts: Callable[[], tuple[dict[str, Any], float] | None]) -> None:
        """`facts`: the latest snapshot and its age in seconds; None before the first."""
        self._facts = facts

    def answer(self) -> Answer:
        latest = self._facts()
        if latest is None:
            html = draw(_nothing_yet(), STARTING)
        else:
            snapshot, age_s = latest
            board = snapshot["board"]
            html = draw(board, HANGS if age_s > LIVE_WITHIN_S else board["why_not_live"])
        return Answer(html.encode(), "text/html; charset=utf-8", HEADERS)


def draw(board: Mapping[str, Any], why_not_live: str) -> str:
    """The whole page. `why_not_live`: empty when the tiles may be believed."""
    return Template(_HTML).substitute(
        page=PAGE,
        style=_STYLE,
        script=_SCRIPT,
        station=escape(board["station"]),
        wide=board["columns"]["wide"],
        tall=board["columns"]["tall"],
        tiles="".join(draw_tile(tile) for tile in board["tiles"]),
        docks="".join(draw_dock(dock) for dock in board["docks"]),
        tile=draw_tile(_NO_TILE),
        dock=draw_dock(_NO_DOCK),
        network=escape(board["network"]["state"]),
        words=escape(board["network"]["words"]),
        clock=escape(board["clock"]),
        alarm="now" if why_not_live else "even",
        why=escape(why_not_live),
    )


def draw_tile(tile: Mapping[str, Any]) -> str:
    hours, percent = tile["recording_hours_left"], tile["percent"]
    return TILE.substitute(
        state=escape(tile["state"]),
        shape=escape(tile["state"].replace(" ", "-")),
        label=escape(tile["label"]),
        camera=escape(tile["camera"]),
        detail=escape(tile["detail"]),
        percent=percent or 0,
        hidden=" hidden" if percent is None else "",
        hours="" if hours is None else f"records {int(hours)} h",
    )


def draw_dock(dock: Mapping[str, Any]) -> str:
    return DOCK.substitute(
        here="here" if dock["is_here"] else "",
        time=escape(dock["time"]),
        label=escape(dock["label"]),
        camera=escape(dock["camera"]),
    )


_NO_TILE = {"state": "free", "label": "", "camera": "", "detail": "", "percent": None, "recording_hours_left": None}
_NO_DOCK = {"is_here": False, "time": "", "label": "", "camera": ""}


def _nothing_yet() -> dict[str, Any]:
    tiles: Sequence[Mapping[str, Any]] = ()
    return {
        "station": "",
        "clock": "",
        "columns": {"wide": 1, "tall": 1},
        "tiles": tiles,
        "docks": (),
        "network": {"state": "asking", "words": ""},
    }
