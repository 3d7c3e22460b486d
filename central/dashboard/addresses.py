"""The pages under their addresses."""

from django.urls import path

from central.dashboard import health

urlpatterns = [path("healthz", health.healthz)]
