"""The agent's bay board on a real screen: whole, legible from afar, and never live when it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from agent.daemon.board_page import BoardPage
from agent.daemon.status_page import Latest, StatusPage
from agent.rules.bay_words import BayState
from tests.board.boards import facts, tile
from tests.browser.visitor import RULES, Visitor

pytestmark = pytest.mark.part("chromium")

SCREENS = {"wide": (1920, 1080), "upright": (1080, 1920)}
CUT_OFF = """() => [...document.querySelectorAll("#bays :is(.word, .detail, .label), #words")].filter((node) => {
  const box = node.getBoundingClientRect(), room = (node.closest(".tile") ?? document.body).getBoundingClientRect();
  return node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== "inline"
    || box.right > room.right + 1 || box.bottom > room.bottom + 1;
}).map((node) => node.textContent)"""
OVER_ONE_ANOTHER = """() => [...document.querySelectorAll("#bays .tile")].filter((tile) => {
  const boxOf = (name) => tile.querySelector(name).getBoundingClientRect();
  const [head, word, bar] = [".head", ".word", ".bar"].map(boxOf);
  return head.bottom > word.top + 1 || bar.height && word.bottom > bar.top + 1;
}).map((tile) => tile.textContent)"""
BROKEN_DETAIL = """() => [...document.querySelectorAll("#bays .detail")]
  .filter((node) => node.getBoundingClientRect().height > 1.6 * parseFloat(getComputedStyle(node).fontSize))
  .map((node) => node.textContent)"""
SMALLEST_WORD = """() => Math.min(...[...document.querySelectorAll("#bays .word")]
  .map((node) => parseFloat(getComputedStyle(node).fontSize)))"""


class Screen:
    """An agent's page on a port of its own; `die` and `start` again at the same address."""

    def __init__(self) -> None:
        self.listen = "127.0.0.1:0"
        self.latest = Latest()
        self.start()

    def start(self) -> None:
        pages = {"/": BoardPage(self.latest.facts).answer, "/status": self.latest.as_json}
        self.agent = StatusPage(self.listen, pages)
        self.agent.start()
        self.url = self.agent.url
        self.listen = self.url.removeprefix("http://")

    def show(self, *tiles: dict[str, Any], second: int = 10, **other: Any) -> None:
        self.latest.put(facts(*tiles, at=f"2026-11-23T04:32:{second}Z", **other))


@pytest.fixture
def screen() -> Iterator[Screen]:
    one = Screen()
    yield one
    one.agent.stop()


def full_bays() -> list[dict[str, Any]]:
    """A bay in every state, and more of the usual ones: 24."""
    states = [state.value for state in BayState]
    tiles = []
    for number in range(24):
        state = states[number % len(states)] if number < 2 * len(states) else "do not remove"
        copying: dict[str, Any] = {"percent": 63, "detail": "copying 63 %, 4 min", "recording_hours_left": 3.0}
        more = copying if state == "do not remove" else {}
        tiles.append(tile(state, bay=f"1-{number}", label=f"Bay {number + 1}", camera=f"X8{number:04}", **more))
    return tiles


@pytest.mark.parametrize("shape", list(SCREENS))
def test_a_shift_change_fits_the_screen_and_can_be_read(
    shape: str, screen: Screen, visit: Callable[..., Visitor]
) -> None:
    width, height = SCREENS[shape]
    screen.show(*full_bays(), columns={"wide": 6, "tall": 4})
    somebody = visit(screen.url, viewport={"width": width, "height": height})
    somebody.page.goto("/")
    expect(somebody.page.locator("#bays .tile")).to_have_count(24)
    wrong = [fault for fault in somebody.page.evaluate(RULES) if fault != "0 main"]
    assert not wrong, "\n".join(wrong)
    for fault in (CUT_OFF, OVER_ONE_ANOTHER, BROKEN_DETAIL):
        assert somebody.page.evaluate(fault) == []
    assert somebody.page.evaluate(SMALLEST_WORD) >= 20
    assert somebody.faults == []


def test_a_camera_that_became_safe_is_shown_without_a_new_page(screen: Screen, visit: Callable[..., Visitor]) -> None:
    screen.show(tile("do not remove", camera="AX-1", percent=99, detail="copying 99 %, …"))
    somebody = visit(screen.url)
    somebody.page.goto("/")
    word = somebody.page.locator("#bays .word")
    expect(word).to_have_text("do not remove")
    loaded = somebody.page.evaluate("performance.timeOrigin")
    screen.show(tile("safe to remove", camera="AX-1"), second=11)
    expect(word).to_have_text("safe to remove")
    assert somebody.page.evaluate("performance.timeOrigin") == loaded
    assert somebody.faults == []


def test_the_board_of_a_dead_agent_says_that_it_is_not_live_and_comes_back_with_it(
    screen: Screen, visit: Callable[..., Visitor]
) -> None:
    screen.show(tile("safe to remove", camera="AX-1"))
    page = visit(screen.url).page
    page.goto("/")
    expect(page.locator("#bays .word")).to_have_text("safe to remove")
    alarm = page.locator("#not-live")
    expect(alarm).to_have_css("opacity", "0")
    screen.agent.stop()
    expect(alarm).to_have_css("opacity", "1")
    expect(alarm).to_contain_text("BOARD NOT LIVE")
    expect(page.get_by_role("alert")).to_contain_text("tell IT")
    screen.start()
    screen.show(tile("leave in bay", camera="AX-1"), second=40)
    expect(alarm).to_have_css("opacity", "0")
    expect(page.locator("#bays .word")).to_have_text("leave in bay")
