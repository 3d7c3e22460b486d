"""`/password`: everybody's own; `/password/WHO/TOKEN`: by a link."""

from __future__ import annotations

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from central import clock
from central.administration.passwords import wrong_with
from central.administration.users import set_password, user_of_link
from central.dashboard.administering.doing import after, by_of, done_once, told
from central.dashboard.administering.forms import NewPasswordForm, OwnPasswordForm


@login_required
@require_http_methods(["GET", "POST"])
def own(request: HttpRequest) -> HttpResponse:
    form = OwnPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        person, said = User.objects.get(pk=request.user.pk), form.cleaned_data
        if not person.check_password(said["present"]):
            form.add_error("present", "This is not your present password. Nothing was changed.")
        elif _is_good(form, person):
            done_once(request, form, lambda: set_password(person, said["password"], clock.now(), by_of(request)))
            update_session_auth_hash(request, person)
            return after("own_password", "password")
    context = {"form": form, "title": "Your password", "button": "Change it", "told": told(request)}
    return _secretly(
        render(request, "dashboard/administering/one_form.html", context, status=422 if form.errors else 200)
    )


@require_http_methods(["GET", "POST"])
def by_link(request: HttpRequest, who: str, token: str) -> HttpResponse:
    person = user_of_link(who, token)
    if person is None:
        return _secretly(render(request, "dashboard/administering/link_over.html", status=410))
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _is_good(form, person):
        set_password(person, form.cleaned_data["password"], clock.now(), person.username)
        return _secretly(redirect("login"))
    context = {"form": form, "title": "Set your password", "button": "Set it", "person": person}
    return _secretly(
        render(request, "dashboard/administering/one_form.html", context, status=422 if form.errors else 200)
    )


def _is_good(form: NewPasswordForm, person: User) -> bool:
    for sentence in wrong_with(form.cleaned_data["password"], person):
        form.add_error("password", sentence)
    return not form.errors


def _secretly(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = "no-store"
    return answer
