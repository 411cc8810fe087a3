"""Entity tags and conditional requests (RFC 9110, sections 8.8.3 and 13)."""

import re
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Annotated

from shared.http.errors import PreconditionFailed

from fastapi import Depends, Header, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.responses import Response

IF_MATCH = "Changes only a version with one of these entity tags, or any with `*`. Otherwise 412."
IF_MATCH_ON_GET = "Reads only a version with one of these entity tags, or any with `*`. Otherwise 412."
IF_NONE_MATCH_ON_CHANGE = "Changes no version with one of these entity tags, and none with `*`: 412 then."
IF_NONE_MATCH = "Entity tags of versions that the caller has. If one is current: 304, without a body."

MAX_TAGS = 4096  # characters of a field value that are read
# Possessive (`*+`): nothing is tried twice, so the time is linear in the value's length.
_TAG = r'(?:W/)?"[\x21\x23-\x7E\x80-\xFF]*+"'
_TAG_LIST = re.compile(rf"(?:{_TAG})?+(?:[ \t]*+,[ \t]*+(?:{_TAG})?+)*+")


def etag(view: BaseModel) -> str:
    """The strong entity tag of a view, for a route that answers with another view than GET shows."""
    return _etag(view.model_dump_json().encode())


def _etag(body: bytes) -> str:
    return f'"{sha256(body).hexdigest()[:32]}"'


class _Preconditions:
    def __init__(self, route: APIRoute, if_match: str | None, if_none_match: str | None) -> None:
        self._route, self._if_match, self._if_none_match = route, if_match, if_none_match

    def check(self, resource: object | Callable[[], object]) -> None:
        """Compares If-Match and If-None-Match with the current representation. Hold the row's lock.

        `resource`: as the route returns it, or another view that GET shows, or a function that reads it. The
        function is called only if the caller sent one of the headers. Errors: PreconditionFailed.
        """
        if self._if_match is None and self._if_none_match is None:
            return
        view = resource() if callable(resource) else resource
        if not isinstance(view, BaseModel):
            assert self._route.response_field is not None
            view, _ = self._route.response_field.validate(view)
        current = etag(view)
        _require_match(self._if_match, current)
        if _names(self._if_none_match, current):
            raise PreconditionFailed


async def _preconditions(
    request: Request,
    if_match: Annotated[str | None, Header(alias="If-Match", description=IF_MATCH)] = None,
    if_none_match: Annotated[
        str | None, Header(alias="If-None-Match", description=IF_NONE_MATCH_ON_CHANGE)
    ] = None,
) -> _Preconditions:
    return _Preconditions(request.scope["route"], if_match, if_none_match)


Preconditions = Annotated[_Preconditions, Depends(_preconditions)]


def add_etag(request: Request, response: Response) -> None:
    """Adds the ETag, unless the route has set one. A GET honours If-Match and If-None-Match.

    If the caller has that version: 304, no body. Errors: PreconditionFailed.
    """
    current = response.headers.get("ETag") or _etag(bytes(response.body))
    if request.method == "GET":
        _require_match(request.headers.get("If-Match"), current)
    response.headers["ETag"] = current
    if request.method == "GET" and _names(request.headers.get("If-None-Match"), current):
        response.status_code, response.body = 304, b""
        for name in ("Content-Length", "Content-Encoding"):  # the type stays: caches update what they hold
            del response.headers[name]


def _require_match(if_match: str | None, current: str) -> None:
    """Judges If-Match, which comes before If-None-Match (RFC 9110, section 13.2.2)."""
    if if_match is not None and current not in _tags(if_match, current, weak=False):
        raise PreconditionFailed


def _names(if_none_match: str | None, current: str) -> bool:
    """Tells whether an If-None-Match that came names the current version."""
    return if_none_match is not None and current in _tags(if_none_match, current, weak=True)


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
