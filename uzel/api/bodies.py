"""What comes in: the base of all request bodies, and pieces that many of them share."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Schema
from pydantic import AfterValidator, ConfigDict

from uzel.api.refusals import VersionMissing
from uzel.kernel.errors import Invalid


class Body(Schema):
    """Unknown fields are refused, so that nobody sets what the endpoint does not offer."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


IF_MATCH = {"If-Match": {"type": "string", "pattern": '^"[0-9]{1,9}"$'}}


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not hold NUL characters")
    return text


Text = Annotated[str, AfterValidator(_storable)]


def expected_version(request: HttpRequest) -> int:
    """The version in If-Match. Raises VersionMissing (428) without one, Invalid when it is not a version of ours."""
    tag = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not tag:
        raise VersionMissing(
            "Send If-Match with the version you have seen (the ETag of the last answer).",
            "Передайте If-Match с версией, которую вы видели (ETag последнего ответа).",
        )
    if not tag.isdecimal() or len(tag) > 9:
        raise Invalid("If-Match must hold an ETag of ours.", "В If-Match должен быть ETag, который мы выдали.")
    return int(tag)


def version_tag(version: int) -> dict[str, str]:
    """The ETag header of something that has a version."""
    return {"ETag": f'"{version}"'}
