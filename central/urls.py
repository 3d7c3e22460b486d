"""All addresses of central."""

from django.urls import include, path

urlpatterns = [
    path("", include("central.intake.addresses")),
    path("", include("central.metrics.addresses")),
    path("", include("central.dashboard.addresses")),
]
