"""Boards as the agent writes them into its snapshot."""

from __future__ import annotations

from typing import Any

from agent.daemon.board_page import PAGE


def tile(state: str = "free", **other: Any) -> dict[str, Any]:
    return {
        "bay": "1-1.1",
        "label": "Bay 1",
        "camera": "",
        "state": state,
        "detail": "",
        "doing": "",
        "percent": None,
        "seconds_left": None,
        "time_left": "…",
        "bytes_per_s": None,
        "recording_hours_left": None,
        **other,
    }


def board(*tiles: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {
        "page": PAGE,
        "station": "east-1",
        "clock": "04:32",
        "live": True,
        "why_not_live": "",
        "network": {"state": "up", "since": "2026-11-23T04:10:00+00:00", "words": "Network up."},
        "columns": {"wide": 2, "tall": 1},
        "tiles": list(tiles),
        "docks": [{"at": "", "time": "04:10", "label": "Bay 1", "camera": "AX-1", "is_here": True}],
        **other,
    }


def facts(*tiles: dict[str, Any], at: str = "2026-11-23T04:32:10Z", **other: Any) -> dict[str, Any]:
    return {"running": True, "station": "east-1", "at": at, "board": board(*tiles, **other)}
