"""`dock-agent status --watch`: on a terminal a picture that stays, elsewhere a line for everything that changes."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from rich.console import Console
from rich.live import Live

from agent.cli.status_view import Said, changed_lines, render

LOOK_EVERY_S = 0.5
"""The agent writes a snapshot every second."""

Look = Callable[[], dict[str, Any]]


def watch(look: Look, console: Console, *, as_json: bool) -> None:
    """Until the user has enough (Ctrl-C, SIGTERM) or nobody reads any more. The terminal is left as it was."""
    # Whoever is killed politely gives the terminal back, too.
    signal.signal(signal.SIGTERM, _enough)
    if as_json:
        _as_json(look, console)
    elif console.is_terminal and not console.is_dumb_terminal:
        _on_terminal(look, console)
    else:
        _as_lines(look, console)


def _enough(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _looks(look: Look) -> Iterator[dict[str, Any]]:
    while True:
        yield look()
        time.sleep(LOOK_EVERY_S)


def _on_terminal(look: Look, console: Console) -> None:
    with Live(render(look()), console=console, screen=True, auto_refresh=False) as live:
        for facts in _looks(look):
            live.update(render(facts), refresh=True)


def _as_json(look: Look, console: Console) -> None:
    """One line for each snapshot, and one when the agent stops."""
    shown: tuple[object, object] | None = None
    for facts in _looks(look):
        if (facts["running"], facts.get("at")) != shown:
            shown = facts["running"], facts.get("at")
            print(json.dumps(facts, separators=(",", ":")), file=console.file, flush=True)


def _as_lines(look: Look, console: Console) -> None:
    said: Said = {}
    for facts in _looks(look):
        lines, said = changed_lines(said, facts)
        for line in lines:
            print(line, file=console.file, flush=True)
