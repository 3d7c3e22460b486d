"""`/administration/`: what there is to look after, for this person."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from central.dashboard.administering.who import CHIEFS, KEEPERS, READERS
from central.dashboard.guards import only
from central.dashboard.roles import roles_of

PLACES = (
    ("Stations", "admin_stations", KEEPERS, "Add one or forty, say where they stand, codes, new PCs, revoking."),
    ("Users", "admin_users", CHIEFS, "Who may log in and as what; links by which passwords are set."),
    (
        "Cameras",
        "admin_cameras",
        READERS,
        "Labels and notes; which are in repair, lost or retired; which nobody saw.",
    ),
    ("Officers", "admin_officers", READERS, "Addresses and units where the roster has none; who has left."),
    ("Who is told", "admin_units", READERS, "The supervisors of each unit, and whom it escalates to."),
    ("Roster keys", "admin_keys", KEEPERS, "For programs that post a roster."),
    ("What was changed", "admin_changes", READERS, "Who changed what, when, and what stood before."),
    ("Exports", "admin_exports", READERS, "Every table as CSV or JSON."),
    ("Health and mail", "admin_health", KEEPERS, "What doctor finds; a test mail."),
)


@only(*READERS)
def front(request: HttpRequest) -> HttpResponse:
    roles = roles_of(request)
    places = [(label, name, words) for label, name, whose, words in PLACES if roles & set(whose)]
    return render(request, "dashboard/administering/front.html", {"places": places})
