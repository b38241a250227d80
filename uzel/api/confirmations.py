"""The answer by one tap: whether a solution helped, by the link in the message that announced it."""

import msgspec
from ninja import Router
from pydantic import Field

from uzel.api.answers import answers
from uzel.api.auth import Request
from uzel.api.bodies import Body, Text
from uzel.api.rules import rules
from uzel.services.solving import answer_by_link

router = Router(tags=["session"])


class AnswerIn(Body):
    """``works`` false gives the ticket back to its owner; ``comment`` says what is still wrong."""

    token: str = Field(min_length=1, max_length=200)
    works: bool
    comment: Text = Field("", max_length=10_000)


class Answered(msgspec.Struct):
    number: str
    works: bool


@router.post("/confirmations", auth=None)
@rules(needs_key=False)
@answers(Answered)
def answer_solution(request: Request, body: AnswerIn) -> Answered:
    """Say whether the solution helped. Tapped again, the link changes nothing."""
    return Answered(f"U-{answer_by_link(body.token, works=body.works, comment=body.comment)}", body.works)
