"""The README's pictures, drawn anew from the seeded department at one fixed moment: `scripts/screenshots`.

The same browser and fonts give the same pictures. Nothing here is a test.
"""

from __future__ import annotations

import base64
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from playwright.sync_api import Browser, Page, sync_playwright

from agent.daemon.board_page import BoardPage
from agent.daemon.status_page import Latest, StatusPage
from tests.board.boards import facts, tile
from tests.browser.town import set_up_django
from tests.central_server import CentralServer

MORNING = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
SAME_NUMBER = "5e6d3578-827d-4def-b124-069f7ec749eb"
MOST_BYTES = 120_000
SETTINGS = '[web]\nbase_url = "https://dock.pd.example"\ntime_zone = "America/Chicago"\n'
PAGES = {
    "front": ("/", 800),
    "open-now": ("/open/", 760),
    "shift": ("/shifts/0388-a/", 900),
    "station": ("/stations/east-1?days=7", 900),
    "trends": ("/trends/", 760),
}
COPYING = {"percent": 63, "detail": "copying 63 %, 4 min"}
SENDING = {"percent": 12, "detail": "copying 12 %, 11 min"}
BAYS = (
    *("safe to remove", "safe to remove", "do not remove", "do not remove", "may be taken", "safe to remove"),
    *("free", "leave in bay", "do not remove", "identifying", "free", "safe to remove"),
)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """The pictures are all there is to say."""


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        known, mail = _department(Path(data) / "central")
        with _served() as base, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            for name, (path, height) in PAGES.items():
                page = _page(browser, 1280, height)
                page.context.add_cookies([{"name": "sessionid", "value": known["sessions"]["it"], "url": base}])
                page.goto(base + path)
                _keep(page, folder / f"{name}.webp")
            page = _page(browser, 720, 740)
            page.set_content(mail)
            _keep(page, folder / "mail.webp")
            _board(browser, folder / "board.webp")
            browser.close()


def _department(data: Path) -> tuple[dict[str, Any], str]:
    """What is known of it, and the HTML of the mail that its supervisor got last."""
    CentralServer(data).init()
    (data / "central.toml").write_text(SETTINGS)
    set_up_django(data)
    from central import clock
    from central.notices.models import Notice
    from tests.browser.town import build
    from tests.dashboard import world

    clock.now = lambda: MORNING
    world.HOSTILE = "Robin O'Hara"
    known = build(MORNING, per_unit=3, days=9)
    # Each run numbers its notices anew, at random.
    return known, Notice.objects.get(notice_id=known["notice"]).html.replace(known["notice"], SAME_NUMBER)


@contextmanager
def _served() -> Iterator[str]:
    """Central's pages, by this process's clock, which stands still."""
    from django.core.wsgi import get_wsgi_application

    with make_server("127.0.0.1", 0, get_wsgi_application(), _Server, _Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _board(browser: Browser, path: Path) -> None:
    latest = Latest()
    docks = [
        {
            "at": "",
            "time": f"07:{58 - 3 * number:02}",
            "label": f"Bay {number % 12 + 1}",
            "camera": f"X81{number * 37:04}",
        }
        | {"is_here": number < len(BAYS) and BAYS[number] != "free"}
        for number in range(20)
    ]
    words = "Network up. 41 files on the way, 38 GB; all sent by about 09:20. Space for more than 30 days."
    network = {"state": "up", "since": "", "words": words}
    latest.put(facts(*_tiles(), columns={"wide": 4, "tall": 3}, docks=docks, network=network, clock="08:05"))
    agent = StatusPage("127.0.0.1:0", {"/": BoardPage(latest.facts).answer, "/status": latest.as_json})
    agent.start()
    page = _page(browser, 1280, 720)
    page.goto(agent.url)
    page.locator("#bays .tile").last.wait_for()
    _keep(page, path)
    agent.stop()


def _tiles() -> Iterator[dict[str, Any]]:
    for number, state in enumerate(BAYS):
        more: dict[str, Any] = {} if state == "free" else {"camera": f"X81{number * 37:04}"}
        if state == "do not remove":
            more |= SENDING if number % 2 else COPYING
        yield tile(state, bay=f"1-{number}", label=f"Bay {number + 1}", **more)


def _page(browser: Browser, width: int, height: int) -> Page:
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    return context.new_page()


def _keep(page: Page, path: Path) -> None:
    """As WebP, which Playwright itself does not offer."""
    asked = {"format": "webp", "quality": 88}
    taken = page.context.new_cdp_session(page).send("Page.captureScreenshot", asked)
    content = base64.b64decode(taken["data"])
    if len(content) > MOST_BYTES:
        raise SystemExit(f"{path.name} has {len(content)} bytes, more than {MOST_BYTES}")
    path.write_bytes(content)
    print(f"{path}: {len(content)} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
