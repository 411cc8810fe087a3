"""The document's response headers."""

from collections.abc import Iterator
from typing import Any

from shared.database.pages import PageQuery
from shared.http.event import NO_STORE
from shared.identity.callers import CurrentUser

from infra.tools.openapi.operations import Operation

# Name → description, example, and True if such an answer of a function always has it.
HEADERS: dict[str, tuple[str, str, bool]] = {
    "X-Request-Id": (
        "Names the request in the logs; on every answer of a function",
        "JKJaXmPLvHcESHA=",
        False,
    ),
    "Apigw-Requestid": ("Names the request where the gateway itself answers", "JKJaXmPLvHcESHA=", False),
    "Cache-Control": ("Who may keep the answer, and how long (RFC 9111)", NO_STORE, False),
    "Vary": ("The request's fields that the answer depends on", "Origin", False),
    "ETag": (
        "The version of what GET shows at this URL (at Location, where it was created): for If-Match"
        " and If-None-Match",
        '"0f343b0931126a20f133d67c2b018a3b"',
        True,
    ),
    "Location": ("Where what was created is", "/api/v1/users/7", True),
    "Link": (
        'The next page (RFC 8288), as a path: `<…>; rel="next"`. Absent on the last one',
        '</api/v1/users?limit=20&cursor=c29tZXdoZXJl>; rel="next"',
        False,
    ),
    "Idempotent-Replayed": (
        "`true` where this is the answer of an earlier call with the same key",
        "true",
        False,
    ),
    "WWW-Authenticate": ("How to authenticate (RFC 6750)", "Bearer", True),
    "Retry-After": ("Seconds to wait before the next try", "1", True),
    "Content-Encoding": ("Absent where the caller takes no gzip", "gzip", False),
    "Content-Security-Policy": (
        "What the page may load: nothing of another host",
        "default-src 'none'",
        True,
    ),
    "Referrer-Policy": ("What a followed link tells of the page", "no-referrer", True),
    "X-Content-Type-Options": ("The type is as told", "nosniff", True),
    "RateLimit": (
        "Calls that are left, and the seconds until there are more (draft-ietf-httpapi-ratelimit-headers)",
        '"default";r=99;t=60',
        False,
    ),
    "RateLimit-Policy": ("Calls in a window of so many seconds", '"default";q=100;w=60', False),
}


ALWAYS = ("X-Request-Id", "Cache-Control")


def header_components() -> dict[str, Any]:
    """Returns the headers as components; each value is a string."""
    return {
        _key(name): {
            "description": text,
            **({"required": True} if always else {}),
            "schema": {"type": "string"},
            "example": example,
        }
        for name, (text, example, always) in HEADERS.items()
    }


def references(names: list[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{_key(name)}"} for name in names}


def headers_of(operation: Operation, status: int) -> Iterator[str]:
    """Yields the names of headers that answers with this status can have."""
    yield from ALWAYS
    if operation.is_limited:
        yield from ("RateLimit", "RateLimit-Policy")
    if status in (200, 201, 304) and operation.has_etag:
        yield "ETag"
    if status == 201:
        yield "Location"
    if status == 201 and operation.takes_header("Idempotency-Key"):
        yield "Idempotent-Replayed"
    if status == 200 and operation.depends_on(PageQuery):
        yield "Link"
    if operation.method == "GET" and status < 400 and not operation.depends_on(CurrentUser):
        yield "Vary"
    if status == 401:
        yield "WWW-Authenticate"
    if status in (429, 503) and operation.is_limited:
        yield "Retry-After"


def _key(name: str) -> str:
    return name.replace("-", "")
