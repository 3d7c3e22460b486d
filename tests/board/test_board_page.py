"""The page over real HTTP: what it says, what it may load, and that an old one never looks live."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
import requests

from agent.daemon.board_page import PAGE, BoardPage
from agent.daemon.status_page import Answer, Latest, StatusPage
from agent.rules.bay_words import BayState
from tests.board.boards import board, facts, tile


class Seconds:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _broken() -> Answer:
    raise RuntimeError("a page with a bug")


class Served:
    def __init__(self) -> None:
        self.seconds = Seconds()
        self.latest = Latest(self.seconds)
        pages = {"/": BoardPage(self.latest.facts).answer, "/status": self.latest.as_json, "/broken": _broken}
        self.page = StatusPage("127.0.0.1:0", pages)
        self.page.start()

    def get(self, path: str) -> requests.Response:
        return requests.get(self.page.url + path, timeout=10)


@pytest.fixture
def served() -> Iterator[Served]:
    one = Served()
    yield one
    one.page.stop()


class Reading(HTMLParser):
    """What a browser without scripts would show: the elements by class, and everything that points elsewhere."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tiles: list[dict[str, str | None]] = []
        self.shapes: list[str] = []
        self.alarm = ""
        self.outward: list[str] = []
        self.inline_handlers: list[str] = []
        self._in_template = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._in_template += tag == "template"
        self.inline_handlers += [name for name in values if name.startswith("on") or name == "style"]
        self.outward += [value for name in ("src", "href") if (value := values.get(name)) and value[0] not in "#d"]
        if values.get("id") == "not-live":
            self.alarm = values.get("class") or ""
        if self._in_template:
            return
        if values.get("class") == "tile":
            self.tiles.append(values)
        if tag == "use":
            self.shapes.append(values.get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        self._in_template -= tag == "template"


def test_before_the_first_snapshot_the_board_is_not_live(served: Served) -> None:
    assert Reading(served.get("/").text).alarm == "now"
    assert served.get("/status").status_code == 503


def test_every_state_has_a_shape_of_its_own_and_its_word(served: Served) -> None:
    served.latest.put(facts(*(tile(state.value) for state in BayState)))
    html = served.get("/").text
    page = Reading(html)
    assert [one["data-state"] for one in page.tiles] == [state.value for state in BayState]
    assert len(set(page.shapes)) == len(BayState)
    for state, shape in zip(BayState, page.shapes, strict=True):
        assert f'<symbol id="{shape[1:]}"' in html, state
        assert f'.tile[data-state="{state.value}"]' in html, state
    assert page.alarm == "even"


def test_a_page_loads_nothing_and_runs_nothing_but_its_own(served: Served) -> None:
    served.latest.put(facts(tile()))
    answer = served.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for element in ("script", "style"):
        text = re.search(rf"<{element}>(.*?)</{element}>", answer.text, re.DOTALL)
        assert text is not None
        digest = base64.b64encode(hashlib.sha256(text[1].encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    page = Reading(answer.text)
    assert page.outward == []
    assert page.inline_handlers == []
    assert '<noscript><meta http-equiv="refresh"' in answer.text


def test_what_a_camera_calls_itself_is_text_and_nothing_else(served: Served) -> None:
    evil = '"><script>alert(1)</script>'
    served.latest.put(facts(tile("safe to remove", camera=evil, label=evil, detail=evil), station=evil))
    html = served.get("/").text
    assert evil not in html
    assert html.count("<script>") == 1


def test_facts_that_grow_old_are_not_live_though_the_agent_answers(served: Served) -> None:
    served.latest.put(facts(tile("safe to remove")))
    served.seconds.now = 9.0
    assert Reading(served.get("/").text).alarm == "even"
    assert served.get("/status").headers["Age"] == "9"
    served.seconds.now = 11.0
    assert Reading(served.get("/").text).alarm == "now"
    assert served.get("/status").headers["Age"] == "11"
    served.latest.put(facts(tile("safe to remove")))
    assert Reading(served.get("/").text).alarm == "even"


def test_bays_that_nobody_looks_at_are_not_live_though_the_facts_are_fresh(served: Served) -> None:
    served.latest.put(facts(tile(), live=False, why_not_live="The station cannot see who docks."))
    answer = served.get("/").text
    assert Reading(answer).alarm == "now"
    assert "The station cannot see who docks." in answer


def test_the_status_says_which_page_belongs_to_it(served: Served) -> None:
    served.latest.put(facts(tile()))
    assert served.get("/status").json()["board"]["page"] == PAGE
    assert f'data-page="{PAGE}"' in served.get("/").text


def test_a_page_with_a_bug_costs_that_page_only(served: Served) -> None:
    served.latest.put(facts(tile()))
    assert served.get("/broken").status_code == 500
    assert served.get("/nowhere").status_code == 404
    assert served.get("/?kiosk=1").status_code == 200
    assert requests.head(served.page.url + "/", timeout=10).status_code == 200


def test_recording_hours_and_progress_are_shown_only_where_they_are_known(served: Served) -> None:
    copying: dict[str, Any] = {"percent": 63, "detail": "copying 63 %, 4 min", "recording_hours_left": 6.4}
    served.latest.put(facts(tile("do not remove", **copying)))
    html = served.get("/").text.partition("<template")[0]
    assert 'value="63"' in html
    assert "copying 63 %, 4 min" in html
    assert "records 6 h" in html
    served.latest.put(facts(tile("safe to remove")))
    html = served.get("/").text.partition("<template")[0]
    assert "records" not in html
    assert 'value="0" aria-hidden="true" hidden' in html


def test_forty_eight_bays_are_a_small_page() -> None:
    latest = Latest()
    latest.put(facts(*(tile(camera=f"AX-{number}") for number in range(48))))
    answer = BoardPage(latest.facts).answer()
    assert len(answer.body) < 60_000
    assert len(latest.as_json().body) < 20_000
    assert board()["page"] in answer.body.decode()
