"""For load balancers and supervisors: is the process alive, can it do its work."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse

PLAIN = {"Cache-Control": "no-store", "Content-Type": "text/plain; charset=utf-8"}


def alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", headers=PLAIN)


def ready(request: HttpRequest) -> HttpResponse:
    """503 while the database can't be reached."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("no database\n", status=503, headers=PLAIN)
    return HttpResponse("ok\n", headers=PLAIN)
