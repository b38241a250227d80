"""What stands around every request: a log line, headers that keep browsers strict, problems instead of HTML."""

import os
import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from structlog.contextvars import bound_contextvars

from uzel.api.auth import is_https
from uzel.api.problems import PROBLEM_JSON, refusal

Handler = Callable[[HttpRequest], HttpResponseBase]
API = "/api/"
REQUEST_ID = "X-Request-Id"
log = structlog.get_logger("uzel.access")

PAGES_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
API_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self), payment=(), usb=()",
}


def access_log(handle: Handler) -> Handler:
    """One line a request: the route, never the path or the query, which may hold secrets."""

    def logged(request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        request_id = os.urandom(8).hex()
        with bound_contextvars(request_id=request_id):
            response = handle(request)
            signed = getattr(request, "signed", None)
            log.info(
                "request",
                method=request.method,
                route=request.resolver_match.route if request.resolver_match else "",
                status=response.status_code,
                ms=round((time.perf_counter() - started) * 1000, 1),
                person=signed.actor.person_id if signed else None,
            )
        response[REQUEST_ID] = request_id
        return response

    return logged


def security_headers(handle: Handler) -> Handler:
    """A view that sets a header itself keeps it: an attachment has a policy of its own."""

    def guarded(request: HttpRequest) -> HttpResponseBase:
        response = handle(request)
        is_api = request.path.startswith(API)
        response.setdefault("Content-Security-Policy", API_POLICY if is_api else PAGES_POLICY)
        for name, value in ALWAYS.items():
            response.setdefault(name, value)
        if is_api:
            response.setdefault("Cache-Control", "private, no-store")
        if is_https(request):
            response["Strict-Transport-Security"] = "max-age=31536000"
        return response

    return guarded


def problems_everywhere(handle: Handler) -> Handler:
    """Also what never reached the API's own handlers (no such path, no such method) comes as a problem."""

    def said(request: HttpRequest) -> HttpResponseBase:
        response = handle(request)
        if response.status_code < 400 or not request.path.startswith(API):
            return response
        if response.get("Content-Type", "").startswith(PROBLEM_JSON):
            return response
        problem = refusal(request, response.status_code)
        if response.has_header("Allow"):
            problem["Allow"] = response["Allow"]
        return problem

    return said
