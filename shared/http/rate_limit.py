"""The rate limit of a route: which calls count in which window, and what every answer says of it.

Source: draft-ietf-httpapi-ratelimit-headers, "RateLimit header fields for HTTP".
"""

from collections.abc import Callable, Mapping
from typing import Any

from shared.http.errors import RateLimited
from shared.http.event import caller_address
from shared.redis.sliding_windows import WINDOW, Verdict, count_call
from shared.runtime.settings import settings

from starlette.datastructures import MutableHeaders
from starlette.types import Scope

PREFIX, HEALTH = "/api/v1/", "/api/v1/health"

type Event = Mapping[str, Any]
type Limit = Callable[[Event], Verdict | None]  # None: nothing is counted


def by_address(event: Event) -> Verdict | None:
    """RATE_LIMIT calls of a route by one address: every route under /api/v1 but health."""
    limit = settings().rate_limit
    _, _, path = event["routeKey"].partition(" ")
    return count_call(window_of(event), limit) if limit and is_limited(path) else None


def is_limited(path: str) -> bool:
    """Whether calls of the route with this path are counted."""
    return path.startswith(PREFIX) and path != HEALTH


def window_of(event: Event) -> str:
    """The window's key: address and route key, so that ids share one.

    The braces are a cluster's hash tag: without them that of most routes would be their `{id}`.
    """
    return f"calls:{{{caller_address(event)}}}:{event['routeKey']}"


def admit(scope: Scope) -> None:
    """Count the call. Errors: RateLimited."""
    verdict = scope["app"].state.limit(scope["aws.event"])
    if verdict is not None:
        enforce(scope, verdict)


def enforce(scope: Scope, verdict: Verdict) -> None:
    """Have the answer tell the verdict. Errors: RateLimited."""
    scope["rate_limit"] = verdict
    if not verdict.is_admitted:
        raise RateLimited(verdict.reset)


def set_rate_limit(headers: MutableHeaders, scope: Scope) -> None:
    verdict: Verdict | None = scope.get("rate_limit")
    if verdict is not None:
        left = verdict.remaining if verdict.is_admitted else 0
        headers["RateLimit-Policy"] = f'"default";q={verdict.limit};w={WINDOW:.0f}'
        headers["RateLimit"] = f'"default";r={left};t={verdict.reset}'
