"""Signing in and out, and the list of one's open sessions."""

import msgspec
from django.http import HttpResponse
from ninja import Router
from pydantic import Field

from uzel.api.answers import answer, answers
from uzel.api.auth import COOKIE, Request, client_ip, is_https
from uzel.api.bodies import Body
from uzel.api.rules import rules
from uzel.services import mailed_links, signing_in
from uzel.store import sessions
from uzel.store.access import SESSION_LONGEST, find_actor_by_session, secret_hash
from uzel.store.me import Me, find_me
from uzel.store.sessions import SessionView

router = Router(tags=["session"])


class SignIn(Body):
    login: str = Field(min_length=1, max_length=200)
    password: str = Field(min_length=1, max_length=1000)


class LinkRequest(Body):
    email: str = Field(min_length=3, max_length=320)


class LinkOpening(Body):
    token: str = Field(min_length=1, max_length=200)


class SessionList(msgspec.Struct):
    items: list[SessionView]


@router.post("/session", auth=None)
@rules(needs_key=False)
@answers(Me)
def sign_in(request: Request, body: SignIn) -> HttpResponse:
    """Sign in by password; sets the cookie. 401 says nothing about which of the two was wrong."""
    person_id, secret = signing_in.sign_in(
        login=body.login, password=body.password, ip=client_ip(request), user_agent=user_agent(request)
    )
    return signed_in(request, person_id, secret)


@router.post("/session/link", auth=None)
@rules(needs_key=False)
@answers(None, status=202)
def mail_link(request: Request, body: LinkRequest) -> None:
    """Mail a sign-in link to this address. Always 202, after the same time: nobody learns who is known here."""
    mailed_links.mail_link(email=body.email, ip=client_ip(request))


@router.post("/session/redeem", auth=None)
@rules(needs_key=False)
@answers(Me)
def redeem(request: Request, body: LinkOpening) -> HttpResponse:
    """Sign in with the token of a mailed link; works once."""
    person_id, secret = mailed_links.redeem(token=body.token, ip=client_ip(request), user_agent=user_agent(request))
    return signed_in(request, person_id, secret)


@router.delete("/session")
@rules(needs_key=False)
@answers(None, status=204)
def sign_out(request: Request) -> HttpResponse:
    """End the session of this cookie."""
    signed = request.signed
    if signed.session_id is not None:
        sessions.end_session(signed.session_id, person_id=signed.actor.person_id)
    response = answer(None, 204)
    response.delete_cookie(COOKIE)
    return response


@router.get("/sessions")
@answers(SessionList)
def list_sessions(request: Request) -> SessionList:
    """One's own open sessions."""
    return SessionList(sessions.list_sessions(request.actor.person_id, current=request.signed.session_id))


@router.delete("/sessions/{int:session_id}")
@rules(needs_key=False)
@answers(None, status=204)
def end_session(request: Request, session_id: int) -> None:
    """End one of one's own sessions, wherever it is open."""
    sessions.end_session(session_id, person_id=request.actor.person_id)


def signed_in(request: Request, person_id: int, secret: str) -> HttpResponse:
    """Me, with the cookie. SameSite=Lax: a link in a mail opens the ticket, a foreign form posts nothing."""
    signed = find_actor_by_session(secret_hash(secret))
    response = answer(find_me(person_id, role=signed.actor.role if signed else "requester"))
    age = int(SESSION_LONGEST.total_seconds())
    response.set_cookie(COOKIE, secret, max_age=age, secure=is_https(request), httponly=True, samesite="Lax")
    return response


def user_agent(request: Request) -> str:
    return request.headers.get("User-Agent", "")
