"""template.yaml as SAM translates it: the one list of routes, functions and authorizers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.emulator.cloudformation import Resolver
from infra.emulator.failure import Failure
from infra.emulator.sam import local_path, of_type, parse, translate

METHODS = ("get", "put", "post", "delete", "patch", "options", "head", "x-amazon-apigateway-any-method")


@dataclass(frozen=True)
class Function:
    name: str
    handler: str
    code: Path
    layers: tuple[Path, ...]
    environment: Mapping[str, str]
    timeout: float  # seconds
    memory: int  # MB


@dataclass(frozen=True)
class Authorizer:
    issuer: str
    audience: tuple[str, ...]


@dataclass(frozen=True)
class Route:
    method: str  # ANY for all of them
    path: str
    function: str
    authorizer: str | None
    scopes: tuple[str, ...]

    @property
    def key(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Cors:
    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    exposed: tuple[str, ...]
    credentials: bool
    max_age: int | None


@dataclass
class Template:
    functions: dict[str, Function] = field(default_factory=dict)
    routes: list[Route] = field(default_factory=list)
    authorizers: dict[str, Authorizer] = field(default_factory=dict)
    cors: Cors | None = None
    rate: float | None = None  # requests a second
    burst: int | None = None
    files: list[Path] = field(default_factory=list)


def load(file: Path, issuer: str, environment: Mapping[str, str], parameters: Mapping[str, str]) -> Template:
    """The template in `file` and those nested in it, served from one origin.

    `environment` stands in for the values that only the cloud has, `issuer` for the built-in issuer's URL.
    Errors: Failure, with SAM's own words.
    """
    loaded = Template()
    _load(file, issuer, environment, parameters, loaded)
    return loaded


def _load(
    file: Path, issuer: str, environment: Mapping[str, str], given: Mapping[str, str], into: Template
) -> None:
    into.files.append(file)
    source = parse(file)
    parameters = {
        name: given.get(name, str(parameter.get("Default", "")))
        for name, parameter in source.get("Parameters", {}).items()
    }
    resolver = Resolver(parameters, source.get("Conditions", {}))
    resources = translate(file, parameters)["Resources"]
    for name, properties in of_type(resources, "AWS::Lambda::Function"):
        into.functions[name] = _function(name, properties, resources, resolver, environment)
    for _, properties in of_type(resources, "AWS::ApiGatewayV2::Api"):
        _api(resolver.resolve(properties["Body"]), issuer, into)
    for _, properties in of_type(resources, "AWS::ApiGatewayV2::Stage"):
        settings = properties.get("DefaultRouteSettings", {})
        if into.rate is None:  # the main API's, which comes first
            into.rate, into.burst = settings.get("ThrottlingRateLimit"), settings.get("ThrottlingBurstLimit")
    for name, nested in of_type(source["Resources"], "AWS::Serverless::Application"):
        if resolver.holds(source["Resources"][name].get("Condition")):
            resolved = resolver.resolve(nested.get("Parameters", {}))
            passed = {name: value for name, value in resolved.items() if isinstance(value, str)}
            _load(file.parent / nested["Location"], issuer, environment, passed, into)


def _function(
    name: str,
    properties: dict[str, Any],
    resources: dict[str, Any],
    resolver: Resolver,
    environment: Mapping[str, str],
) -> Function:
    declared = resolver.resolve(properties.get("Environment", {}).get("Variables", {}))
    known = {variable: str(value) for variable, value in declared.items() if value is not None}
    layers = [resources[layer["Ref"]]["Properties"]["Content"] for layer in properties.get("Layers", [])]
    return Function(
        name=name,
        handler=properties["Handler"],
        code=local_path(properties["Code"]),
        layers=tuple(local_path(layer) for layer in layers),
        environment=known | dict(environment),
        timeout=float(properties.get("Timeout", 3)),
        memory=int(properties.get("MemorySize", 128)),
    )


def _api(body: dict[str, Any], issuer: str, into: Template) -> None:
    for name, scheme in body.get("components", {}).get("securitySchemes", {}).items():
        jwt = scheme.get("x-amazon-apigateway-authorizer", {}).get("jwtConfiguration")
        if jwt:
            audience = tuple(str(each) for each in jwt["audience"])
            into.authorizers[name] = Authorizer(issuer=jwt["issuer"] or issuer, audience=audience)
    if cors := body.get("x-amazon-apigateway-cors"):
        into.cors = Cors(
            origins=tuple(cors.get("allowOrigins", ())),
            methods=tuple(cors.get("allowMethods", ())),
            headers=tuple(cors.get("allowHeaders", ())),
            exposed=tuple(cors.get("exposeHeaders", ())),
            credentials=bool(cors.get("allowCredentials")),
            max_age=cors.get("maxAge"),
        )
    for path, operations in body["paths"].items():
        for method in METHODS:
            if (operations or {}).get(method):  # nothing, where a condition does not hold
                into.routes.append(_route(path, method, operations[method]))


def _route(path: str, method: str, operation: dict[str, Any]) -> Route:
    uri = operation["x-amazon-apigateway-integration"]["uri"]
    function = re.search(r"functions/\$\{(\w+?)(Aliaslive|\.Arn)\}", uri)
    if function is None:
        raise Failure(f"{method.upper()} {path} has no function")
    security: dict[str, list[str]] = next(iter(operation.get("security", [])), {})
    authorizer = next((name for name in security if name != "NONE"), None)
    return Route(
        method="ANY" if method.startswith("x-") else method.upper(),
        path=path,
        function=function[1],
        authorizer=authorizer,
        scopes=tuple(security[authorizer]) if authorizer else (),
    )
