"""Gathers once a second what the bay board shows: every bay, the network, the last docks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from agent.daemon.bays import Bays
from agent.daemon.board_page import PAGE
from agent.ledger.read import LedgerView
from agent.pipeline.bench import Board
from agent.pipeline.transfer_status import TransferStatus
from agent.ports import Clock, Ledger, SpoolSpace
from agent.reporting.heartbeat import Pulse
from agent.rules.bay_words import BayState, BayView, bay_says
from agent.rules.board_tiles import (
    TALL,
    WIDE,
    Copying,
    Tile,
    columns_for,
    detail_of,
    not_live_because,
    short_camera,
    short_label,
    view_of_unwatched,
)
from agent.rules.footage import DockSession
from agent.rules.network_words import (
    Network,
    Reach,
    Since,
    fill_rate,
    held_since,
    local_words,
    network_of,
    network_words,
)
from agent.rules.pace import Pace, begun, minutes_words, moved_on, percent_done, rate_now, seconds_left

LAST_DOCKS = 20
FIRST_RATE_EVERY_S, RATE_EVERY_S = 5.0, 60.0
"""The rate at which the spool fills moves slowly, and measuring it reads thousands of rows."""
SPANS = (timedelta(days=1), timedelta(days=7))
"""The busier of the last day and the last week counts: nobody shall find less space than was promised."""
NETWORK_NOTE = "network_since"


def bay_reports(bays: Bays) -> list[tuple[Board, BayState]]:
    """Every bay that holds a camera or something else, or whose last camera was pulled too early."""
    there = [(board, bay_says(board.view)) for board in bays.boards()]
    occupied = {board.bay for board, _ in there}
    for bay in bays.unwatched():
        if bay.bay and bay.bay not in occupied:
            board = Board(bay.bay, bays.label(bay.bay), view=view_of_unwatched(bay.reason), doing="", note=bay.detail)
            there.append((board, bay_says(board.view)))
            occupied.add(bay.bay)
    for name, (board, left) in bays.left_behind().items():
        if name not in occupied:
            pulled = replace(board, view=BayView(occupied=False, left_behind=left), doing="")
            there.append((pulled, bay_says(pulled.view)))
    return sorted(there, key=lambda pair: pair[0].bay)


class BayBoard:
    """Remembers from second to second how fast each copy goes, and since when the network is as it is."""

    def __init__(
        self, station: str, labels: Mapping[str, str], clock: Clock, ledger: Ledger, view: LedgerView
    ) -> None:
        self._station = station
        self.labels = labels
        self._clock = clock
        self._ledger = ledger
        self._view = view
        self._paces: dict[object, Pace] = {}
        self._since = _remembered(ledger.note(NETWORK_NOTE))
        self._rate: float | None = None
        self._rate_at_ns: int | None = None

    def content(
        self,
        reports: Iterable[tuple[Board, BayState]],
        *,
        pulse: Pulse,
        transfer: TransferStatus,
        space: SpoolSpace,
        waiting: int,
        bays_age_s: float,
        deaf_s: float,
    ) -> dict[str, object]:
        """The board as JSON values. `waiting`: files without a receipt.

        Raises:
            LedgerBroken: since when the network is down could not be kept.
        """
        now = self._clock.now()
        local = now.wall.astimezone()
        tiles = self._tiles(reports, now.monotonic_ns)
        why = not_live_because(bays_age_s, deaf_s)
        since = self._network(pulse, transfer, now.wall, now.uncertainty_ms)
        words = network_words(
            since,
            local_words(since.at.astimezone(), local),
            waiting=waiting,
            room=space.free - space.min_free,
            rate=self._fill_rate(now.wall, now.monotonic_ns),
        )
        return {
            "page": PAGE,
            "station": self._station,
            "clock": f"{local:%H:%M}",
            "live": not why,
            "why_not_live": why,
            "network": {"state": since.network.value, "since": since.at.isoformat(), "words": words},
            "columns": {"wide": columns_for(len(tiles), WIDE), "tall": columns_for(len(tiles), TALL)},
            "tiles": [_tile_json(tile) for tile in tiles],
            "docks": [_dock_json(dock, self.labels, local) for dock in self._view.recent_docks(LAST_DOCKS)],
        }

    def _tiles(self, reports: Iterable[tuple[Board, BayState]], now_ns: int) -> list[Tile]:
        """The bays of the configuration in its order, then whatever else is plugged in."""
        paces, self._paces = self._paces, {}
        said: dict[str, list[Tile]] = {}
        for board, state in reports:
            said.setdefault(board.bay, []).append(self._tile(board, state, paces, now_ns))
        tiles: list[Tile] = []
        for bay, label in self.labels.items():
            tiles += said.pop(bay, [Tile(bay, label, "", BayState.FREE)])
        return tiles + [tile for bay in sorted(said) for tile in said[bay]]

    def _tile(self, board: Board, state: BayState, paces: Mapping[object, Pace], now_ns: int) -> Tile:
        copying = self._copying(board, state, paces, now_ns)
        detail = detail_of(state, board.view, board.doing, copying, waits_for_space=board.space_wanted > 0)
        return Tile(
            bay=board.bay,
            label=board.bay_label,
            camera=board.camera,
            state=state,
            detail=detail,
            doing=board.doing,
            percent=copying.percent,
            seconds_left=copying.seconds_left,
            bytes_per_s=copying.bytes_per_s,
        )

    def _copying(self, board: Board, state: BayState, paces: Mapping[object, Pace], now_ns: int) -> Copying:
        if state is not BayState.DO_NOT_REMOVE or board.doing != "copying":
            return Copying()
        left = max(0, board.bytes_left - min(board.file_done, board.file_size))
        before = paces.get(board.session)
        pace = moved_on(before, left, now_ns) if before else begun(left, now_ns)
        self._paces[board.session] = pace
        return Copying(percent_done(max(left, 1), board.bytes_total), seconds_left(pace), rate_now(pace))

    def _network(self, pulse: Pulse, transfer: TransferStatus, now: datetime, uncertainty_ms: float | None) -> Since:
        reach = Reach(
            answered=pulse.store_epoch is not None,
            heartbeat_trouble=pulse.trouble.code if pulse.trouble else "",
            upload_trouble=transfer.central,
            # The clock's uncertainty is half of the way to central and back.
            round_trip_s=uncertainty_ms / 500 if uncertainty_ms is not None else None,
        )
        since = held_since(self._since, network_of(reach), now)
        if since != self._since and since.network is not Network.ASKING:
            self._ledger.remember(**{NETWORK_NOTE: f"{since.network.value} {since.at.isoformat()}"})
        self._since = since
        return since

    def _fill_rate(self, now: datetime, now_ns: int) -> float | None:
        every_s = FIRST_RATE_EVERY_S if self._rate is None else RATE_EVERY_S
        if self._rate_at_ns is None or now_ns - self._rate_at_ns > every_s * 1e9:
            self._rate = fill_rate(self._view.filling(now - span, now) for span in SPANS)
            self._rate_at_ns = now_ns
        return self._rate


def _remembered(note: str | None) -> Since | None:
    """What an earlier run saw of the network; None when it saw nothing, or wrote it differently."""
    name, _, at = (note or "").partition(" ")
    try:
        return Since(Network(name), datetime.fromisoformat(at))
    except ValueError:
        return None


def _tile_json(tile: Tile) -> dict[str, object]:
    return {
        "bay": tile.bay,
        "label": short_label(tile.label, tile.camera),
        "camera": tile.camera and short_camera(tile.camera),
        "state": tile.state.value,
        "detail": tile.detail,
        "doing": tile.doing,
        "percent": tile.percent,
        "seconds_left": tile.seconds_left,
        "time_left": minutes_words(tile.seconds_left),
        "bytes_per_s": tile.bytes_per_s,
        "recording_hours_left": tile.recording_hours_left,
    }


def _dock_json(dock: DockSession, labels: Mapping[str, str], local: datetime) -> dict[str, object]:
    return {
        "at": dock.seen_at.isoformat(),
        "time": local_words(dock.seen_at.astimezone(), local),
        "label": short_label(labels.get(dock.bay, dock.bay_label), dock.camera),
        "camera": short_camera(dock.camera),
        "is_here": dock.undocked_at is None,
    }
