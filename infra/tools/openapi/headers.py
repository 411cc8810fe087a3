"""The document's response headers."""

from collections.abc import Iterator
from typing import Any

from shared.database.pages import PageQuery
from shared.identity.callers import CurrentUser

from infra.tools.openapi.operations import Operation

ALWAYS = ("X-Request-Id", "Cache-Control")


def references(names: list[str]) -> dict[str, Any]:
    """`name` or `name: component`, where the component is not called as the header field."""
    parts = [name.partition(": ") for name in names]
    return {
        name: {"$ref": f"#/components/headers/{component or name.replace('-', '')}"}
        for name, _, component in parts
    }


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
    if status == 403 and operation.depends_on(CurrentUser):
        yield "WWW-Authenticate: LackingScope"
    if status in (429, 503) and operation.is_limited:
        yield "Retry-After"
