"""`/administration/units/`: whom each unit's notices go to."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from central.dashboard.administering.doing import told
from central.dashboard.administering.who import READERS
from central.dashboard.guards import may_decide, only
from central.roster.models import Shift, Unit


@only(*READERS)
def units(request: HttpRequest) -> HttpResponse:
    rows = list(Unit.objects.order_by("pk"))
    worked = set(Shift.objects.exclude(unit="").order_by().values_list("unit", flat=True).distinct())
    context = {
        "rows": [(unit, unit.pk in worked) for unit in rows],
        "nobody": sorted(worked - {unit.pk for unit in rows}),
        "may_decide": may_decide(request),
        "told": told(request),
    }
    return render(request, "dashboard/administering/units.html", context)
