"""Cache-Control of every answer (RFC 9111), by what kind of answer it is."""

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import Scope

NO_STORE = "no-store"


def set_cache_control(headers: MutableHeaders, status: int, scope: Scope) -> None:
    """What was read may be kept and asked for by its ETag; anything else, and every error, is not kept.

    An answer that says so itself (health) is left as it is.
    """
    if "Cache-Control" in headers:
        return
    if scope["method"] != "GET" or status >= 400:
        headers["Cache-Control"] = NO_STORE
    elif scope["state"].get("private"):
        headers["Cache-Control"] = "private, no-cache"
    else:
        headers["Cache-Control"] = "no-cache"
        headers.add_vary_header("Origin")  # the gateway adds what CORS asks for, by the caller's origin


def mark_private(request: Request) -> None:
    """The answer depends on who asks: no shared cache may keep it."""
    request.state.private = True
