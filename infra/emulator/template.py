"""Loads a SAM template: routes, functions and authorizers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.emulator.cloudformation import Resolver
from infra.emulator.model import Function, Template
from infra.emulator.openapi import read_api
from infra.emulator.references import require_references
from infra.emulator.sam import local_path, of_type, parse, translate


def load(file: Path, issuer: str, environment: Mapping[str, str], values: Mapping[str, str]) -> Template:
    """The template in `file` with the nested ones, for one origin.

    `environment` is set for all functions, `issuer` replaces an issuer that only the cloud knows. `values`
    are parameters by name, and values of `!Ref Name` and `!GetAtt Name.Attribute` of resources.
    Errors: CommandError, with SAM's own words.
    """
    loaded = Template()
    _load(file, issuer, environment, values, loaded)
    return loaded


def _load(
    file: Path, issuer: str, environment: Mapping[str, str], given: Mapping[str, str], into: Template
) -> None:
    into.files.append(file)
    source = parse(file)
    require_references(file, source)
    declared = source.get("Parameters", {})
    defaults = {name: str(each["Default"]) for name, each in declared.items() if "Default" in each}
    known = {**defaults, **given}
    parameters = {name: known.get(name, "") for name in declared}  # SAM asks for a value of each
    resolver = Resolver(known, source.get("Conditions", {}), source.get("Mappings", {}))
    resources = translate(file, parameters)["Resources"]
    aliases = dict(of_type(resources, "AWS::Lambda::Alias"))
    names = {name: alias["FunctionName"]["Ref"] for name, alias in aliases.items()}
    published = {alias["FunctionName"]["Ref"]: str(alias["Name"]) for alias in aliases.values()}
    for name, declared in of_type(resources, "AWS::Lambda::Function"):
        properties = resolver.resolve({**declared, "Layers": []}) | {"Layers": declared.get("Layers", [])}
        if reason := _unserved(properties):
            into.left_out.append(f"{name}: {reason}")
        else:
            into.functions[name] = _function(name, properties, resources, environment, published.get(name))
    for _, api in of_type(resources, "AWS::ApiGatewayV2::Api"):
        read_api(resolver.resolve(api["Body"]), issuer, names, into)
    for name, _ in of_type(resources, "AWS::ApiGateway::RestApi"):
        into.left_out.append(f"{name}: a REST API; HTTP APIs are served")
    for _, properties in of_type(resources, "AWS::ApiGatewayV2::Stage"):
        settings = resolver.resolve(properties.get("DefaultRouteSettings", {}))
        rate, burst = settings.get("ThrottlingRateLimit"), settings.get("ThrottlingBurstLimit")
        if into.rate is None and rate is not None:  # the main template's API comes first
            into.rate, into.burst = float(rate), int(burst) if burst is not None else None
    for name, nested in of_type(source["Resources"], "AWS::Serverless::Application"):
        if resolver.holds(source["Resources"][name].get("Condition")) and isinstance(nested["Location"], str):
            resolved = resolver.resolve(nested.get("Parameters", {}))
            passed = {name: value for name, value in resolved.items() if isinstance(value, str)}
            _load(file.parent / nested["Location"], issuer, environment, passed, into)


def _unserved(properties: Mapping[str, Any]) -> str | None:
    """The reason why the function cannot run here, or None."""
    if properties.get("PackageType") == "Image":
        return "a container image"
    if not str(properties.get("Runtime")).startswith("python"):
        return f"its runtime is {properties.get('Runtime')}, not Python"
    if local_path(properties["Code"]) is None:
        return "its code is not in a folder"
    return None


def _function(
    name: str,
    properties: Mapping[str, Any],
    resources: Mapping[str, Any],
    environment: Mapping[str, str],
    alias: str | None,
) -> Function:
    declared = (properties.get("Environment") or {}).get("Variables", {})
    known = {variable: str(value) for variable, value in declared.items() if value is not None}
    # A layer that is named by its ARN is not on this machine.
    contents = [
        resources[layer["Ref"]]["Properties"].get("Content", {})
        for layer in properties["Layers"]
        if isinstance(layer, dict) and layer.get("Ref") in resources
    ]
    reserved = properties.get("ReservedConcurrentExecutions")
    code = local_path(properties["Code"])
    assert code is not None
    return Function(
        name=name,
        handler=properties["Handler"],
        code=code,
        layers=tuple(folder for content in contents if (folder := local_path(content))),
        environment=known | dict(environment),
        timeout=float(properties.get("Timeout") or 3),
        memory=int(properties.get("MemorySize") or 128),
        reserved_concurrency=int(reserved) if reserved is not None else None,
        alias=alias,
    )
