"""The pages and doors of the administration. A camera's or officer's name may hold any character: it comes last."""

from django.urls import path

from central.dashboard import any_name as any_name  # registers <name:...>
from central.dashboard.administering import (
    cameras,
    changes,
    exports,
    files,
    front,
    health,
    keys,
    officers,
    passwords,
    stations,
    units,
    users,
)

PLACE = "administration"

urlpatterns = [
    path("password", passwords.own, name="own_password"),
    path("password/<str:who>/<str:token>", passwords.by_link, name="password_by_link"),
    path(f"{PLACE}/", front.front, name="administration"),
    path(f"{PLACE}/stations/", stations.stations, name="admin_stations"),
    path(f"{PLACE}/stations/add", stations.add, name="add_station"),
    path(f"{PLACE}/stations/file", files.stations, name="station_file"),
    path(f"{PLACE}/stations/of/<str:station_id>", stations.station, name="admin_station"),
    path(f"{PLACE}/stations/of/<str:station_id>/set", stations.set_where, name="set_station"),
    path(f"{PLACE}/stations/of/<str:station_id>/code", stations.new_code, name="new_code"),
    path(f"{PLACE}/stations/of/<str:station_id>/replace", stations.replace, name="replace_station"),
    path(f"{PLACE}/stations/of/<str:station_id>/revoke", stations.revoke, name="revoke_station"),
    path(f"{PLACE}/users/", users.users, name="admin_users"),
    path(f"{PLACE}/users/add", users.add, name="add_user"),
    path(f"{PLACE}/users/file", files.users, name="user_file"),
    path(f"{PLACE}/users/<int:number>", users.user, name="admin_user"),
    path(f"{PLACE}/users/<int:number>/role", users.role, name="set_role"),
    path(f"{PLACE}/users/<int:number>/active", users.active, name="set_active"),
    path(f"{PLACE}/users/<int:number>/reset", users.reset, name="reset_user"),
    path(f"{PLACE}/cameras/", cameras.cameras, name="admin_cameras"),
    path(f"{PLACE}/cameras/add", cameras.add, name="add_camera"),
    path(f"{PLACE}/cameras/file", files.cameras, name="camera_file"),
    path(f"{PLACE}/cameras/of/<name:serial>", cameras.camera, name="admin_camera"),
    path(f"{PLACE}/officers/", officers.officers, name="admin_officers"),
    path(f"{PLACE}/officers/file", files.officers, name="officer_file"),
    path(f"{PLACE}/officers/of/<name:officer_id>", officers.officer, name="admin_officer"),
    path(f"{PLACE}/units/", units.units, name="admin_units"),
    path(f"{PLACE}/units/file", files.units, name="unit_file"),
    path(f"{PLACE}/keys/", keys.keys, name="admin_keys"),
    path(f"{PLACE}/keys/<int:number>/revoke", keys.revoke, name="revoke_key"),
    path(f"{PLACE}/changes/", changes.changes, name="admin_changes"),
    path(f"{PLACE}/exports/", exports.exports, name="admin_exports"),
    path(f"{PLACE}/exports/<str:what>.<str:form>", exports.export, name="take_export"),
    path(f"{PLACE}/health/", health.health, name="admin_health"),
    path(f"{PLACE}/health/look", health.look, name="look_at_health"),
    path(f"{PLACE}/health/mail", health.send_mail, name="send_test_mail"),
]
