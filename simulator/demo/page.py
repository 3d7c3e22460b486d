"""Opens central's page as a person would: signs in, and reads what is on it."""

from __future__ import annotations

from collections.abc import Sequence

import requests

from simulator.demo.promises import Verdict
from simulator.demo.world import Person

TIMEOUT_S = 30.0


def page_shows_the_stations(url: str, person: Person, stations: Sequence[str]) -> Verdict:
    promise = "the page opens to the demo's sign-in, and to nobody else, and shows every station"
    try:
        broken = list(_look(url, person, stations))
    except requests.RequestException as error:
        broken = [f"{url}: {error}"]
    return Verdict(promise, tuple(broken), f"{url}/ shows {', '.join(stations)}")


def _look(url: str, person: Person, stations: Sequence[str]) -> list[str]:
    with requests.Session() as browser:
        stranger = browser.get(f"{url}/", timeout=TIMEOUT_S)
        broken = [f"{name} is shown to a stranger" for name in stations if name in stranger.text]
        browser.get(f"{url}/login", timeout=TIMEOUT_S)
        form = {
            "username": person.email,
            "password": person.password,
            "csrfmiddlewaretoken": browser.cookies.get("csrftoken", ""),
        }
        page = browser.post(f"{url}/login", data=form, timeout=TIMEOUT_S)
    if page.status_code != 200:
        broken.append(f"sign-in ends with status {page.status_code}")
    return broken + [f"{name} is not shown" for name in stations if name not in page.text]
