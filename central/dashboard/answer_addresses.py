"""The pages and doors of answers. A shift's name may hold any character, so it comes last in its address."""

from django.urls import path

from central.dashboard import answering
from central.dashboard import any_name as any_name  # registers <name:...>

urlpatterns = [
    path("answers/", answering.answers, name="answers"),
    path("answers/<int:number>/", answering.one_answer, name="answer"),
    path("answers/<int:number>/close", answering.close_answer, name="close_answer"),
    path("answers/<int:number>/withdraw", answering.withdraw_answer, name="withdraw_answer"),
    path("answers/say/<name:shift_id>", answering.answer, name="say"),
    path("answers/other-camera/<name:shift_id>", answering.other_camera, name="other_camera"),
]
