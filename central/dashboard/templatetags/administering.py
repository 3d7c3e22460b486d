"""`one|words`: what a kept change set, and what stood before."""

from __future__ import annotations

from django import template

from central.dashboard.administering.changes import Word, words_of
from central.fleet.models import AdminEvent

register = template.Library()


@register.filter
def words(change: AdminEvent) -> list[Word]:
    return list(words_of(change.detail))
