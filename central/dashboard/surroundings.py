"""What every page has around it: the site's zone, and links to the pages that this person may open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from central import clock
from central.dashboard.roles import ADMIN, AUDITOR, IT, OFFICER, READERS, SUPERVISOR, roles_of

SEERS = READERS | {OFFICER}
ADMINISTERING = (
    *("admin_stations", "admin_station", "admin_users", "admin_user", "admin_cameras", "admin_camera"),
    *("admin_officers", "admin_officer", "admin_units", "admin_keys", "admin_changes", "admin_exports"),
    *("admin_health", "add_station", "add_user", "add_camera", "station_file", "user_file", "camera_file"),
    *("officer_file", "unit_file"),
)
JUDGES = frozenset({SUPERVISOR, IT, AUDITOR, ADMIN})


@dataclass(frozen=True)
class Page:
    """One entry of the navigation: `name` is its address's, `inside` those of pages that belong to it."""

    label: str
    name: str
    roles: frozenset[str]
    inside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    label: str
    address: str
    is_here: bool


@dataclass(frozen=True)
class Group:
    name: str
    links: tuple[Link, ...]


PAGES: tuple[tuple[str, tuple[Page, ...]], ...] = (
    (
        "Returns",
        (
            Page("Open now", "open", SEERS),
            Page("Your shifts", "mine", frozenset({OFFICER}), ("shift",)),
            Page("By unit", "units", JUDGES),
            Page("Measures", "measures", JUDGES),
            Page("Trends", "trends", READERS, ("trends-footage", "trends-watching")),
            Page("Answers", "answers", SEERS),
            Page("Reviews", "reviews", SEERS, ("review",)),
            Page("Dispatches", "dispatches", SEERS, ("dispatch",)),
            Page("Notices", "notices", JUDGES, ("notice",)),
        ),
    ),
    (
        "Fleet",
        (
            Page("At a glance", "overview", READERS),
            Page("Stations", "stations", READERS, ("station", "station_events")),
            Page("Cameras", "cameras", READERS, ("camera",)),
            Page("Docks", "docks", READERS),
            Page("Assets", "assets", READERS, ("asset",)),
        ),
    ),
    (
        "Upkeep",
        (
            Page("Alarms", "alarms", frozenset({IT, AUDITOR, ADMIN}), ("alarm",)),
            Page("Roster", "roster", JUDGES),
            Page("Administration", "administration", frozenset({IT, AUDITOR, ADMIN}), ADMINISTERING),
            Page("Your password", "own_password", SEERS),
        ),
    ),
)


def surroundings(request: HttpRequest) -> dict[str, Any]:
    """For the templates: `navigation`, `zone_words`, `now_at` and `is_reader`."""
    now = clock.now()
    match = getattr(request, "resolver_match", None)
    here = match.url_name if match is not None else ""
    user = getattr(request, "user", None)
    roles = roles_of(request) if user is not None and user.is_authenticated else frozenset[str]()
    local = now.astimezone(site_zone())
    offset = f"{local:%z}"
    words = "UTC" if offset == "+0000" and local.tzname() == "UTC" else f"{local:%Z}, UTC{offset[:3]}:{offset[3:]}"
    name = settings.CONFIG.web.time_zone
    return {
        "navigation": tuple(_groups(roles, here or "")),
        "zone_words": words if words == name else f"{name} ({words})",
        "now_at": now,
        "is_reader": bool(roles & READERS),
    }


def site_zone() -> ZoneInfo:
    """The zone of [web] time_zone."""
    return ZoneInfo(settings.CONFIG.web.time_zone)


class SiteZoneMiddleware:
    """Templates show instants in the site's zone. What stations are answered is in UTC whatever this says."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(site_zone()):
            return self.get_response(request)


def _groups(roles: frozenset[str], here: str) -> Iterator[Group]:
    for name, pages in PAGES:
        links = tuple(link for page in pages if page.roles & roles and (link := _link(page, here)) is not None)
        if links:
            yield Group(name, links)


def _link(page: Page, here: str) -> Link | None:
    try:
        address = reverse(page.name)
    except NoReverseMatch:  # a page that is not built yet
        return None
    return Link(page.label, address, here == page.name or here in page.inside)
