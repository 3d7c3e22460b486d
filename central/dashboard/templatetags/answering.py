"""`{% answer_form shift %}`: what this person may say of a shift, and what was said."""

from __future__ import annotations

from typing import Any

from django import template

from central import clock
from central.dashboard.answer_forms import form_for
from central.dashboard.sight import Sight
from central.roster.models import Shift

register = template.Library()


@register.inclusion_tag("dashboard/answers/form.html", takes_context=True)
def answer_form(context: template.Context, shift: Shift) -> dict[str, Any]:
    request = context["request"]
    sight: Sight = getattr(request, "sight", None) or Sight.of(request.user)
    return {"answering": form_for(sight, shift, clock.now())}
