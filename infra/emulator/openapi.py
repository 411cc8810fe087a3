"""Reads an HTTP API's definition in OpenAPI, as SAM writes it: routes, authorizers, CORS.

Source: API Gateway developer guide, "OpenAPI definitions for HTTP APIs".
"""

import re
from collections.abc import Mapping
from typing import Any

from infra.emulator.command_error import CommandError
from infra.emulator.model import Authorizer, Cors, Route, Template

METHODS = ("get", "put", "post", "delete", "patch", "options", "head", "x-amazon-apigateway-any-method")
IDENTITY = re.compile(r"\$request\.header\.([\w-]+)")


def read_api(body: dict[str, Any], issuer: str, aliases: Mapping[str, str], into: Template) -> None:
    """Adds the API to `into`. `issuer` replaces an unknown issuer; `aliases` maps aliases to functions."""
    schemes = body.get("components", {}).get("securitySchemes", {})
    for name, scheme in schemes.items():
        declared = scheme.get("x-amazon-apigateway-authorizer", {})
        if "jwtConfiguration" in declared:
            into.authorizers[name] = _authorizer(name, declared, issuer)
    if cors := body.get("x-amazon-apigateway-cors"):
        into.cors = Cors(
            origins=tuple(cors.get("allowOrigins", ())),
            methods=tuple(cors.get("allowMethods", ())),
            headers=tuple(cors.get("allowHeaders", ())),
            exposed=tuple(cors.get("exposeHeaders", ())),
            credentials=bool(cors.get("allowCredentials")),
            max_age=cors.get("maxAge"),
        )
    for path, operations in body.get("paths", {}).items():
        for method in METHODS:
            if (operations or {}).get(method):  # None if a condition is false
                _read_route(path, method, operations[method], aliases, into)


def _authorizer(name: str, declared: dict[str, Any], issuer: str) -> Authorizer:
    jwt = declared["jwtConfiguration"]
    audience = jwt.get("audience") or [None]
    if None in audience or not (jwt.get("issuer") or issuer):
        raise CommandError(f"authorizer {name}: only the cloud knows its issuer or audience: give the value")
    sources = declared.get("identitySource") or "$request.header.Authorization"
    header = IDENTITY.fullmatch(sources if isinstance(sources, str) else sources[0])
    if header is None:
        raise CommandError(f"authorizer {name}: only a header can be its identity source here")
    texts = tuple(str(each) for each in ([audience] if isinstance(audience, str) else audience))
    return Authorizer(jwt.get("issuer") or issuer, texts, header[1].lower())


def _read_route(
    path: str, method: str, operation: dict[str, Any], aliases: Mapping[str, str], into: Template
) -> None:
    integration = operation.get("x-amazon-apigateway-integration", {})
    found = re.search(r"functions/\$\{(\w+)(\.Arn)?\}", str(integration.get("uri")))
    function = aliases.get(found[1], found[1]) if found else ""
    security: dict[str, list[str]] = next(iter(operation.get("security", [])), {})
    authorizer = next((name for name in security if name != "NONE"), None)
    route = Route(
        method="ANY" if method.startswith("x-") else method.upper(),
        path=path,
        function=function,
        authorizer=authorizer,
        scopes=tuple(security[authorizer]) if authorizer else (),
    )
    if function not in into.functions:
        into.left_out.append(f"{route.key}: no Python function of this template serves it")
    elif integration.get("payloadFormatVersion", "2.0") != "2.0":
        into.left_out.append(f"{route.key}: its events have the payload format 1.0")
    elif authorizer is not None and authorizer not in into.authorizers:
        into.left_out.append(f"{route.key}: its authorizer {authorizer} is no JWT authorizer")
    else:
        into.routes.append(route)
