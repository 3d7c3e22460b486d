"""`/administration/cameras/`: what people say of cameras, and which nobody has seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from central import clock
from central.administration.camera_file import IN_USE, STATES, Said
from central.administration.cameras import is_known, say_camera
from central.custody.models import DockSession
from central.dashboard.administering.doing import after, by_of, told, tried
from central.dashboard.administering.forms import STATE_WORDS, CameraForm, NewCameraForm
from central.dashboard.administering.who import KEEPERS, READERS
from central.dashboard.guards import may_decide, only
from central.dashboard.whereabouts import last_docks, place_of
from central.fleet.models import AdminEvent
from central.roster.models import Camera, Shift

PER_PAGE = 50
MOST_CHANGES = 50
UNSEEN_FOR = timedelta(days=30)
UNSEEN = "unseen"


@dataclass(frozen=True)
class Line:
    """One camera of the list."""

    serial: str
    said: Camera | None
    dock: DockSession | None

    @property
    def state(self) -> str:
        return IN_USE if self.said is None else self.said.state

    @property
    def words(self) -> str:
        return STATE_WORDS.get(self.state, self.state)

    @property
    def where(self) -> str:
        return place_of(self.dock)

    @property
    def is_seen_since(self) -> bool:
        """In a dock after somebody said that it is out of use: then what was said is wrong, or over."""
        if self.said is None or self.said.state == IN_USE or self.dock is None:
            return False
        return self.dock.docked_at is not None and self.dock.docked_at > self.said.state_since


@only(*READERS)
def cameras(request: HttpRequest) -> HttpResponse:
    wanted = {name: request.GET.get(name, "").strip()[:255] for name in ("q", "show")}
    said = Camera.objects.in_bulk()
    page = Paginator(_wanted(said, wanted, clock.now()), PER_PAGE).get_page(request.GET.get("page"))
    docks = last_docks(page.object_list)
    context = {
        "page": page,
        "lines": [Line(serial, said.get(serial), docks.get(serial)) for serial in page.object_list],
        "query": urlencode({name: value for name, value in wanted.items() if value}),
        "wanted": wanted,
        "shows": [(UNSEEN, f"not seen for {UNSEEN_FOR.days} days"), *((one, STATE_WORDS[one]) for one in STATES)],
        "may_decide": may_decide(request),
        "told": told(request),
        "now": clock.now(),
    }
    return render(request, "dashboard/administering/cameras.html", context)


def _wanted(said: dict[str, Camera], wanted: dict[str, str], now: datetime) -> list[str]:
    docked = dict(DockSession.objects.exclude(camera="").values_list("camera").annotate(Max("docked_at")).order_by())
    rostered = Shift.objects.exclude(status__in=Shift.NOBODYS).values_list("camera_serial", flat=True).distinct()
    every = docked.keys() | set(rostered.order_by()) | said.keys()
    state = {serial: one.state for serial, one in said.items()}
    asked, show = wanted["q"].lower(), wanted["show"]
    if show in STATES:
        every = {serial for serial in every if state.get(serial, IN_USE) == show}
    if show == UNSEEN:
        every = _unseen((one for one in every if state.get(one, IN_USE) == IN_USE), docked, now - UNSEEN_FOR)
    return sorted(one for one in every if asked in one.lower() or (one in said and asked in said[one].label.lower()))


def _unseen(serials: Iterable[str], docked: dict[str, datetime | None], since: datetime) -> set[str]:
    """Of these, the ones that left their last dock before then, or never were in one."""
    maybe = {one for one in serials if (at := docked.get(one)) is None or at < since}
    last = last_docks(maybe)
    return {one for one in maybe if one not in last or _left_before(last[one], since)}


def _left_before(dock: DockSession, since: datetime) -> bool:
    return dock.undocked_at is not None and dock.undocked_at < since


@only(*KEEPERS)
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Twice the same is the same camera: the second click finds it as it is."""
    form = NewCameraForm(request.POST or None, initial={"state": IN_USE})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        one = Said(said["camera_serial"], said["label"], said["state"], said["note"])
        if tried(form, lambda: say_camera(one, clock.now(), by_of(request), is_new=True)):
            return after("admin_camera", "set", one.serial)
    context = {"form": form, "crumb": ("Cameras", "admin_cameras"), "title": "Add a camera", "button": "Add it"}
    return render(request, "dashboard/administering/one_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@only(*READERS)
def camera(request: HttpRequest, serial: str) -> HttpResponse:
    found = Camera.objects.filter(pk=serial).first()
    if found is None and not is_known(serial):
        raise Http404
    kept = {} if found is None else {name: getattr(found, name) for name in ("label", "state", "note")}
    form = CameraForm(request.POST or None, initial=kept or {"state": IN_USE})
    if request.method == "POST":
        if not may_decide(request):
            return render(request, "dashboard/not_for_you.html", status=403)
        if form.is_valid():
            one = Said(serial, **form.cleaned_data)
            if tried(form, lambda: say_camera(one, clock.now(), by_of(request))):
                return after("admin_camera", "set", serial)
    context: dict[str, Any] = {
        "line": Line(serial, found, last_docks([serial]).get(serial)),
        "form": form,
        "may_decide": may_decide(request),
        "has_page": is_known(serial),
        "told": told(request),
        "changes": _changes(serial),
    }
    return render(request, "dashboard/administering/camera.html", context, status=422 if form.errors else 200)


def _changes(serial: str) -> Any:
    about = AdminEvent.objects.filter(subject=serial[:255], what__startswith="camera_")
    return about.order_by("-number")[:MOST_CHANGES]
