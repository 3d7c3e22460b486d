"""Footage in a real browser: it plays after a reason, and the reason is there afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.town import Town
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.part("chromium")


def test_a_video_plays_after_a_reason_and_auditors_read_who_saw_it(
    town: Town, visitor: Callable[[str], Visitor]
) -> None:
    somebody = visitor("it")
    page = somebody.page
    page.goto(f"/assets/{town.known['video']}")
    page.get_by_label("Why do you need to see it?").fill("complaint of Nov 20")
    page.get_by_role("button", name="Play here").click()
    video = page.locator("video")
    expect(video).to_be_visible()
    page.wait_for_function("document.querySelector('video').readyState >= 1")
    assert page.evaluate("document.querySelector('video').duration") > 0
    # A browser breaks off the whole file once it has its beginning, and asks for the parts that it needs.
    assert [fault for fault in somebody.faults if not fault.startswith("not loaded:")] == []
    auditor = visitor("auditor").page
    auditor.goto(f"/assets/{town.known['video']}")
    expect(auditor.get_by_role("row").filter(has_text="complaint of Nov 20")).to_contain_text("it@pd.example")
    expect(auditor.get_by_role("button", name="Play here")).to_have_count(0)
