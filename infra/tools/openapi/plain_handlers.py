"""The issuer's two plain handlers, which are no apps, and the schemas that no model describes."""

import importlib
from dataclasses import replace
from typing import Any

from infra.tools.openapi.error_responses import GATEWAYS_OWN, THROTTLED, response
from infra.tools.openapi.examples import example_of
from infra.tools.openapi.headers import ALWAYS
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

PLAIN = {"jwks": "KeySet", "openid_configuration": "OpenIdConfiguration"}  # with the schema of the answer


def docstring_of(name: str) -> Docstring:
    """Returns the docstring's address and summary. The rest of it is about the implementation."""
    return replace(Docstring.of(importlib.import_module(f"meta.{name}")), more="")


def responses_of(name: str, schemas: dict[str, Any]) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{PLAIN[name]}"}
    body = {"schema": schema, "example": example_of(schema, schemas)}
    read = response("Read", ALWAYS) | {"content": {"application/json": body}}
    return {"200": read, "429": THROTTLED, "default": GATEWAYS_OWN}
