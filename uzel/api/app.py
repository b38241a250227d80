"""The one API of Uzel, under /api/v1. A noun's module offers ``router``; its name stands in NOUNS."""

import importlib

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from uzel.api.answers import JSON, JsonParser, JsonRenderer
from uzel.api.auth import SIGNED_IN
from uzel.api.gate import gate
from uzel.api.openapi import document
from uzel.api.problems import problem_response

NOUNS = (  # addresses are tried in this order: what is called most stands first
    "tickets",
    "session",
    "confirmations",
    "me",
    "uploads",
    "content",
    "tokens",
    "audit",
    "hooks",
    "writing",
    "chain",
    "agreements",
    "people",
    "catalogue",
    "staff",
    "channels",
    "deliveries",
)

api = NinjaAPI(
    title="Uzel",
    version="1",
    description="One person, one problem, one chain. Times are RFC 3339 in UTC; lists are paged by `cursor`.",
    openapi_url=None,
    docs_url=None,
    auth=SIGNED_IN,
    renderer=JsonRenderer(),
    parser=JsonParser(),
    urls_namespace="api",
)
api.add_decorator(gate, mode="view")
for kind in (Exception, Http404, HttpError, ValidationError):  # ninja's own handlers stand for the last three
    api.add_exception_handler(kind, problem_response)  # type: ignore[arg-type]  # ninja means instances, too


@api.get("/openapi.json", auth=None, include_in_schema=False)
def openapi(request: HttpRequest) -> HttpResponse:
    return HttpResponse(document(api), content_type=JSON)


for noun in NOUNS:
    api.add_router("", importlib.import_module(f"uzel.api.{noun}").router)
