"""Reads bodies, for all routes: as JSON (RFC 8259), in UTF-8, without extensions."""

import json
from typing import Any, NoReturn

from shared.http.errors import InvalidJson

from starlette.requests import Request

MAX_MEDIA_TYPE = 255  # characters, parameters included


def parse_json(body: bytes) -> Any:
    """Returns the value of a JSON text. Errors: InvalidJson, for another encoding, `NaN` and the like too."""
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise InvalidJson from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def canonical_json(value: Any) -> bytes:
    """Returns the one spelling of a JSON value, whatever its order and white space. `1` and `1.0` differ."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def media_type(request: Request) -> str:
    """Returns the body's media type in lower case, without parameters; empty for a compressed body."""
    if request.headers.get("content-encoding"):
        return ""  # nothing here decodes it
    value = request.headers.get("content-type", "")
    return value.partition(";")[0].strip().lower() if len(value) <= MAX_MEDIA_TYPE else ""


class JsonRequest(Request):
    """A request whose body FastAPI reads by `parse_json`."""

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = parse_json(await self.body())
        return self._json
