"""The operations that no schema describes: the two plain handlers, and the files of the documentation."""

import importlib
from dataclasses import dataclass, replace
from typing import Any

from shared.http import NotFound
from shared.http.entity_tags import IF_MATCH_ON_GET
from shared.http.entity_tags import IF_NONE_MATCH as HAS_VERSIONS
from shared.http.errors import PreconditionFailed

from infra.tools.openapi.error_responses import GATEWAYS_OWN, error_answer, response
from infra.tools.openapi.examples import example_of
from infra.tools.openapi.operations import Docstring

TEXT, URL, NAMES = (
    {"type": "string"},
    {"type": "string", "format": "uri"},
    {"type": "array", "items": {"type": "string"}},
)
CONFIGURATION = {
    "type": "object",
    "required": ["issuer", "jwks_uri"],
    "properties": {
        "issuer": URL | {"examples": ["https://issuer.example"]},
        "jwks_uri": URL | {"examples": ["https://issuer.example/.well-known/jwks.json"]},
        "response_types_supported": NAMES | {"examples": [["token"]]},
        "subject_types_supported": NAMES | {"examples": [["public"]]},
        "id_token_signing_alg_values_supported": NAMES | {"examples": [["RS256"]]},
    },
}
KEY = {
    "type": "object",
    "description": "RFC 7517",
    "required": ["kty", "kid", "n", "e"],
    "properties": {
        "kty": {"const": "RSA"},
        "use": {"const": "sig"},
        "alg": {"const": "RS256"},
        "kid": TEXT | {"examples": ["2026"]},
        "n": TEXT
        | {"description": "The modulus", "examples": ["sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri"]},
        "e": TEXT | {"description": "The exponent", "examples": ["AQAB"]},
    },
}
KEY_SET = {
    "type": "object",
    "required": ["keys"],
    "properties": {"keys": {"type": "array", "items": {"$ref": "#/components/schemas/Key"}}},
}
SCHEMAS = {
    "OpenIdConfiguration": CONFIGURATION,
    "Key": KEY,
    "KeySet": KEY_SET,
    "ApiDocument": {"type": "object", "description": "OpenAPI 3.1", "examples": [{"openapi": "3.1.0"}]},
    "FileText": {"type": "string", "examples": ["…"]},
}

ALWAYS = ["X-Request-Id", "Cache-Control"]
FILE = [*ALWAYS, "Vary", "X-Content-Type-Options"]
VERSION = [*FILE, "ETag"]
PAGE = [*VERSION, "Content-Security-Policy", "Referrer-Policy"]
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": HAS_VERSIONS,
    "schema": {"type": "string"},
}
IF_MATCH = IF_NONE_MATCH | {"name": "If-Match", "description": IF_MATCH_ON_GET}
ASSET_NAME = {
    "name": "name",
    "in": "path",
    "required": True,
    "description": "As a page names it, with a hash of what it holds",
    "schema": {"type": "string"},
    "example": "redoc.0123456789abcdef.js",
}


class AssetNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("asset")


@dataclass(frozen=True)
class Plain:
    """The answer: the kinds of its body with their schema, and the header fields."""

    kinds: tuple[str, ...]
    schema: str
    headers: list[str]


PLAIN = {
    "docs": Plain(("text/html",), "FileText", PAGE),
    "docs_asset": Plain(("text/javascript", "text/css"), "FileText", FILE),
    "jwks": Plain(("application/json",), "KeySet", ALWAYS),
    "openapi_json": Plain(("application/json",), "ApiDocument", VERSION),
    "openid_configuration": Plain(("application/json",), "OpenIdConfiguration", ALWAYS),
    "redoc": Plain(("text/html",), "FileText", PAGE),
}


def docstring_of(name: str) -> Docstring:
    """Returns the docstring's address and summary. The rest of it is about the implementation."""
    return replace(Docstring.of(importlib.import_module(f"meta.{name}")), more="")


def parameters_of(name: str) -> list[dict[str, Any]]:
    if name == "docs_asset":
        return [ASSET_NAME]
    return [IF_MATCH, IF_NONE_MATCH] if "ETag" in PLAIN[name].headers else []


def responses_of(name: str, schemas: dict[str, Any]) -> dict[str, Any]:
    plain = PLAIN[name]
    encoded = [] if plain.headers is ALWAYS else ["Content-Encoding"]
    schema = {"$ref": f"#/components/schemas/{plain.schema}"}
    body = {"schema": schema, "example": example_of(schema, schemas)}
    made = {"200": response("Read", [*plain.headers, *encoded])}
    made["200"]["content"] = dict.fromkeys(plain.kinds, body)
    if "ETag" in plain.headers:
        made["304"] = response("The caller has this version", plain.headers)
        made["412"] = error_answer(412, [PreconditionFailed()], ALWAYS)
    if name == "docs_asset":
        made["404"] = error_answer(404, [AssetNotFound()], FILE)
    return made | {"429": {"$ref": "#/components/responses/Throttled"}, "default": GATEWAYS_OWN}
