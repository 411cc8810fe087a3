"""The rate limit of a route: which calls count in which window, and what every answer says of it.

Source: draft-ietf-httpapi-ratelimit-headers, "RateLimit header fields for HTTP".
"""

from collections.abc import Callable, Mapping
from typing import Any

from shared.http.errors import RateLimited
from shared.http.event import caller_address, client_id_of, verified_claims
from shared.redis.sliding_windows import WINDOW, Verdict, count_call
from shared.runtime.settings import settings

from starlette.datastructures import MutableHeaders
from starlette.types import Scope

PREFIX, HEALTH = "/api/v1/", "/api/v1/health"

type Event = Mapping[str, Any]
type Limit = Callable[[Event], Verdict | None]  # None: nothing is counted


def by_caller(event: Event) -> Verdict | None:
    """Calls of a route: RATE_LIMIT by one address, SERVICE_RATE_LIMIT by one service, wherever it runs.

    They count for every route under /api/v1 but health.
    """
    client_id = client_id_of(verified_claims(event))
    limit = settings().service_rate_limit if client_id else settings().rate_limit
    _, _, path = event["routeKey"].partition(" ")
    if not limit or not is_limited(path):
        return None
    return count_call(window_of(event, client_id or caller_address(event)), limit)


def is_limited(path: str) -> bool:
    """Returns True if calls of the route with this path are counted."""
    return path.startswith(PREFIX) and path != HEALTH


def window_of(event: Event, caller: str) -> str:
    """The window's key: the caller's address or client id, and the route key, so that ids share one.

    The braces are a cluster's hash tag: without them that of most routes would be their `{id}`.
    """
    return f"calls:{{{caller}}}:{event['routeKey']}"


def admit(scope: Scope) -> None:
    """Counts the call. Errors: RateLimited."""
    verdict = scope["app"].state.limit(scope["aws.event"])
    if verdict is not None:
        enforce(scope, verdict, "default")


def enforce(scope: Scope, verdict: Verdict, policy: str) -> None:
    """Adds the verdict to the answer's headers under the policy's name. Errors: RateLimited."""
    scope.setdefault("rate_limits", {})[policy] = verdict
    if not verdict.is_admitted:
        raise RateLimited(verdict.reset)


def set_rate_limit(headers: MutableHeaders, scope: Scope) -> None:
    verdicts: dict[str, Verdict] = scope.get("rate_limits", {})
    if verdicts:
        policies = (f'"{name}";q={each.limit};w={WINDOW:.0f}' for name, each in verdicts.items())
        headers["RateLimit-Policy"] = ", ".join(policies)
        left = (f'"{name}";r={each.remaining};t={each.reset}' for name, each in verdicts.items())
        headers["RateLimit"] = ", ".join(left)
