"""`/administration/users/`: who may log in and as what."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.models import Group, User
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from central import clock
from central.administration.bringing_users import links_of
from central.administration.user_file import ROLES, as_login
from central.administration.users import LINK_LIFE, add_user, make_link, role_of, set_active, set_role
from central.dashboard.administering.doing import Secret, after, by_of, done_once, show_secret, told, tried
from central.dashboard.administering.forms import NewUserForm, ResetForm, RoleForm
from central.dashboard.administering.who import CHIEFS
from central.dashboard.guards import only
from central.fleet.models import AdminEvent

PER_PAGE = 50
MOST_CHANGES = 50


@only(*CHIEFS)
def users(request: HttpRequest) -> HttpResponse:
    wanted = {name: request.GET.get(name, "").strip()[:150] for name in ("q", "role")}
    rows = User.objects.prefetch_related(Prefetch("groups", Group.objects.order_by("name"))).order_by("username")
    if wanted["q"]:
        rows = rows.filter(Q(username__icontains=wanted["q"]))
    if wanted["role"]:
        rows = rows.filter(groups__name=wanted["role"])
    context = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "query": urlencode({name: value for name, value in wanted.items() if value}),
        "wanted": wanted,
        "roles": ROLES,
        "told": told(request),
    }
    return render(request, "dashboard/administering/users.html", context)


@only(*CHIEFS)
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    form = NewUserForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        done = done_once(
            request, form, lambda: add_user(said["email"], said["role"], clock.now(), by_of(request)), "email"
        )
        if done:
            return show_secret(request, done, said["token"], lambda: _link(as_login(said["email"])))
    context = {"form": form, "crumb": ("Users", "admin_users"), "title": "Add a person", "button": "Add"}
    return render(request, "dashboard/administering/one_form.html", context, status=422 if form.errors else 200)


@only(*CHIEFS)
def user(request: HttpRequest, number: int) -> HttpResponse:
    return _page(request, _known(number))


@only(*CHIEFS)
@require_POST
def role(request: HttpRequest, number: int) -> HttpResponse:
    found, form = _known(number), RoleForm(request.POST)

    def act() -> None:
        set_role(found.username, form.cleaned_data["role"], clock.now(), by_of(request))

    if form.is_valid() and tried(form, act, "role"):
        return after("admin_user", "role", number)
    return _page(request, found, role=form)


@only(*CHIEFS)
@require_POST
def active(request: HttpRequest, number: int) -> HttpResponse:
    found, form = _known(number), forms.Form(request.POST)
    is_active = request.POST.get("active") == "yes"
    if tried(form, lambda: set_active(found.username, clock.now(), by_of(request), is_active=is_active)):
        return after("admin_user", "enabled" if is_active else "disabled", number)
    return _page(request, found, active=form)


@only(*CHIEFS)
@require_POST
def reset(request: HttpRequest, number: int) -> HttpResponse:
    found, form = _known(number), ResetForm(request.POST)
    if form.is_valid():
        done = done_once(request, form, lambda: make_link(found.username, clock.now(), by_of(request)))
        if done:
            return show_secret(request, done, form.cleaned_data["token"], lambda: _link(found.username))
    return _page(request, found, reset=form)


def _page(request: HttpRequest, found: User, **sent: Any) -> HttpResponse:
    context = {
        "person": found,
        "roles": role_of(found),
        "is_self": found.pk == request.user.pk,
        "role": RoleForm(initial={"role": role_of(found)}),
        "reset": ResetForm(),
        "active": None,
        **sent,
        "told": told(request),
        "changes": AdminEvent.objects.filter(subject=found.username).order_by("-number")[:MOST_CHANGES],
    }
    return render(request, "dashboard/administering/user.html", context, status=422 if sent else 200)


def _known(number: int) -> User:
    found = User.objects.filter(pk=number).first() if number < 2**63 else None
    if found is None:
        raise Http404
    return found


def _link(email: str) -> Secret:
    """Once the password is set there is nothing to show any more."""
    person = User.objects.filter(username=email).first()
    rows = [(row[0], row[2]) for row in links_of([email])]
    return Secret(
        f"The link of {email}",
        ("Person", "Link"),
        rows if person is not None and not person.has_usable_password() else [],
        f"Hand it over as you hand over keys: with it a password is set, once and within {LINK_LIFE.days} days.",
        reverse("admin_users") if person is None else reverse("admin_user", args=[person.pk]),
        "Make a new link on the person's page; the one before is good no more then.",
    )
