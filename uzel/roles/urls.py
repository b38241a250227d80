"""Which address leads where."""

from django.urls import path, re_path

from uzel.api.app import api
from uzel.roles import health, pages

urlpatterns = [
    path("api/v1/", api.urls),
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("", pages.front_door),
    *(re_path(rf"^{face}(?:/(?P<path>.*))?$", pages.face, {"face": face}) for face in pages.FACES),
]
