"""One browser for each file, one central for each worker.

The browser must not outlive its file: as long as Playwright runs, asyncio takes the thread for its own, and neither
Django's database nor another event loop works in it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.town import Town
from tests.browser.visitor import Visitor


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not work for root; what it opens here is ours.
        one = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        )
        yield one
        one.close()


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with Town(tmp_path_factory.mktemp("town") / "central") as one:
        one.init()
        one.start()
        yield one


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visitor]]:
    opened: list[Visitor] = []

    def somebody(base: str, **options: Any) -> Visitor:
        opened.append(Visitor(browser, base, **options))
        return opened[-1]

    yield somebody
    for one in opened:
        one.close()


@pytest.fixture
def visitor(visit: Callable[..., Visitor], town: Town) -> Callable[[str], Visitor]:
    """Somebody of that role who is logged in; nobody in particular for ''."""
    return lambda role: visit(town.url, session=town.known["sessions"].get(role, ""))
