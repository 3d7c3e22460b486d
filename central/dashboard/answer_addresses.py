"""The pages and doors of answers and of reviews. A shift's name may hold any character, so it comes
last in its address."""

from django.urls import path

from central.dashboard import answering, review_pages
from central.dashboard import any_name as any_name  # registers <name:...>

urlpatterns = [
    path("reviews/", review_pages.reviews, name="reviews"),
    path("reviews/<int:number>/", review_pages.review, name="review"),
    path("reviews/<int:number>/say", review_pages.say_of_review, name="say_of_review"),
    path("answers/", answering.answers, name="answers"),
    path("answers/<int:number>/", answering.one_answer, name="answer"),
    path("answers/<int:number>/close", answering.close_answer, name="close_answer"),
    path("answers/<int:number>/withdraw", answering.withdraw_answer, name="withdraw_answer"),
    path("answers/say/<name:shift_id>", answering.answer, name="say"),
    path("answers/other-camera/<name:shift_id>", answering.other_camera, name="other_camera"),
]
