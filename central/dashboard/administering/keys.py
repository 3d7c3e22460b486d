"""`/administration/keys/`: keys of programs that post a roster."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from central import clock
from central.administration.once import key_for
from central.dashboard.administering.doing import Secret, after, by_of, done_once, show_secret, told, tried
from central.dashboard.administering.forms import KeyForm
from central.dashboard.administering.who import KEEPERS
from central.dashboard.guards import only
from central.roster.keys import PREFIX, add_key, key_name_of, revoke_key
from central.roster.models import Key

MOST_SHOWN = 200


@only(*KEEPERS)
@require_http_methods(["GET", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        secret, by = key_for(said["token"]), by_of(request)
        done = done_once(request, form, lambda: add_key(said["name"], clock.now(), by=by, secret=secret), "name")
        if done:
            return show_secret(request, done, said["token"], lambda: _key(said["name"], PREFIX + secret))
    return _page(request, form=form)


@only(*KEEPERS)
@require_POST
def revoke(request: HttpRequest, number: int) -> HttpResponse:
    found = Key.objects.filter(pk=number).first() if number < 2**63 else None
    if found is None:
        raise Http404
    form = forms.Form(request.POST)
    if found.revoked_at is not None or tried(form, lambda: revoke_key(found.name, clock.now(), by=by_of(request))):
        return after("admin_keys", "key_revoked")
    return _page(request, form=KeyForm(), wrong=form)


def _page(request: HttpRequest, **sent: Any) -> HttpResponse:
    keys = Key.objects.order_by("revoked_at", "name", "-pk")[:MOST_SHOWN]
    context = {"keys": keys, "told": told(request), **sent}
    wrong = sent["form"].errors or "wrong" in sent
    return render(request, "dashboard/administering/keys.html", context, status=422 if wrong else 200)


def _key(name: str, secret: str) -> Secret:
    return Secret(
        f"The key {name}",
        ("Name", "Key"),
        [(name, secret)] if key_name_of(secret, clock.now()) == name else [],
        "Put it where the scheduler keeps its secrets: Authorization: Bearer KEY, for /api/v1/roster/imports.",
        reverse("admin_keys"),
        "Revoke it and make another one.",
    )
