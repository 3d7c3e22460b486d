"""`/administration/…/file`: many at once from a CSV. First a look that changes nothing and says all that is wrong;
then the same file again, with the word to bring it in. Between the two it is in the page, and nowhere at central."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from central import clock
from central.administration.bringing_users import LINK_COLUMNS, bring_users, links_of
from central.administration.cameras import bring_cameras
from central.administration.importing import Outcome
from central.administration.officers import bring_officers
from central.administration.once import code_for, may_see_again, was_done
from central.administration.station_file import read_stations
from central.administration.stations import CODE_COLUMNS, add_stations, codes_again, foreseen
from central.administration.user_file import read_users
from central.dashboard.administering.doing import Secret, after, by_of, done_once, sent, show_secret
from central.dashboard.administering.forms import CheckedFileForm, FileForm
from central.dashboard.administering.who import CHIEFS, KEEPERS
from central.dashboard.guards import only
from central.refusals import CommandRefused
from central.roster.sheet import RowError
from central.roster.supervisors import bring_supervisors
from central.rows_out import write_rows

MOST_BYTES = 1024 * 1024
MOST_SHOWN = 200


@dataclass(frozen=True)
class Look:
    """What a file would do, or what is wrong with it."""

    errors: Sequence[str] = ()
    says: str = ""
    warnings: Sequence[str] = ()


@dataclass(frozen=True)
class Kind:
    """One kind of file: `look` changes nothing; `bring` is called in the form's own transaction, after a look that
    found nothing wrong; `secret` are the codes or links that it made."""

    name: str
    title: str
    columns: str
    example: str
    back: str
    look: Callable[[bytes, datetime, str], Look]
    bring: Callable[[bytes, datetime, str, UUID], Any]
    secret: Callable[[bytes, datetime, UUID], Secret] | None = None

    @property
    def has_secret(self) -> bool:
        """For the template, which would call `secret` itself."""
        return self.secret is not None


def _look_at(outcome: Outcome, what: str) -> Look:
    return Look([str(one) for one in outcome.errors], outcome.counted(what, dry_run=True), outcome.warnings)


def _look_at_stations(content: bytes, now: datetime, by: str) -> Look:
    wanted, errors = read_stations(content)
    return Look(_as_words(errors)) if errors else Look((), *foreseen(wanted, now))


def _bring_stations(content: bytes, now: datetime, by: str, token: UUID) -> None:
    add_stations(read_stations(content)[0], now, by, lambda name: code_for(token, name))


def _codes(content: bytes, now: datetime, token: UUID) -> Secret:
    rows = codes_again(read_stations(content)[0], now, lambda name: code_for(token, name))
    return Secret(
        "The stations' codes",
        CODE_COLUMNS,
        rows,
        "Each is good for one PC. Keep them as you keep keys.",
        reverse("admin_stations"),
        "Bring the same file again: stations that wait for their PC get fresh codes.",
    )


def _links(content: bytes, now: datetime, token: UUID) -> Secret:
    """Of those whose password nobody set yet."""
    emails = [one.email for one in read_users(content)[0]]
    return Secret(
        "Links for those who have no password yet",
        LINK_COLUMNS,
        links_of(emails, without_password=True),
        "Hand each over as you hand over keys: with it a password is set, once and within three days.",
        reverse("admin_users"),
        "Make a new link on the person's page.",
    )


def _look_at_units(content: bytes, now: datetime, by: str) -> Look:
    outcome = bring_supervisors(content, now, by=by, dry_run=True)
    counts = f"{outcome.added} would be added, {outcome.changed} changed, {outcome.unchanged} unchanged"
    total = outcome.added + outcome.changed + outcome.unchanged
    return Look(_as_words(outcome.errors), f"{total} units: {counts}", outcome.warnings)


STATIONS = Kind(
    "stations",
    "Stations from a file",
    "station_id; if you like site and label",
    "station_id,site,label\neast-1,East,Front desk\neast-2,East,Garage",
    "admin_stations",
    _look_at_stations,
    _bring_stations,
    _codes,
)
USERS = Kind(
    "users",
    "People from a file",
    "email and role (it, supervisor, auditor, officer, admin); if you like active (true or false)",
    "email,role\nkim.lee@pd.example,officer\nsgt.east@pd.example,supervisor",
    "admin_users",
    lambda content, now, by: _look_at(bring_users(content, now, by, dry_run=True), "users"),
    lambda content, now, by, _: bring_users(content, now, by),
    _links,
)
CAMERAS = Kind(
    "cameras",
    "Cameras from a file",
    "camera_serial; if you like label, state (in_use, repair, lost, retired) and note",
    "camera_serial,label,state,note\nBWC0414,Pool 3,in_use,\nBWC0415,,repair,lens",
    "admin_cameras",
    lambda content, now, by: _look_at(bring_cameras(content, now, by, dry_run=True), "cameras"),
    lambda content, now, by, _: bring_cameras(content, now, by),
)
OFFICERS = Kind(
    "officers",
    "Officers from a file",
    "officer_id; if you like name, email, unit, note and left (true or false)",
    "officer_id,email,left\n4417,kim.lee@pd.example,\n3902,,true",
    "admin_officers",
    lambda content, now, by: _look_at(bring_officers(content, now, by, dry_run=True), "officers"),
    lambda content, now, by, _: bring_officers(content, now, by),
)
UNITS = Kind(
    "units",
    "Units from a file",
    "unit and supervisor_email; if you like escalate_to_email and on_duty_email",
    "unit,supervisor_email,escalate_to_email\nEast Patrol,sgt.east@pd.example,captain@pd.example",
    "admin_units",
    _look_at_units,
    lambda content, now, by, _: bring_supervisors(content, now, by=by),
)


def _page_for(kind: Kind) -> Callable[[HttpRequest], HttpResponse]:
    @require_http_methods(["GET", "POST"])
    def file_page(request: HttpRequest) -> HttpResponse:
        if request.method == "GET":
            return _page(request, kind, form=FileForm())
        if "file" in request.FILES or "token" not in request.POST:
            return _looked(request, kind)
        return _brought(request, kind)

    return file_page


stations = only(*KEEPERS)(_page_for(STATIONS))
users = only(*CHIEFS)(_page_for(USERS))
cameras = only(*KEEPERS)(_page_for(CAMERAS))
officers = only(*KEEPERS)(_page_for(OFFICERS))
units = only(*KEEPERS)(_page_for(UNITS))


def _looked(request: HttpRequest, kind: Kind) -> HttpResponse:
    form = FileForm(request.POST, request.FILES)
    if form.is_valid() and form.cleaned_data["file"].size > MOST_BYTES:
        form.add_error("file", f"The file has more than {MOST_BYTES} bytes. Bring it in parts. Nothing was changed.")
    if not form.is_valid():
        return _page(request, kind, form=form, status=422)
    file = form.cleaned_data["file"]
    content = file.read()
    return _seen(request, kind, content, file.name)


def _seen(request: HttpRequest, kind: Kind, content: bytes, name: str) -> HttpResponse:
    look = kind.look(content, clock.now(), by_of(request))
    again = {"content": base64.b64encode(content).decode(), "file_name": name}
    confirm = None if look.errors else CheckedFileForm(initial=again, auto_id="confirm_%s")
    status = 422 if look.errors else 200
    return _page(request, kind, status, form=FileForm(), look=look, confirm=confirm, file_name=name)


def _brought(request: HttpRequest, kind: Kind) -> HttpResponse:
    form = CheckedFileForm(request.POST)
    content = _content(request.POST.get("content", ""))
    if content is None or not form.is_valid():
        return _page(request, kind, 422, form=FileForm())
    now, by, token = clock.now(), by_of(request), form.cleaned_data["token"]

    def act() -> None:
        brought = kind.bring(content, now, by, token)
        if errors := getattr(brought, "errors", ()):
            raise CommandRefused("; ".join(_as_words(errors)))

    # Looked at again: since the page was shown another may have changed what this file rests on.
    if kind.look(content, now, by).errors and not was_done(token):
        return _seen(request, kind, content, form.cleaned_data["file_name"])
    done = done_once(request, form, act)
    if not done:
        return _seen(request, kind, content, form.cleaned_data["file_name"])
    if kind.secret is None:
        return after(kind.back, "brought")
    secret = kind.secret(content, now, token)
    may_see = done is True or may_see_again(done, sent(request, token))
    if request.POST.get("as") == "csv" and may_see:
        return _as_file(secret, kind)
    if not secret.rows and may_see:
        return after(kind.back, "brought")
    return show_secret(request, done, token, lambda: secret)


def _as_file(secret: Secret, kind: Kind) -> HttpResponse:
    out = io.StringIO()
    write_rows(secret.columns, secret.rows, "csv", out)
    name = "codes" if kind is STATIONS else "links"
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
    return HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _content(text: str) -> bytes | None:
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return content if len(content) <= MOST_BYTES else None


def _as_words(errors: Sequence[RowError]) -> list[str]:
    return [str(one) for one in errors]


def _page(request: HttpRequest, kind: Kind, status: int = 200, **more: Any) -> HttpResponse:
    context = {"kind": kind, "most": MOST_SHOWN, **more}
    answer = render(request, "dashboard/administering/file.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer
