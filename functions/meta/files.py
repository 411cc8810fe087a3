"""The API document and the pages that show it, from a layer of their own (infra/deployed/layers/docs).

No framework, since nothing is asked of it; no shared code but behind an edge of our own, since every import
is a cold start's. Texts lie there compressed where they are large, and go out so to who takes gzip.
"""

import gzip
import json
import os
import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from meta.security_headers import SECURITY_HEADERS

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
}
SHORT = "public, max-age=300"
FOR_GOOD = "public, max-age=31536000, immutable"  # of names that hold a hash of what they name

# Nothing of another host, nothing inline but styles: ReDoc makes its own, and its search is a worker.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page(event: dict[str, Any], name: str) -> dict[str, Any]:
    """A page of HTML."""
    return show(event, name, {"content-security-policy": POLICY, "referrer-policy": "no-referrer"})


def show(event: dict[str, Any], name: str, more: dict[str, str] | None = None) -> dict[str, Any]:
    """The file, its type told by its name, kept for 5 minutes and then asked for by its ETag.

    Errors: 403 `forbidden`, where the call came past our own CloudFront.
    """
    if _is_past_edge(event):
        return _forbidden(event)
    compressed, version = _content(name)
    headers = _headers(event, SHORT) | {"etag": f'"{version}"'} | (more or {})
    if version in _field(event, "if-none-match"):
        return {"statusCode": 304, "headers": headers}
    return _answer(event, headers | {"content-type": TYPES[Path(name).suffix]}, compressed)


def show_asset(event: dict[str, Any], name: str) -> dict[str, Any]:
    """One of the files whose names hold a hash. Errors: 404 `asset_not_found`, 403 as above."""
    if _is_past_edge(event):
        return _forbidden(event)
    if name not in _assets().values():
        return _error(event, 404, "asset_not_found", "Asset not found")
    headers = _headers(event, FOR_GOOD) | {"content-type": TYPES[Path(name).suffix]}
    return _answer(event, headers, _content(name)[0])


def _answer(event: dict[str, Any], headers: dict[str, str], compressed: bytes) -> dict[str, Any]:
    if not _takes_gzip(_field(event, "accept-encoding")):
        return {"statusCode": 200, "headers": headers, "body": gzip.decompress(compressed).decode()}
    return {
        "statusCode": 200,
        "headers": headers | {"content-encoding": "gzip"},
        "body": b64encode(compressed).decode(),
        "isBase64Encoded": True,
    }


def _is_past_edge(event: dict[str, Any]) -> bool:
    if not os.environ.get("ORIGIN_SECRET"):
        return False
    from shared.http.edge import is_from_edge
    from shared.runtime import cold_start

    cold_start.end()
    return not is_from_edge(event)


def _forbidden(event: dict[str, Any]) -> dict[str, Any]:
    return _error(event, 403, "forbidden", "Not allowed")


def _error(event: dict[str, Any], status: int, code: str, message: str) -> dict[str, Any]:
    headers = _headers(event, "no-store") | {"content-type": "application/json"}
    error = {"success": False, "error": code, "message": message}
    body = json.dumps(error | {"request_id": headers["x-request-id"]})
    return {"statusCode": status, "headers": headers, "body": body}


def _headers(event: dict[str, Any], cache_control: str) -> dict[str, str]:
    return {
        "cache-control": cache_control,
        "vary": "Accept-Encoding, Origin",  # the gateway adds what CORS asks for, by the caller's origin
        "x-request-id": event["requestContext"]["requestId"],
        **SECURITY_HEADERS,
    }


def _field(event: dict[str, Any], name: str) -> str:
    return str((event.get("headers") or {}).get(name, ""))


def _takes_gzip(accepted: str) -> bool:
    """RFC 9110, section 12.5.3."""
    for each in accepted.lower().split(","):
        coding, _, weight = each.partition(";")
        if coding.strip() in ("gzip", "*"):
            return not re.fullmatch(r"\s*q=0(\.0*)?\s*", weight)
    return False


@cache
def _content(name: str) -> tuple[bytes, str]:
    """What the file holds, compressed, and a version of it: names of assets in a page have their hashes."""
    compressed = _folder() / f"{name}.gz"
    if compressed.exists():
        return compressed.read_bytes(), name
    text = (_folder() / name).read_bytes()
    if name.endswith(".html"):
        text = re.sub(rb"/assets/([\w.-]+)", lambda found: b"/assets/" + _hashed(found[1]), text)
    return gzip.compress(text, mtime=0), sha256(text).hexdigest()[:32]


def _hashed(name: bytes) -> bytes:
    return _assets()[name.decode()].encode()


@cache
def _assets() -> dict[str, str]:
    """The names with a hash by those without: `redoc.js` → `redoc.0123456789abcdef.js`."""
    found = [file.name.removesuffix(".gz") for file in _folder().glob("*.gz")]
    return {re.sub(r"\.[0-9a-f]{16}\.", ".", name): name for name in found}


@cache
def _folder() -> Path:
    layer = find_spec("api_docs")
    assert layer is not None and layer.submodule_search_locations
    return Path(next(iter(layer.submodule_search_locations)))
