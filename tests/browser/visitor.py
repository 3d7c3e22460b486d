"""Somebody at a browser, and everything that went wrong on what was shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

RULES = (Path(__file__).parent / "page_rules.js").read_text()
PATIENCE_MS = 60_000
"""A loaded machine takes its time; nothing here asks how fast a page is."""
MODES = (("wide", 1280, "light"), ("wide", 1280, "dark"), ("phone", 400, "light"), ("phone", 400, "dark"))

expect.set_options(timeout=PATIENCE_MS)


class Visitor:
    """One window. `faults`: what the browser complained of since it was asked last."""

    def __init__(self, browser: Browser, base: str, session: str = "", **options: Any) -> None:
        # Colours must not be on their way from one scheme to the other when they are looked at.
        self.context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", "base_url": base, **options}
        )
        self.context.set_default_timeout(PATIENCE_MS)
        if session:
            self.context.add_cookies([{"name": "sessionid", "value": session, "url": base}])
        self.page = self.context.new_page()
        self.faults: list[str] = []
        _listen(self.page, self.faults)

    def look(self, path: str, *, status: int = 200) -> list[str]:
        """Open a page; all that is wrong with it, in both schemes, on a desk and on a phone."""
        self.faults.clear()
        answer = self.page.goto(path)
        if answer is None or answer.status != status:
            return [f"{path}: {answer and answer.status}"]
        if not answer.headers.get("content-security-policy", "").startswith("default-src 'none'"):
            self.faults.append("no policy")
        wrong = [f"{path}: {fault}" for fault in self.faults if status == 200 or f"status of {status}" not in fault]
        for name, width, scheme in MODES:
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            wrong += [f"{path} {name} {scheme}: {fault}" for fault in self.page.evaluate(RULES)]
        return wrong

    def close(self) -> None:
        self.context.close()


def _listen(page: Page, faults: list[str]) -> None:
    page.on("console", lambda line: faults.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("requestfailed", lambda request: faults.append(f"not loaded: {request.url}"))
