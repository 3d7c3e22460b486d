"""`/administration/stations/`: adding stations, saying where they stand, codes, new PCs, revoking."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from central import clock
from central.administration.once import code_for
from central.administration.stations import set_station
from central.dashboard.administering.doing import Secret, after, by_of, done_once, show_secret, told, tried
from central.dashboard.administering.forms import CodeForm, NewStationForm, ReplaceForm, RevokeForm, WhereForm
from central.dashboard.administering.who import KEEPERS
from central.dashboard.guards import only
from central.fleet.enrolment import CODE_LIFE, add_station, is_living_code, replace_station, revoke_station
from central.fleet.models import AdminEvent, Credential, EnrolmentCode, Station
from central.fleet.overview import StationCondition
from central.fleet.overview import stations as conditions

MOST_CHANGES = 50
Forms = dict[str, Any]


@only(*KEEPERS)
def stations(request: HttpRequest) -> HttpResponse:
    wanted = {name: request.GET.get(name, "").strip()[:64] for name in ("q", "state")}
    every = conditions(settings.CONFIG.stations, clock.now())
    context = {
        "rows": [one for one in every if _is_wanted(one, wanted)],
        "count": len(every),
        "states": sorted({one.state for one in every}),
        "wanted": wanted,
        "told": told(request),
    }
    return render(request, "dashboard/administering/stations.html", context)


def _is_wanted(one: StationCondition, wanted: dict[str, str]) -> bool:
    words = f"{one.station_id} {one.site} {one.label}".lower()
    return wanted["q"].lower() in words and wanted["state"] in ("", one.state)


@only(*KEEPERS)
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    form = NewStationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        name, code = said["station_id"], code_for(said["token"], said["station_id"])

        def act() -> None:
            now, by = clock.now(), by_of(request)
            add_station(name, now, by=by, code=code)
            set_station(name, now, by, site=said["site"], label=said["label"])

        if done := done_once(request, form, act, "station_id"):
            return show_secret(request, done, said["token"], lambda: _code(name, code))
    context = {"form": form, "crumb": ("Stations", "admin_stations"), "title": "Add a station", "button": "Add it"}
    return render(request, "dashboard/administering/one_form.html", context, status=422 if form.errors else 200)


@only(*KEEPERS)
def station(request: HttpRequest, station_id: str) -> HttpResponse:
    return _page(request, station_id)


@only(*KEEPERS)
@require_POST
def set_where(request: HttpRequest, station_id: str) -> HttpResponse:
    form = WhereForm(request.POST, auto_id="where_%s")

    def act() -> None:
        set_station(_known(station_id).pk, clock.now(), by_of(request), **form.cleaned_data)

    if form.is_valid() and tried(form, act):
        return after("admin_station", "set", station_id)
    return _page(request, station_id, where=form)


@only(*KEEPERS)
@require_POST
def new_code(request: HttpRequest, station_id: str) -> HttpResponse:
    """A fresh code for a station that no PC enrolled at yet."""
    form = CodeForm(request.POST, auto_id="code_%s")
    if not form.is_valid():
        return _page(request, station_id, code=form)
    code = code_for(form.cleaned_data["token"], _known(station_id).pk)
    done = done_once(request, form, lambda: add_station(station_id, clock.now(), by=by_of(request), code=code))
    if not done:
        return _page(request, station_id, code=form)
    return show_secret(request, done, form.cleaned_data["token"], lambda: _code(station_id, code))


@only(*KEEPERS)
@require_POST
def replace(request: HttpRequest, station_id: str) -> HttpResponse:
    """A code for a new PC in the old one's place."""
    form = ReplaceForm(request.POST, auto_id="replace_%s")
    if not form.is_valid():
        return _page(request, station_id, replace=form)
    said = form.cleaned_data
    code = code_for(said["token"], _known(station_id).pk)

    def act() -> None:
        replace_station(station_id, clock.now(), revoke_now=said["revoke_now"], by=by_of(request), code=code)

    if done := done_once(request, form, act):
        return show_secret(request, done, said["token"], lambda: _code(station_id, code))
    return _page(request, station_id, replace=form)


@only(*KEEPERS)
@require_POST
def revoke(request: HttpRequest, station_id: str) -> HttpResponse:
    form = RevokeForm(request.POST, auto_id="revoke_%s", station_id=_known(station_id).pk)

    def act() -> None:
        revoke_station(station_id, form.cleaned_data["reason"], clock.now(), by=by_of(request))

    if form.is_valid() and tried(form, act):
        return after("admin_station", "revoked", station_id)
    return _page(request, station_id, revoke=form)


def _page(request: HttpRequest, station_id: str, **sent: Any) -> HttpResponse:
    found, now = _known(station_id), clock.now()
    (condition,) = conditions(settings.CONFIG.stations, now, station_id)
    forms = {
        "where": WhereForm(initial={"site": found.site, "label": found.label}, auto_id="where_%s"),
        "code": CodeForm(auto_id="code_%s"),
        "replace": ReplaceForm(auto_id="replace_%s"),
        "revoke": RevokeForm(auto_id="revoke_%s", station_id=station_id),
    }
    context = {
        **forms,
        **sent,
        "station": condition,
        "told": told(request),
        "credentials": Credential.objects.filter(station=found).order_by("-pk")[:MOST_CHANGES],
        "is_enrolled": Credential.objects.filter(station=found).exists(),
        "waiting": EnrolmentCode.objects.filter(station=found, used_at=None, expires_at__gt=now).first(),
        "changes": AdminEvent.objects.filter(subject=station_id).order_by("-number")[:MOST_CHANGES],
    }
    return render(request, "dashboard/administering/station.html", context, status=422 if sent else 200)


def _known(station_id: str) -> Station:
    found = Station.objects.filter(pk=station_id).first()
    if found is None:
        raise Http404
    return found


def _code(station_id: str, code: str) -> Secret:
    now = clock.now()
    return Secret(
        f"The code of {station_id}",
        ("Station", "Code"),
        [(station_id, code)] if is_living_code(code, now) else [],
        f"It is good for {CODE_LIFE.days} days and one PC: dock-agent enroll --config FILE --central URL --code CODE",
        reverse("admin_station", args=[station_id]),
        "Make a new code on the station's page; the one before is good no more then.",
    )
