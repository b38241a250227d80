"""People who call the API, and a client that behaves as our own pages do."""

import uuid
from typing import Any

from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone

from uzel.store.access import SESSION_IDLE, new_secret, secret_hash
from uzel.store.models import Account, Agent, ApiToken, Handle, Person, Session

API = "/api/v1"
PASSWORD = "correct horse battery staple"


class Page:
    """One open page of ours: a cookie, the client header, a new key for each POST. ``key=None`` sends none."""

    def __init__(self, secret: str = "", **defaults: str) -> None:
        self.client = Client(
            raise_request_exception=False, SERVER_NAME="localhost", headers={"X-Uzel-Client": "web"} | defaults
        )
        if secret:
            self.client.cookies["uzel_session"] = secret

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(API + path, headers=headers)

    def send(self, method: str, path: str, body: Any = None, key: str | None = "", **headers: str) -> Any:
        if key is not None and method == "POST":
            headers["Idempotency-Key"] = key or str(uuid.uuid4())
        call = getattr(self.client, method.lower())
        extra = {} if body is None else {"data": body, "content_type": "application/json"}
        return call(API + path, headers={name.replace("_", "-"): value for name, value in headers.items()}, **extra)

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        return self.send("POST", path, body, **more)

    def patch(self, path: str, body: Any = None, **more: Any) -> Any:
        return self.send("PATCH", path, body, **more)

    def delete(self, path: str, **more: Any) -> Any:
        return self.send("DELETE", path, **more)


def make_person(name: str = "Мария Иванова", login: str = "", **fields: Any) -> Person:
    person = Person.objects.create(name=name, **fields)
    if login:
        Account.objects.create(person=person, login=login, password=make_password(PASSWORD))
        Handle.objects.create(person=person, kind="email", value=f"{login}@example.org", proof=3)
    return person


def make_agent(name: str = "Пётр Сидоров", login: str = "", role: str = "agent") -> Agent:
    return Agent.objects.create(person=make_person(name, login), role=role)


def open_session_of(person: Person) -> str:
    """The cookie's secret of a new session."""
    secret = new_secret()
    Session.objects.create(person=person, token_hash=secret_hash(secret), expires_at=timezone.now() + SESSION_IDLE)
    return secret


def page_of(person: Person) -> Page:
    """The page of somebody who is signed in already."""
    return Page(open_session_of(person))


def token_of(person: Person, *scopes: str, **fields: Any) -> str:
    """The secret of a new token of this person."""
    secret = "uzl_" + new_secret()
    ApiToken.objects.create(person=person, token_hash=secret_hash(secret), name="test", scopes=list(scopes), **fields)
    return secret


def program_of(person: Person, *scopes: str, **fields: Any) -> Page:
    """A program with a token of this person."""
    return Page(Authorization=f"Bearer {token_of(person, *scopes, **fields)}")
