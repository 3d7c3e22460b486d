"""Django's name for this room."""

from django.apps import AppConfig


class RoomConfig(AppConfig):
    name = "central.retention"
    label = "retention"
