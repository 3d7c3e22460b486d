"""Who may look at what. A role is a group of Django's."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

IT, SUPERVISOR, AUDITOR, OFFICER, ADMIN = ROLES = ("it", "supervisor", "auditor", "officer", "admin")
READERS = frozenset({IT, SUPERVISOR, AUDITOR, ADMIN})
"""Officers have no page of their own yet, and other people's footage is not theirs to list."""

View = Callable[..., HttpResponse]


def readers_only(view: View) -> View:
    """A page for people who are logged in and whose role may read everything."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        roles = set(request.user.groups.values_list("name", flat=True))
        if not roles & READERS:
            return render(request, "dashboard/not_for_you.html", status=403)
        return view(request, *args, **kwargs)

    return login_required(guarded)
