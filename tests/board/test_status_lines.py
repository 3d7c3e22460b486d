"""`status --watch` where no terminal is: a line for everything that changes, and none for what does not."""

from __future__ import annotations

from agent.cli.status_view import Said, changed_lines
from tests.board.boards import facts, tile


def said_of(*rounds: dict[str, object]) -> list[str]:
    """All lines of these rounds, without the time of day."""
    said: Said = {}
    lines: list[str] = []
    for one in rounds:
        new, said = changed_lines(said, one)
        lines += [line.partition(" ")[2] if line[2] == ":" else line for line in new]
    return lines


def copying(percent: int) -> dict[str, object]:
    return tile("do not remove", camera="AX-1", percent=percent, detail=f"copying {percent} %, 4 min")


def test_what_does_not_change_is_said_once() -> None:
    assert said_of(facts(tile()), facts(tile())) == ["east-1: Network up.", "Bay 1 –: free"]


def test_progress_is_said_every_ten_percent() -> None:
    lines = said_of(*(facts(copying(percent)) for percent in (0, 1, 5, 9, 10, 63, 64)))
    assert lines[1:] == [f"Bay 1 AX-1: do not remove (copying {percent} %, 4 min)" for percent in (0, 10, 63)]


def test_a_camera_that_is_done_and_taken_is_three_lines() -> None:
    done = tile("safe to remove", camera="AX-1")
    lines = said_of(facts(copying(50)), facts(done), facts())
    assert lines[1:] == [
        "Bay 1 AX-1: do not remove (copying 50 %, 4 min)",
        "Bay 1 AX-1: safe to remove",
        "Bay 1: free",
    ]


def test_an_agent_that_stops_and_starts_is_said() -> None:
    stopped: dict[str, object] = {"running": False, "station": "east-1"}
    lines = said_of(facts(tile()), stopped, stopped, facts(tile()))
    assert lines[2:] == ["east-1: the agent is not running", "east-1: Network up.", "Bay 1 –: free"]


def test_two_cameras_in_one_bay_are_two() -> None:
    both = facts(tile("safe to remove", camera="AX-1"), tile("do not remove", camera="AX-2"))
    assert said_of(both)[1:] == ["Bay 1 AX-1: safe to remove", "Bay 1 AX-2: do not remove"]
