"""Carrying out what a form asks for: once, with a refusal beside its field, and a redirect after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from central import clock
from central.administration.models import FormDone
from central.administration.once import Form, carry_out, may_see_again
from central.refusals import CommandRefused

DONE = {
    "set": "Kept.",
    "same": "Nothing was different; nothing was changed.",
    "revoked": "Nothing is accepted from its PC any more, and no code for it is good. What it delivered stays.",
    "disabled": "From now on this person may not log in.",
    "enabled": "This person may log in again.",
    "role": "The role was set; it counts from the next page on.",
    "brought": "The file was brought in.",
    "key_revoked": "From now on the key opens nothing.",
    "password": "Your password was changed. Wherever else you were logged in, you are not any more.",
}
"""What a page says after a change, by the word in its address: nothing that a browser sends is shown."""


@dataclass(frozen=True)
class Secret:
    """What is shown once: a row for each code, link or key."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    keep: str
    """What to do with it."""
    back: str
    missing: str
    """What to do when it is not to be seen any more."""


def by_of(request: HttpRequest) -> str:
    return str(request.user.get_username())


def sent(request: HttpRequest, token: UUID) -> Form:
    return Form(token, by_of(request), clock.now())


def tried(form: forms.Form, act: Callable[[], Any], field: str | None = None) -> bool:
    """Whether `act` was carried out; else the form says why, beside the field that the refusal names or `field`."""
    try:
        act()
    except CommandRefused as refused:
        column = getattr(refused, "column", "")
        form.add_error(column if column in form.fields else field, _sentence(str(refused)))
        return False
    return True


def done_once(request: HttpRequest, form: forms.Form, act: Callable[[], Any], field: str | None = None) -> Any:
    """`True` when it was carried out now, who carried it out before, or `False` with the form saying why not."""
    found: list[FormDone | None] = []
    asked = sent(request, form.cleaned_data["token"])
    if not tried(form, lambda: found.append(carry_out(asked, act)), field):
        return False
    return found[0] or True


def show_secret(request: HttpRequest, done: Any, token: UUID, secret: Callable[[], Secret]) -> HttpResponse:
    """The answer to the form itself, with no redirect after it: a page that could be asked for again would have to
    keep what it shows."""
    told = secret()
    may_see = done is True or may_see_again(done, sent(request, token))
    context = {"secret": told, "may_see": may_see and bool(told.rows), "done": None if done is True else done}
    answer = render(request, "dashboard/administering/secret.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


def after(name: str, done: str, *args: Any) -> HttpResponse:
    """A redirect to the page `name`, which then says what was done."""
    answer = redirect(name, *args)
    answer["Location"] += f"?done={done}"
    return answer


def told(request: HttpRequest) -> str:
    return DONE.get(request.GET.get("done", ""), "")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
