"""Opens central's pages as a person would: signs in, and reads what is on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import requests

from simulator.demo.promises import Verdict
from simulator.demo.world import Person

TIMEOUT_S = 30.0


def pages_show(url: str, person: Person, wanted: Mapping[str, Sequence[str]]) -> Verdict:
    """`wanted`: by path, the words that must be on that page."""
    promise = "the pages open to the demo's sign-in, and to nobody else, and show what happened"
    try:
        broken = list(_look(url, person, wanted))
    except requests.RequestException as error:
        broken = [f"{url}: {error}"]
    return Verdict(promise, tuple(broken), f"{url}/: {', '.join(wanted)}")


def _look(url: str, person: Person, wanted: Mapping[str, Sequence[str]]) -> Iterator[str]:
    with requests.Session() as browser:
        for path, words in wanted.items():
            stranger = browser.get(url + path, timeout=TIMEOUT_S)
            yield from (f"{word} is shown to a stranger at {path}" for word in words if word in stranger.text)
        browser.get(f"{url}/login", timeout=TIMEOUT_S)
        form = {
            "username": person.email,
            "password": person.password,
            "csrfmiddlewaretoken": browser.cookies.get("csrftoken", ""),
        }
        page = browser.post(f"{url}/login", data=form, timeout=TIMEOUT_S)
        if page.status_code != 200:
            yield f"sign-in ends with status {page.status_code}"
        for path, words in wanted.items():
            page = browser.get(url + path, timeout=TIMEOUT_S)
            if page.status_code != 200:
                yield f"{path} ends with status {page.status_code}"
            yield from (f"{word} is not shown at {path}" for word in words if word not in page.text)
