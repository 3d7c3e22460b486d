"""What may be done about alarms."""

from django.urls import path

from central.dashboard import alarm_doors

urlpatterns = [
    path("alarms/<int:number>/silence", alarm_doors.silence_alarm, name="silence_alarm"),
]
