"""The pages under their addresses."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from central.dashboard import (
    asset_pages,
    footage_pages,
    health,
    measures_pages,
    pages,
    paper_pages,
    station_pages,
)

urlpatterns = [
    path("stations/", pages.stations, name="stations"),
    path("stations/<str:station_id>", station_pages.station, name="station"),
    path("stations/<str:station_id>/events", station_pages.station_events, name="station_events"),
    path("docks", pages.docks, name="docks"),
    path("assets", pages.assets, name="assets"),
    path("assets/<uuid:asset_id>", asset_pages.asset, name="asset"),
    path("assets/<uuid:asset_id>/views", footage_pages.say_why, name="say_why"),
    path("assets/<uuid:asset_id>/papers", paper_pages.issue_paper, name="issue_paper"),
    path("papers/<uuid:paper_id>.<str:ending>", paper_pages.paper_file, name="paper_file"),
    path("footage/<int:number>", footage_pages.footage, name="footage"),
    path("receipts/<uuid:receipt_id>.<str:ending>", asset_pages.receipt_file, name="receipt_file"),
    path("receipt-key.pem", asset_pages.receipt_key, name="receipt_key"),
    path("measures/", measures_pages.measures_page, name="measures"),
    path("measures/<str:name>.csv", measures_pages.measure_rows, name="measure-rows"),
    path(
        "login",
        LoginView.as_view(template_name="dashboard/login.html", redirect_authenticated_user=True),
        name="login",
    ),
    path("logout", LogoutView.as_view(), name="logout"),
    path("healthz", health.healthz, name="healthz"),
    path("", include("central.dashboard.administering.addresses")),
    path("", include("central.dashboard.answer_addresses")),
    path("", include("central.dashboard.dispatch_addresses")),
    path("", include("central.dashboard.alarm_addresses")),
    path("", include("central.dashboard.page_addresses")),
]
