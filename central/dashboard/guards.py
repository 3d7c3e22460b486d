"""Who may open a page about shifts, and who may decide about rosters."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from central.dashboard.roles import ADMIN, IT, View, roles_of
from central.dashboard.sight import SEE_SHIFTS, Sight

KEEPERS = frozenset({IT, ADMIN})


def seers_only(view: View) -> View:
    """A page for everybody with a role: it gets `request.sight`, and shows what lies within."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        sight = Sight.of(request.user)
        if not sight.roles & SEE_SHIFTS:
            return not_for_you(request)
        request.sight = sight  # type: ignore[attr-defined]
        request.dock_roles = sight.roles  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)

    return login_required(guarded)


def only(*roles: str) -> Callable[[View], View]:
    """A page for these roles."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if not roles_of(request) & set(roles):
                return not_for_you(request)
            return view(request, *args, **kwargs)

        return login_required(guarded)

    return guard


def may_decide(request: HttpRequest) -> bool:
    """About rosters and alarms: IT's work."""
    return bool(roles_of(request) & KEEPERS)


def not_for_you(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/not_for_you.html", status=403)
