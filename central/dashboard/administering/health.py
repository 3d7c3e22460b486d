"""`/administration/health/`: what `dock-central doctor` finds, and a test mail; each when somebody asks."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from central import clock
from central.administration.examination.within import PATIENCE_S, examine
from central.dashboard.administering.doing import by_of, done_once
from central.dashboard.administering.forms import MailForm
from central.dashboard.administering.who import KEEPERS
from central.dashboard.guards import only
from central.fleet.auditing import Change, keep_change
from central.mailing.commands import mail_test
from central.refusals import CommandRefused

SHADES = {"ok": "ok", "note": "dull", "warning": "warn", "problem": "bad"}


@only(*KEEPERS)
def health(request: HttpRequest) -> HttpResponse:
    return _page(request)


@only(*KEEPERS)
@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Changes nothing, so there is nothing to lead to: asked again, it looks again."""
    seen = examine(settings.DATA, settings.CONFIG, clock.now())
    if seen is None:
        return _page(request, wrong="Somebody's examination is still running. Try again in a minute.", status=409)
    lines = [(one, SHADES[one.severity]) for one in seen.findings]
    return _page(request, lines=lines, missing=seen.missing, looked_at=clock.now())


@only(*KEEPERS)
@require_POST
def send_mail(request: HttpRequest) -> HttpResponse:
    """Sent once for each form: two clicks are one mail. What became of it is kept, with who asked."""
    form = MailForm(request.POST)
    if not form.is_valid():
        return _page(request, mail=form, status=422)
    address, said = form.cleaned_data["address"].strip(), []
    asked = done_once(request, form, lambda: None)
    if asked is not True:
        return _page(request, wrong="This mail was asked for already; it is not sent twice. See What was changed.")
    try:
        said.append(mail_test(address))
    except CommandRefused as refused:
        form.add_error("address", str(refused))
    outcome = said[0] if said else str(form.errors["address"][0])
    keep_change(Change.MAIL_TESTED, address, by=by_of(request), now=clock.now(), taken=bool(said), said=outcome)
    return _page(
        request, mail=form if form.errors else MailForm(), sent=outcome if said else "", status=200 if said else 422
    )


def _page(request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
    context = {"mail": MailForm(), "patience": int(PATIENCE_S), **more}
    return render(request, "dashboard/administering/health.html", context, status=status)
