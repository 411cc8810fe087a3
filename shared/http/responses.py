"""Representations and their conditions: ETag, If-Match, If-None-Match (RFC 9110, section 13)."""

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Annotated

from shared.http.errors import PreconditionFailed

from fastapi import Header
from pydantic import BaseModel
from starlette.responses import Response

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="Change it at this version alone: entity tags as ETag told them, or `*`. Else 412.",
    ),
]
IfNoneMatch = Annotated[
    str | None,
    Header(
        alias="If-None-Match",
        description="The versions that the caller has, by their ETag. Where it is one of them: 304, no body.",
    ),
]

MAX_TAGS = 4096  # characters of a field value that are read
# Possessive (`*+`): nothing is tried twice, so the time is linear in the value's length.
_TAG = r'(?:W/)?"[\x21\x23-\x7E\x80-\xFF]*+"'
_TAG_LIST = re.compile(rf"(?:{_TAG})?+(?:[ \t]*+,[ \t]*+(?:{_TAG})?+)*+")


class Replay(Exception):
    """Raised to answer with what an earlier call of the same kind was answered."""

    def __init__(self, response: Response) -> None:
        self.response = response


def etag(body: bytes) -> str:
    """A strong entity tag of a representation's bytes."""
    return f'"{sha256(body).hexdigest()[:32]}"'


def representation(
    resource: BaseModel,
    *,
    status: int = 200,
    location: str | None = None,
    if_none_match: str | None = None,
    etag_of: BaseModel | None = None,
) -> Response:
    """The answer that shows `resource`, with its ETag (and its Location, where it was just created).

    Where `if_none_match` names it the caller has it already: 304, without a body. `etag_of`: what GET shows
    at the same URL, where that is another view.
    """
    body = resource.model_dump_json().encode()
    current = etag(etag_of.model_dump_json().encode() if etag_of else body)
    if if_none_match is not None and current in _tags(if_none_match, current, weak=True):
        return Response(status_code=304, headers={"ETag": current})
    headers = {"ETag": current} | ({"Location": location} if location else {})
    return Response(body, status, headers, media_type="application/json")


def require_match(resource: BaseModel, if_match: str | None) -> None:
    """Refuse with 412 where If-Match does not name the current representation. Hold the row's lock."""
    current = etag(resource.model_dump_json().encode())
    if if_match is not None and current not in _tags(if_match, current, weak=False):
        raise PreconditionFailed


def _tags(field: str, current: str, *, weak: bool) -> Sequence[str]:
    """The entity tags in `field`, none where it is no list of them; `*` stands for `current`.

    Weak tags count in weak comparison only. Source: RFC 9110, section 8.8.3.
    """
    field = field.strip(" \t")
    if field == "*":
        return [current]
    if len(field) > MAX_TAGS or not _TAG_LIST.fullmatch(field):
        return []
    tags: list[str] = re.findall(_TAG, field)
    return [tag.removeprefix("W/") for tag in tags] if weak else tags


def json_list[T: BaseModel](schema: type[T], rows: Sequence[object], link: str | None) -> Response:
    """The answer that shows a page of `rows`, each as `schema`."""
    body = b"[" + b",".join(schema.model_validate(row).model_dump_json().encode() for row in rows) + b"]"
    return Response(body, headers={"Link": link} if link else None, media_type="application/json")
