"""Every page of central in a real browser: both colour schemes, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import get_resolver, resolve

from tests.browser.town import Town
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.part("chromium")

PAGES = {
    "it": (
        *("/trends/", "/trends/footage", "/trends/watching"),
        *("/", "/open/", "/open/?unit=Traffic", "/units/", "/roster/", "/alarms/", "/measures/", "/notices/"),
        *("/dispatches/", "/dispatches/{dispatch}/"),
        *("/shifts/0412-a/", "/shifts/0388-a/", "/shifts/0391-a/", "/shifts/0455-a/", "/shifts/1000-now/"),
        *(
            "/cameras/0412/",
            "/cameras/0600/",
            "/cameras/",
            "/cameras/?show=unseen-30",
            "/stations/",
            "/stations/east-1",
            "/stations/south-1",
        ),
        *("/stations/east-1?days=7", "/stations/east-1/events", "/stations/south-1/events"),
        *("/docks", "/docks?camera=0412", "/assets", "/assets/{video}", "/notices/{notice}/", "/answers/"),
        *("/reviews/", "/reviews/{review}/"),
        *("/answers/{answer}/", "/answers/other-camera/0412-a", "/search", "/search?q=04", "/search?q=none"),
    ),
    "admin": (
        *("/administration/", "/administration/stations/", "/administration/stations/add"),
        *("/administration/stations/file", "/administration/stations/of/east-1"),
        *("/administration/stations/of/south-1", "/administration/users/", "/administration/users/add"),
        *("/administration/users/file", "/administration/users/{person}", "/administration/cameras/"),
        *("/administration/cameras/?show=unseen", "/administration/cameras/add", "/administration/cameras/file"),
        *("/administration/cameras/of/0412", "/administration/officers/", "/administration/officers/file"),
        *("/administration/officers/of/1000", "/administration/units/", "/administration/units/file"),
        *("/administration/keys/", "/administration/changes/", "/administration/changes/?by=nobody"),
        *("/administration/exports/", "/administration/health/", "/password", "{link}"),
    ),
    "auditor": ("/administration/", "/administration/cameras/of/0412", "/administration/officers/of/6660"),
    "supervisor": ("/", "/open/", "/shifts/0440-a/", "/notices/", "/answers/", "/reviews/"),
    "officer": ("/mine/", "/shifts/0440-a/", "/answers/", "/open/", "/reviews/"),
    "": ("/login",),
}
NOT_PAGES = {
    *("logout", "healthz", "measure-rows"),
    *("roster_confirm", "roster_discard", "silence_alarm", "say", "close_answer", "withdraw_answer"),
    *("say_why", "document_exception", "decide_exception"),
    *("footage", "receipt_file", "receipt_key", "issue_paper", "paper_file", "say_of_review"),
    *("set_station", "new_code", "replace_station", "revoke_station", "set_role", "set_active", "reset_user"),
    *("revoke_key", "take_export", "look_at_health", "send_test_mail"),
}
"""Doors for forms, and what is no HTML."""


@pytest.mark.parametrize("role", list(PAGES))
def test_every_page_is_whole_legible_and_silent(
    role: str, town: Town, visitor: Callable[[str], Visitor], tally: Callable[[str], None]
) -> None:
    somebody = visitor(role)
    paths = [path.format(**town.known) for path in PAGES[role]]
    wrong = [fault for path in paths for fault in somebody.look(path)]
    assert not wrong, "\n".join(wrong)
    tally(f"pages looked at in Chromium, as {role or 'nobody'}: {len(paths)}, in 4 ways each")


def test_pages_that_say_no_are_pages_too(visitor: Callable[[str], Visitor]) -> None:
    somebody = visitor("officer")
    assert somebody.look("/nowhere", status=404) == []
    assert somebody.look("/units/", status=403) == []
    assert somebody.look("/shifts/0412-a/", status=404) == []


def test_no_page_of_the_dashboard_is_left_out() -> None:
    known = {
        "video": "7d3f9a52-64f5-4c0e-9d0c-0f5f3a1c2b7e",
        "notice": "7d3f9a52-64f5-4c0e-9d0c-0f5f3a1c2b7e",
        "answer": 1,
        "review": 1,
        "dispatch": 1,
        "person": 1,
        "link": "/password/MQ/a-b",
    }
    paths = [path.format(**known).partition("?")[0] for role in PAGES.values() for path in role]
    looked_at = {resolve(path).url_name for path in paths}
    assert looked_at | NOT_PAGES >= _names(get_resolver("central.dashboard.addresses"))


def _names(resolver: object) -> set[str]:
    found: set[str] = set()
    for one in resolver.url_patterns:  # type: ignore[attr-defined]
        found |= _names(one) if hasattr(one, "url_patterns") else {one.name}
    return found
