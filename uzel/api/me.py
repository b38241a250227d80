"""The signed-in person's own page."""

import datetime as dt
import zoneinfo
from typing import Literal

from ninja import Router
from pydantic import Field, field_validator

from uzel.api.answers import answers
from uzel.api.auth import Request, client_ip
from uzel.api.bodies import Body
from uzel.api.rules import rules
from uzel.services.passwords import change_password
from uzel.store.me import Me, change_me, find_me

router = Router(tags=["me"])


class MeChanges(Body):
    name: str | None = Field(None, min_length=1, max_length=200)
    language: Literal["ru", "en"] | None = None
    time_zone: str | None = Field(None, max_length=64)
    availability: Literal["online", "away", "offline"] | None = None
    preferred_channel: str | None = Field(None, max_length=32)
    quiet_from: dt.time | None = None
    quiet_until: dt.time | None = None

    @field_validator("time_zone")
    @classmethod
    def known(cls, name: str | None) -> str | None:
        if name and name not in zoneinfo.available_timezones():
            raise ValueError("not a time zone of the IANA database, such as Europe/Moscow")
        return name


NULLABLE = {"quiet_from", "quiet_until"}


@router.get("/me")
@answers(Me)
def me(request: Request) -> Me:
    """Who is signed in."""
    return find_me(request.actor.person_id, role=request.actor.role)


@router.patch("/me")
@answers(Me)
def change(request: Request, body: MeChanges) -> Me:
    """Change one's own settings. ``null`` clears the quiet hours and leaves everything else as it is."""
    given = body.model_dump(exclude_unset=True)
    changes = {name: value for name, value in given.items() if value is not None or name in NULLABLE}
    change_me(request.actor.person_id, request.actor.agent_id, changes)
    return find_me(request.actor.person_id, role=request.actor.role)


class PasswordChange(Body):
    current: str = Field("", max_length=1000)
    new: str = Field(min_length=1, max_length=1000)


@router.post("/me/password")
@rules(is_repeatable=True)
@answers(None, status=204)
def password(request: Request, body: PasswordChange) -> None:
    """Choose a password; all one's other sessions end. 403 when ``current`` is wrong.

    Who has no password yet leaves ``current`` empty, within an hour after signing in by a mailed link.
    """
    change_password(
        current=body.current,
        new=body.new,
        by=request.actor,
        session_id=request.signed.session_id,
        ip=client_ip(request),
    )
