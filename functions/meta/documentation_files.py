"""The API document and the pages that show it, from a layer of their own (infra/deployed/layers/docs).

Large texts lie there compressed, and go out so if the caller takes gzip.
"""

import gzip
import re
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from shared.http import NotFound

from fastapi import Request, Response

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
}
SHORT = "public, max-age=300"
FOR_GOOD = "public, max-age=31536000, immutable"  # of names that hold a hash of what they name
FILE = {"Vary": "Accept-Encoding, Origin"}  # the gateway adds what CORS asks for, by the caller's origin

# Nothing of another host, nothing inline but styles: ReDoc makes its own, and its search is a worker.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}


class AssetNotFound(NotFound):
    code = "asset_not_found"

    def __init__(self) -> None:
        super().__init__("asset")
        self.headers = FILE


def described(schema: str, *kinds: str, headers: Iterable[str] = (), also: int = 304) -> dict[int | str, Any]:
    """Describes answers in the API document: 200 in one of the media types `kinds`, and `also`.

    `headers`: their header fields beyond those of every file.
    """
    content = {kind: {"schema": {"$ref": f"#/components/schemas/{schema}"}} for kind in kinds}
    fields: dict[str, Any] = {name: {} for name in ("Vary", "X-Content-Type-Options", *headers)}
    ok = {"content": content, "headers": fields | {"Content-Encoding": {}}}
    return {200: ok, also: {"headers": fields}}


OF_PAGE = described("FileText", "text/html", headers=("ETag", *PAGE))


def file_response(
    request: Request, name: str, more: dict[str, str] | None = None, cache_control: str = SHORT
) -> Response:
    """Returns the file, compressed if the caller accepts gzip. `more`: further header fields.

    Either form has an entity tag of its own (RFC 9110, section 8.8.3.3).
    """
    content, version = _content(name)
    headers = {"Cache-Control": cache_control, "ETag": f'"{version}"'} | FILE | (more or {})
    headers["Content-Type"] = TYPES[Path(name).suffix]
    if not _takes_gzip(request.headers.get("Accept-Encoding", "")):
        return Response(gzip.decompress(content), headers=headers)
    return Response(content, headers=headers | {"Content-Encoding": "gzip", "ETag": f'"{version}-gzip"'})


def asset_response(request: Request, name: str) -> Response:
    """One of the files whose names hold a hash, without an ETag. Errors: AssetNotFound."""
    if name not in _assets().values():
        raise AssetNotFound
    response = file_response(request, name, cache_control=FOR_GOOD)
    del response.headers["ETag"]
    return response


def _takes_gzip(accepted: str) -> bool:
    """RFC 9110, section 12.5.3."""
    for each in accepted.lower().split(","):
        coding, _, weight = each.partition(";")
        if coding.strip() in ("gzip", "*"):
            return not re.fullmatch(r"\s*q=0(\.0*)?\s*", weight)
    return False


@cache
def _content(name: str) -> tuple[bytes, str]:
    """Returns the file's content, compressed, and its version. A page names assets with their hashes."""
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
