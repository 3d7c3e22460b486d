"""The pages about returns: what is open, one shift, one camera, who was told. A name may hold any character, so these
come last."""

from django.urls import path

from central.dashboard import (
    alarm_pages,
    camera_list,
    cameras,
    front,
    notice_pages,
    open_now,
    roster_pages,
    search_pages,
    shift_pages,
    trend_pages,
    units,
)
from central.dashboard import any_name as any_name  # registers <name:...>

urlpatterns = [
    path("", front.overview, name="overview"),
    path("search", search_pages.search, name="search"),
    path("open/", open_now.open_now, name="open"),
    path("mine/", shift_pages.mine, name="mine"),
    path("trends/", trend_pages.returns, name="trends"),
    path("trends/footage", trend_pages.footage, name="trends-footage"),
    path("trends/watching", trend_pages.watching, name="trends-watching"),
    path("units/", units.units, name="units"),
    path("shifts/<name:shift_id>/", shift_pages.shift, name="shift"),
    path("cameras/", camera_list.cameras, name="cameras"),
    path("cameras/<name:serial>/", cameras.camera, name="camera"),
    path("notices/", notice_pages.notices, name="notices"),
    path("notices/<uuid:notice_id>/", notice_pages.notice, name="notice"),
    path("alarms/", alarm_pages.alarms, name="alarms"),
    path("roster/", roster_pages.roster, name="roster"),
    path("roster/<int:number>/confirm", roster_pages.confirm, name="roster_confirm"),
    path("roster/<int:number>/discard", roster_pages.drop, name="roster_discard"),
]
