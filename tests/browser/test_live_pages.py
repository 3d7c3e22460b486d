"""A page that stays open: what happens comes to it, and it never passes for live when it is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.town import Town
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.part("chromium")
EVERY_MS = 15_000


def answering(page: Page, figure: str) -> None:
    """From now on central's live part has another figure in it."""

    def answer(route: Route) -> None:
        got = route.fetch(headers={**route.request.headers, "if-none-match": ""})
        route.fulfill(response=got, body=got.text().replace('<div class="figure">', f'<div class="figure">{figure}'))

    page.route("**/", lambda route: answer(route) if "x-live" in route.request.headers else route.fallback())


def opened(visitor: Visitor) -> Page:
    page = visitor.page
    page.clock.install()
    page.goto("/")
    expect(page.locator("#live-line")).to_contain_text("Live. As of")
    return page


def test_news_comes_without_a_new_page_and_leaves_focus_and_place_alone(visitor: Callable[[str], Visitor]) -> None:
    somebody = visitor("it")
    page = opened(somebody)
    page.set_viewport_size({"width": 400, "height": 500})
    link = page.locator("[data-live] a").last
    link.focus()
    page.evaluate("scrollTo(0, 250)")
    page.evaluate("window.isSame = true")
    answering(page, "7")
    page.clock.run_for(EVERY_MS + 100)
    expect(page.locator(".figure").first).to_contain_text("7")
    expect(page.locator("[data-live] a").last).to_be_focused()
    assert page.evaluate("[window.isSame, scrollY]") == [True, 250]
    assert somebody.faults == []


def test_a_page_that_gets_no_answer_says_since_when_and_comes_back(visitor: Callable[[str], Visitor]) -> None:
    page = opened(visitor("it"))
    page.route("**/", lambda route: route.abort())
    page.clock.run_for(EVERY_MS + 100)
    expect(page.locator("#live-line")).to_contain_text("Not live since")
    expect(page.get_by_role("status").filter(has_text="Not live since")).to_have_count(1)
    page.unroute_all()
    page.clock.run_for(EVERY_MS + 100)
    expect(page.locator("#live-line")).to_contain_text("Live. As of")


def test_who_is_logged_out_reads_that_and_not_an_old_page_as_a_new_one(visitor: Callable[[str], Visitor]) -> None:
    page = opened(visitor("it"))
    page.context.clear_cookies()
    page.clock.run_for(EVERY_MS + 100)
    expect(page.locator("#live-line")).to_contain_text("you are logged out")


def test_a_hidden_page_does_not_ask(visitor: Callable[[str], Visitor]) -> None:
    page = opened(visitor("it"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    hide = "(is) => { Object.defineProperty(document, 'hidden', { value: is, configurable: true });"
    page.evaluate(hide + "document.dispatchEvent(new Event('visibilitychange')); }", True)
    page.clock.run_for(4 * EVERY_MS)
    assert asked == []
    with page.expect_request(lambda request: "x-live" in request.headers):
        page.evaluate(hide + "document.dispatchEvent(new Event('visibilitychange')); }", False)


def test_without_scripts_the_page_is_whole(town: Town, visit: Callable[..., Visitor]) -> None:
    session = town.known["sessions"]["it"]
    page = visit(town.url, session=session, java_script_enabled=False).page
    page.goto("/")
    expect(page.locator("#live-line")).to_contain_text("As of")
    expect(page.locator(".tile")).to_have_count(5)
    page.get_by_role("searchbox", name="Search").fill("0412-a")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{town.url}/shifts/0412-a/")
