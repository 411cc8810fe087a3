"""Reads an HTTP API's OpenAPI document: routes, authorizers, CORS, and the settings of its stage.

Source: API Gateway developer guide, "OpenAPI definitions for HTTP APIs".
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from infra.emulator.apis import Api
from infra.emulator.cloudformation import has_unknown, text
from infra.emulator.command_error import CommandError
from infra.emulator.model import DEFAULT, Authorizer, Cors, Route, Template

METHODS = ("get", "put", "post", "delete", "patch", "options", "head", "x-amazon-apigateway-any-method")
IDENTITY = re.compile(r"\$request\.header\.([\w-]+)")
# The rule that API Gateway states when it refuses a path.
SEGMENT = re.compile(r"\{[\w.:-]+\+?\}|[^{}]*")
LONGEST = 30_000  # ms that API Gateway waits for an integration


def read_api(api: Api, issuer: str, into: Template) -> None:
    """Adds the API to `into`. `issuer` replaces the issuer of an authorizer that only the cloud knows."""
    _read_authorizers(api, issuer, into)
    _read_cors(api, into)
    into.stage = text(api.stage.get("StageName", into.stage))
    variables = api.stage.get("StageVariables", {})
    into.stage_variables = {name: text(each) for name, each in variables.items() if not has_unknown(each)}
    if into.rate is None and into.burst is None:  # the main template's API comes first
        into.rate, into.burst = _throttle(api, api.stage.get("DefaultRouteSettings", {}))
    for path, operations in api.body.get("paths", {}).items():
        for method in METHODS:
            if operation := operations.get(method):
                _read_route(path, method, operation, api, into)


def _throttle(api: Api, settings: Mapping[str, Any]) -> tuple[float | None, float | None]:
    rate, burst = (
        api.scope.number(api.name, settings, key, float("inf")) if key in settings else None
        for key in ("ThrottlingRateLimit", "ThrottlingBurstLimit")
    )
    return rate, burst


def _read_authorizers(api: Api, issuer: str, into: Template) -> None:
    schemes = api.body.get("components", {}).get("securitySchemes", {})
    for name, scheme in schemes.items():
        declared = scheme.get("x-amazon-apigateway-authorizer", {})
        if "jwtConfiguration" not in declared:
            continue
        jwt = declared["jwtConfiguration"]
        own, audience = jwt.get("issuer"), jwt.get("audience") or [None]
        sources = declared.get("identitySource") or "$request.header.Authorization"
        header = IDENTITY.fullmatch(text(sources[0] if isinstance(sources, list) and sources else sources))
        if has_unknown(audience):
            api.scope.report(f"authorizer {name}", f"its audience: {api.scope.unknown(audience)}")
        elif has_unknown(own) and not issuer:
            api.scope.report(f"authorizer {name}", f"its issuer: {api.scope.unknown(own)}, or --issuer URL")
        elif header is None:
            api.scope.report(f"authorizer {name}", "only a header can be its identity source here")
        else:
            own = issuer if has_unknown(own) else text(own)
            into.authorizers[name] = Authorizer(own, _texts(audience), header[1].lower())


def _read_cors(api: Api, into: Template) -> None:
    cors = api.scope.resolver.resolve(api.body.get("x-amazon-apigateway-cors"))
    if not cors:
        return
    if has_unknown(cors):
        api.scope.report(api.name, f"a part of its CORS configuration: {api.scope.unknown(cors)}")

    into.cors = Cors(
        origins=_texts(cors.get("allowOrigins", [])),
        methods=_texts(cors.get("allowMethods", [])),
        headers=_texts(cors.get("allowHeaders", [])),
        exposed=_texts(cors.get("exposeHeaders", [])),
        credentials=text(cors.get("allowCredentials", False)) == "true",
        max_age=int(text(cors["maxAge"])) if "maxAge" in cors and not has_unknown(cors["maxAge"]) else None,
    )


def _texts(value: Any) -> tuple[str, ...]:
    """The known ones of a list, or of a text with commas."""
    listed = value if isinstance(value, list) else text(value).split(",")
    return tuple(text(each) for each in listed if not has_unknown(each))


def _read_route(path: str, method: str, operation: Mapping[str, Any], api: Api, into: Template) -> None:
    integration = operation.get("x-amazon-apigateway-integration", {})
    security: dict[str, list[str]] = next(iter(operation.get("security", [])), {})
    authorizer = next((name for name in security if name != "NONE"), None)
    path = DEFAULT if path == f"/{DEFAULT}" else path
    function = api.function(integration.get("uri"))
    milliseconds = min(api.scope.number(path, integration, "timeoutInMillis", LONGEST), LONGEST)
    route = Route(
        method="ANY" if method.startswith("x-") else method.upper(),
        path=path,
        function=function or "",
        authorizer=authorizer,
        scopes=tuple(map(text, security[authorizer])) if authorizer else (),
        timeout=milliseconds / 1000,
    )
    _check_path(route)
    rate, burst = _throttle(api, api.stage.get("RouteSettings", {}).get(route.key, {}))
    route = replace(route, rate=rate, burst=burst)
    if function not in into.functions:
        api.scope.report(route.key, "no Python function of this template serves it")
    elif api.scope.number(route.key, integration, "payloadFormatVersion", 2) != 2:
        api.scope.report(route.key, "its events have the payload format 1.0")
    elif authorizer is not None and authorizer not in into.authorizers:
        api.scope.report(route.key, f"its authorizer {authorizer} is not served")
    else:
        into.routes.append(route)


def _check_path(route: Route) -> None:
    """Errors: CommandError for a path that API Gateway refuses."""
    segments = route.path.split("/")
    names = [segment.strip("{}+") for segment in segments if segment.startswith("{")]
    if route.path != DEFAULT and not route.path.startswith("/"):
        raise CommandError(f"{route.key}: API Gateway rejects a path that does not begin with a slash")
    if not all(map(SEGMENT.fullmatch, segments)):
        raise CommandError(f"{route.key}: API Gateway rejects a path variable that is not a whole segment")
    if any(segment.endswith("+}") for segment in segments[:-1]):
        raise CommandError(f"{route.key}: API Gateway rejects a greedy variable that is not the last segment")
    if len(set(names)) < len(names):
        raise CommandError(f"{route.key}: API Gateway rejects two path variables with one name")
