"""The address of the metrics."""

from django.urls import path

from central.metrics.page import metrics

urlpatterns = [path("metrics", metrics, name="metrics")]
