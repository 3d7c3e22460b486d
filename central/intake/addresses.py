"""All doors under their addresses. Importing this module hangs every door."""

from central.intake import assets, enroll, events, heartbeats, openapi, rosters, tus
from central.intake.doors import url_patterns

ROOMS = (assets, enroll, events, heartbeats, openapi, rosters, tus)

urlpatterns = url_patterns()
