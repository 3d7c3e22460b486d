"""What the one search box finds, by kind, within what somebody may see. Every question goes through an index or a
table of a few thousand rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse

from central.custody.file_names import LAST, digest_like, named_like
from central.custody.models import Asset, DockSession
from central.dashboard.roles import READERS
from central.dashboard.sight import Sight
from central.fleet.models import Station
from central.roster.models import Officer, Shift

MOST = 12
"""So many of a kind are shown; who looks for more writes more."""
LEAST_DIGEST = 6
UUID_LIKE = re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class Hit:
    """One thing that was found. `is_exact`: its own name was asked for, not the beginning of it."""

    words: str
    address: str
    beside: str = ""
    is_exact: bool = False


@dataclass(frozen=True)
class Found:
    """All of one kind."""

    kind: str
    hits: tuple[Hit, ...]
    has_more: bool = False


def find(asked: str, sight: Sight) -> list[Found]:
    """By kind, in the order in which people look for them. Kinds of which nothing was found are left out."""
    kinds: tuple[tuple[str, Callable[[str, Sight], Iterable[Hit]]], ...] = (
        ("Cameras", _cameras),
        ("Officers", _officers),
        ("Shifts", _shifts),
        ("Stations", _stations),
        ("Files", _files),
    )
    found = []
    for kind, look in kinds:
        hits = list(look(asked, sight))
        if hits:
            found.append(Found(kind, tuple(hits[:MOST]), len(hits) > MOST))
    return found


def straight_to(found: Iterable[Found]) -> str:
    """The address of the only thing that bears this very name; else nothing."""
    exact = {hit.address for one in found for hit in one.hits if hit.is_exact}
    return exact.pop() if len(exact) == 1 else ""


def _cameras(asked: str, sight: Sight) -> Iterator[Hit]:
    if not sight.roles & READERS:  # an officer's cameras are found by his shifts
        return
    serials = set(_beginning(sight.cameras(), "camera_serial", asked)[: MOST + 1])
    if sight.sees_everything:
        docked = DockSession.objects.order_by("camera").values_list("camera", flat=True).distinct()
        serials |= set(_beginning(docked, "camera", asked)[: MOST + 1])
    for serial in sorted(serials, key=lambda serial: (serial != asked, serial)):
        yield Hit(serial, reverse("camera", args=[serial]), "camera", serial == asked)


def _officers(asked: str, sight: Sight) -> Iterator[Hit]:
    rows = Officer.objects.filter(
        Q(pk__iexact=asked) | Q(name__icontains=asked) | Q(email__istartswith=asked)
    ).order_by("name", "pk")
    if not sight.sees_everything:
        rows = rows.filter(pk__in=sight.shifts().values("officer"))
    for officer in rows[: MOST + 1]:
        is_exact = officer.pk == asked
        yield Hit(officer.name or officer.pk, f"{reverse('search')}?officer={officer.pk}", officer.pk, is_exact)


def _shifts(asked: str, sight: Sight) -> Iterator[Hit]:
    rows = _beginning(sight.shifts(), "pk", asked).select_related("officer").order_by("-starts_at", "pk")
    return (shift_hit(row, is_exact=row.pk == asked) for row in rows[: MOST + 1])


def shift_hit(row: Shift, *, is_exact: bool = False) -> Hit:
    beside = f"{row.officer.name or row.officer_id}, camera {row.camera_serial}"
    return Hit(row.pk, reverse("shift", args=[row.pk]), beside, is_exact)


def _stations(asked: str, sight: Sight) -> Iterator[Hit]:
    if not sight.roles & READERS:
        return
    rows = Station.objects.filter(
        Q(pk__icontains=asked) | Q(label__icontains=asked) | Q(site__iexact=asked)
    ).order_by("pk")
    for row in rows[: MOST + 1]:
        beside = ", ".join(part for part in (row.label, row.site) if part)
        yield Hit(row.pk, reverse("station", args=[row.pk]), beside, row.pk == asked)


def _files(asked: str, sight: Sight) -> Iterator[Hit]:
    if not sight.roles & READERS:
        return
    found: dict[UUID, Hit] = {}
    for rows, is_exact in _file_questions(asked):
        for row in rows.order_by()[: MOST + 1]:
            beside = f"camera {row.camera or 'unknown'}, {row.station_id}"
            words = row.source_path or str(row.pk)
            found.setdefault(row.pk, Hit(words, reverse("asset", args=[row.pk]), beside, is_exact(row)))
    yield from sorted(found.values(), key=lambda hit: hit.words)


def _file_questions(asked: str) -> Iterator[tuple[QuerySet[Asset], Callable[[Asset], bool]]]:
    if UUID_LIKE.fullmatch(asked):
        yield Asset.objects.filter(pk=UUID(asked)), lambda _: True
    if LEAST_DIGEST <= len(asked) <= 64 and re.fullmatch(r"[0-9a-fA-F]+", asked):
        yield digest_like(asked), lambda row: row.sha256 == asked.lower()
    if len(asked) >= 3:
        name = asked.rpartition("/")[2]
        yield named_like(name or asked), lambda row: asked in (row.source_path, row.source_path.rpartition("/")[2])


def _beginning(rows: Any, column: str, asked: str) -> Any:
    """Those whose column begins so, as it is written. A range goes through the index, LIKE would not."""
    return rows.filter(**{f"{column}__gte": asked, f"{column}__lt": asked + LAST})
