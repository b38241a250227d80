"""Which address leads where."""

from django.urls import path

from uzel.api.app import api

urlpatterns = [
    path("api/v1/", api.urls),
]
