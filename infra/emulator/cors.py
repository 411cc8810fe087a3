"""The gateway's CORS. Source: API Gateway developer guide, "Configure CORS for HTTP APIs"."""

import re

from aiohttp import web

from infra.emulator.model import Cors

WILDCARD = re.compile(r"^(\w+://).*")  # `https://*` allows each origin of that scheme


def is_preflight(request: web.Request) -> bool:
    fields = {"Origin", "Access-Control-Request-Method"}
    return request.method == "OPTIONS" and all(name in request.headers for name in fields)


def preflight(cors: Cors, origin: str) -> dict[str, str]:
    headers = _headers(cors, origin)
    if not headers:
        return {}
    headers |= {
        "Access-Control-Allow-Methods": ",".join(cors.methods),
        "Access-Control-Allow-Headers": ",".join(name.lower() for name in cors.headers),
    }
    return headers | ({"Access-Control-Max-Age": str(cors.max_age)} if cors.max_age is not None else {})


def replace_cors(response: web.Response, cors: Cors, origin: str | None) -> None:
    """Replaces the function's CORS headers, which the gateway ignores if the API configures CORS."""
    for name in [name for name in response.headers if name.lower().startswith("access-control-")]:
        del response.headers[name]
    if origin is not None:
        response.headers.update(_headers(cors, origin))


def _headers(cors: Cors, origin: str) -> dict[str, str]:
    """The headers for an allowed origin, none for another."""
    if "*" in cors.origins:
        allowed = "*"
    elif any(each in (origin, WILDCARD.sub(r"\1*", origin)) for each in cors.origins):
        allowed = origin
    else:
        return {}
    headers = {"Access-Control-Allow-Origin": allowed}
    if cors.exposed:
        headers["Access-Control-Expose-Headers"] = ",".join(cors.exposed)
    if cors.credentials:
        headers["Access-Control-Allow-Credentials"] = "true"
    return headers
