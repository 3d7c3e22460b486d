"""Who may look at what. A role is a group of Django's."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from central.administration.user_file import ROLES

IT, SUPERVISOR, AUDITOR, OFFICER, ADMIN = ROLES
READERS = frozenset({IT, SUPERVISOR, AUDITOR, ADMIN})
"""Who may list stations and footage. An officer sees what concerns his own shifts, and nothing else."""

View = Callable[..., HttpResponse]


def roles_of(request: HttpRequest) -> frozenset[str]:
    """The roles of who asks; the database is asked once per request."""
    known: frozenset[str] | None = getattr(request, "dock_roles", None)
    if known is None:
        known = frozenset(request.user.groups.values_list("name", flat=True))
        request.dock_roles = known  # type: ignore[attr-defined]
    return known


def readers_only(view: View) -> View:
    """A page for people who are logged in and whose role may read everything."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not roles_of(request) & READERS:
            return render(request, "dashboard/not_for_you.html", status=403)
        return view(request, *args, **kwargs)

    return login_required(guarded)
