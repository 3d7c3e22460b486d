"""What people do with the pages, click by click, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.town import PASSWORD, Town
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.part("chromium")

OUTLINE = """() => {
  const node = document.activeElement, box = node.getBoundingClientRect(), style = getComputedStyle(node);
  const isSeen = box.width > 0 && box.left >= 0 && box.top >= 0 && box.bottom <= innerHeight;
  const isOutlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return { text: node.textContent.trim(), isSeen: isSeen && isOutlined };
}"""


def log_in(page: Page, address: str) -> None:
    page.goto("/login")
    page.get_by_label("Mail address").fill(address)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()


def test_a_supervisor_says_that_a_camera_was_docked_and_sees_reminders_pause(
    town: Town, visit: Callable[..., Visitor]
) -> None:
    somebody = visit(town.url)
    page = somebody.page
    log_in(page, "sgt.east@pd.example")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Open now").click()
    page.get_by_role("row").filter(has_text="0440").locator("a[href='/shifts/0440-a/']").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Kim Lee")
    page.locator("summary", has_text="Says it was docked").click()
    page.get_by_label("Station").select_option("east-1")
    page.get_by_label("Bay, as its label says").fill("Bay 6")
    page.locator("details[open]").get_by_role("button", name="Say so").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Says it was docked")
    expect(page.locator("main")).to_contain_text("Reminders pause until")
    page.goto("/open/")
    expect(page.get_by_role("row").filter(has_text="0440")).to_contain_text(re.compile("paused", re.IGNORECASE))
    assert somebody.faults == []


def test_it_applies_a_roster_that_waits(town: Town, visitor: Callable[[str], Visitor]) -> None:
    somebody = visitor("it")
    page = somebody.page
    page.goto("/")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Roster").click()
    expect(page.get_by_role("heading", name="Waiting for a person's word")).to_be_visible()
    page.get_by_role("button", name=f"Apply import {town.known['import']}").click()
    expect(page.get_by_role("status")).to_contain_text("was applied")
    page.goto("/roster/")
    expect(page.get_by_role("heading", name="Imports")).to_be_visible()
    expect(page.get_by_role("heading", name="Waiting for a person's word")).to_have_count(0)
    assert somebody.faults == []


def test_it_silences_an_alarm(visitor: Callable[[str], Visitor]) -> None:
    somebody = visitor("it")
    page = somebody.page
    page.goto("/alarms/")
    silent = page.get_by_role("article").filter(has_text="north-1").first
    silent.locator("summary").click()
    silent.get_by_label("For").select_option("8 hours")
    silent.get_by_label("Why").fill("The power is off until Monday.")
    silent.get_by_role("button", name="Silence").click()
    expect(page.get_by_text("The power is off until Monday.")).to_be_visible()
    page.goto("/alarms/")
    expect(page.get_by_text("by it@pd.example: The power is off until Monday.")).to_be_visible()
    assert somebody.faults == []


def test_an_officer_sees_his_own_shifts_and_no_way_to_others(visitor: Callable[[str], Visitor]) -> None:
    somebody = visitor("officer")
    page = somebody.page
    page.goto("/")
    expect(page).to_have_url(re.compile("/mine/$"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("main")).to_contain_text("0440")
    for other in ("Ana Ortiz", "O'Hara", "Sam Brook", "0412"):
        expect(page.locator("body")).not_to_contain_text(other)
    addresses = page.locator("nav a[href^='/']").evaluate_all("all => all.map((one) => one.getAttribute('href'))")
    assert addresses, "there is a menu"
    assert not {"/units/", "/roster/", "/alarms/", "/measures/", "/stations/", "/assets"} & set(addresses)
    assert somebody.faults == []


def test_the_keyboard_reaches_every_page_and_shows_where_it_is(visitor: Callable[[str], Visitor]) -> None:
    page = visitor("it").page
    page.goto("/open/")
    links = page.locator("nav li a").all_inner_texts()
    reached = []
    for _ in range(len(links) + 6):
        page.keyboard.press("Tab")
        here = page.evaluate(OUTLINE)
        assert here["isSeen"], f"nobody sees that {here['text']!r} has the focus"
        reached.append(here["text"])
    assert reached[0] == "Skip to content"
    assert [text for text in reached if text in links][: len(links)] == [link.strip() for link in links]
    page.goto("/open/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_on_a_phone_the_menu_opens_and_closes_without_scripts(town: Town, visit: Callable[..., Visitor]) -> None:
    session = town.known["sessions"]["it"]
    phone = visit(town.url, session=session, java_script_enabled=False, viewport={"width": 400, "height": 800})
    phone.page.goto("/open/")
    menu = phone.page.get_by_role("navigation", name="Pages")
    expect(menu).to_be_hidden()
    phone.page.get_by_role("link", name="Menu").click()
    expect(menu).to_be_visible()
    menu.get_by_role("link", name="Close").click()
    expect(menu).to_be_hidden()
    phone.page.get_by_role("link", name="Menu").click()
    menu.get_by_role("link", name="Stations").click()
    expect(phone.page.get_by_role("heading", level=1)).to_contain_text("Stations")
