"""The pages and doors of dispatches."""

from django.urls import path

from central.dashboard import dispatch_pages

urlpatterns = [
    path("dispatches/", dispatch_pages.dispatches, name="dispatches"),
    path("dispatches/exceptions", dispatch_pages.document_exception, name="document_exception"),
    path("dispatches/exceptions/<int:number>", dispatch_pages.decide_exception, name="decide_exception"),
    path("dispatches/<int:number>/", dispatch_pages.dispatch, name="dispatch"),
]
