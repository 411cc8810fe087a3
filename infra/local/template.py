"""template.yaml as SAM translates it: the one list of routes, functions and authorizers."""

import logging
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from infra.local.failure import Failure

REGION = "us-east-1"  # of nothing real; SAM wants one
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
    try:
        _load(file, issuer, environment, parameters, loaded)
    except InvalidDocumentException as error:
        causes = "; ".join(str(cause.message) for cause in error.causes)
        raise Failure(f"{file.name} is not a valid template: {causes}") from None
    except OSError as error:
        raise Failure(f"{error.filename} cannot be read: {error.strerror}") from None
    return loaded


def _load(
    file: Path, issuer: str, environment: Mapping[str, str], given: Mapping[str, str], into: Template
) -> None:
    into.files.append(file)
    source = _parse(file)
    parameters = {
        name: given.get(name, str(parameter.get("Default", "")))
        for name, parameter in source.get("Parameters", {}).items()
    }
    nested = list(_of_type(source["Resources"], "AWS::Serverless::Application"))
    layers = {
        name: str((file.parent / properties["ContentUri"]).resolve())
        for name, properties in _of_type(source["Resources"], "AWS::Serverless::LayerVersion")
    }
    translated = _translate(source, file.parent, parameters)
    resolver = Resolver(parameters | layers, source.get("Conditions", {}))
    resources = translated["Resources"]
    for name, properties in _of_type(resources, "AWS::Lambda::Function"):
        into.functions[name] = _function(name, properties, resources, resolver, environment)
    for _, properties in _of_type(resources, "AWS::ApiGatewayV2::Api"):
        _api(resolver.resolve(properties["Body"]), issuer, into)
    for _, properties in _of_type(resources, "AWS::ApiGatewayV2::Stage"):
        settings = properties.get("DefaultRouteSettings", {})
        if into.rate is None:  # the main API's, which comes first
            into.rate, into.burst = settings.get("ThrottlingRateLimit"), settings.get("ThrottlingBurstLimit")
    for _, application in nested:
        passed = resolver.resolve(application.get("Parameters", {}))
        _load(file.parent / application["Location"], issuer, environment, passed, into)


def _parse(file: Path) -> dict[str, Any]:
    try:
        source = yaml_parse(file.read_text())
    except Exception as error:  # PyYAML's tree of errors; each says the line
        raise Failure(f"{file.name} is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(source, dict) or "Resources" not in source:
        raise Failure(f"{file.name} has no Resources")
    return source


def _translate(source: dict[str, Any], root: Path, parameters: dict[str, str]) -> dict[str, Any]:
    """SAM takes code that lies in S3 only, so local paths travel as keys of a bucket that is not there."""

    def local(path: str) -> str:
        return f"s3://local/{(root / path).resolve()}"

    resources = source["Resources"]
    shared = source.get("Globals", {}).get("Function", {})
    if "CodeUri" in shared:
        shared["CodeUri"] = local(shared["CodeUri"])
    for name, resource in list(resources.items()):
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::Serverless::Application":
                del resources[name]
            case "AWS::Serverless::LayerVersion":
                properties["ContentUri"] = local(properties["ContentUri"])
            case "AWS::Serverless::Function" if "CodeUri" in properties:
                properties["CodeUri"] = local(properties["CodeUri"])
    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it complains of metrics nobody asked for
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    translated: dict[str, Any] = transform(source, parameters, _NoManagedPolicies())
    return translated


class _NoManagedPolicies:
    def load(self) -> dict[str, str]:
        return {}


def _of_type(resources: dict[str, Any], type_: str) -> Iterator[tuple[str, dict[str, Any]]]:
    return (
        (name, resource["Properties"]) for name, resource in resources.items() if resource["Type"] == type_
    )


def _function(
    name: str,
    properties: dict[str, Any],
    resources: dict[str, Any],
    resolver: "Resolver",
    environment: Mapping[str, str],
) -> Function:
    declared = resolver.resolve(properties.get("Environment", {}).get("Variables", {}))
    known = {variable: str(value) for variable, value in declared.items() if value is not None}
    layers = [_layer(resources, resolver, layer) for layer in properties.get("Layers", [])]
    return Function(
        name=name,
        handler=properties["Handler"],
        code=Path("/" + properties["Code"]["S3Key"].lstrip("/")),
        layers=tuple(layers),
        environment=known | dict(environment),
        timeout=float(properties.get("Timeout", 3)),
        memory=int(properties.get("MemorySize", 128)),
    )


def _layer(resources: dict[str, Any], resolver: "Resolver", layer: dict[str, str]) -> Path:
    """A layer of this template by SAM's name for it (with a hash), or one that the parent passed on."""
    if made := resources.get(layer["Ref"]):
        return Path("/" + made["Properties"]["Content"]["S3Key"].lstrip("/"))
    return Path(resolver.resolve(layer))


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
            if method in operations:
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


class Resolver:
    """CloudFormation's functions over what is known here; None for what only the cloud knows."""

    def __init__(self, parameters: Mapping[str, str], conditions: Mapping[str, Any]) -> None:
        self._parameters, self._conditions = parameters, conditions

    def resolve(self, value: Any) -> Any:
        match value:
            case {"Ref": name, **rest} if not rest:
                return self._parameters.get(name)
            case {"Fn::If": [condition, yes, no]}:
                return self.resolve(yes if self._holds({"Condition": condition}) else no)
            case {"Fn::Split": [separator, text]}:
                resolved = self.resolve(text)
                return resolved.split(separator) if resolved is not None else None
            case {"Fn::Sub": str(text)} if "/invocations" in text:
                return text  # names the function
            case {"Fn::Sub": str(text)}:
                names = re.findall(r"\$\{([\w:.]+)\}", text)
                if any(name not in self._parameters for name in names):
                    return None
                return re.sub(r"\$\{([\w:.]+)\}", lambda match: self._parameters[match[1]], text)
            case {"Fn::GetAtt": _} | {"Fn::ImportValue": _} | {"Fn::Join": _}:
                return None
            case dict():
                return {name: self.resolve(each) for name, each in value.items()}
            case list():
                return [self.resolve(each) for each in value]
        return value

    def _holds(self, condition: Any) -> bool:
        match condition:
            case {"Condition": str(name)}:
                return self._holds(self._conditions[name])
            case {"Fn::Equals": [left, right]}:
                return bool(self.resolve(left) == self.resolve(right))
            case {"Fn::Not": [inner]}:
                return not self._holds(inner)
            case {"Fn::And": all_of}:
                return all(self._holds(each) for each in all_of)
            case {"Fn::Or": any_of}:
                return any(self._holds(each) for each in any_of)
        raise Failure(f"a condition of the template is not understood here: {condition}")
