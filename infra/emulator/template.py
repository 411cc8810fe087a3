"""Loads a SAM template: functions, and the routes of its HTTP APIs."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from infra.emulator.apis import Api, read_apis
from infra.emulator.cloudformation import Resolver, has_unknown, require_references, text
from infra.emulator.command_error import CommandError
from infra.emulator.functions import Scope, read_functions
from infra.emulator.model import Function, LeftOut, Template
from infra.emulator.openapi import read_api
from infra.emulator.template_yaml import parse

TRANSFORMS = ("AWS::Serverless-2016-10-31", "AWS::LanguageExtensions")
RESOLVED = ("AWS::Serverless::", "AWS::Lambda::", "AWS::ApiGatewayV2::", "AWS::CloudFormation::Stack")
REST, EVENTS = "a REST API; only HTTP APIs are served", "its events are not delivered"
NOT_SERVED = {
    "AWS::Serverless::Api": REST,
    "AWS::ApiGateway::RestApi": REST,
    "AWS::Serverless::WebSocketApi": "a WebSocket API; only HTTP APIs are served",
    "AWS::Serverless::GraphQLApi": "a GraphQL API; only HTTP APIs are served",
    "AWS::Serverless::StateMachine": "a state machine; it does not run here",
    "AWS::ApiGatewayV2::Api": "not an AWS::Serverless::HttpApi, which is served",
    "AWS::Lambda::Function": "not an AWS::Serverless::Function, which is served",
    "AWS::Lambda::Url": "a function URL; only HTTP APIs are served",
    "AWS::Lambda::EventSourceMapping": EVENTS,
    "AWS::Events::Rule": EVENTS,
    "AWS::Scheduler::Schedule": EVENTS,
}
DEEPEST = 10  # applications nested in each other


def load(
    file: Path,
    issuer: str,
    environment: Mapping[str, str],
    values: Mapping[str, str],
    api: str | None = None,
    *,
    one_origin: bool = True,
) -> Template:
    """The template in `file` with the nested ones.

    `environment` is set for all functions, `issuer` replaces an issuer that only the cloud knows. `values`
    are parameters by name, and values of `!Ref Name` and `!GetAtt Name.Attribute` of resources. `api` chooses
    one of several HTTP APIs; without it, all are served from one origin if `one_origin` allows it.
    Errors: CommandError, with SAM's own words.
    """
    loaded = Template(environment)
    try:
        apis = _load(file, "", values, loaded)
        for each in _chosen(apis, api, one_origin, loaded):
            read_api(each, issuer, loaded)
    except RecursionError:
        raise CommandError(f"{file.name} refers to itself") from None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise CommandError(f"{file.name} has a form that CloudFormation rejects ({error})") from None
    return loaded


def _chosen(apis: list[Api], api: str | None, one_origin: bool, into: Template) -> list[Api]:
    names = [each.name for each in apis]
    if api is not None and api not in names:
        raise CommandError(f"no HTTP API is called {api}; there are {', '.join(names) or 'none'}")
    if api is None and len(apis) > 1 and not one_origin:
        raise CommandError(f"the template has several HTTP APIs: choose --api {' or '.join(names)}")
    if not apis:
        into.left_out.append(LeftOut("the template", "it has no HTTP API"))
    into.left_out += [LeftOut(name, f"not served beside {api}") for name in names if api not in (None, name)]
    return [each for each in apis if api in (None, each.name)]


def _load(file: Path, prefix: str, given: Mapping[str, str], into: Template) -> list[Api]:
    into.files.append(file)
    if prefix.count(".") > DEEPEST:
        raise CommandError(f"{file.name} refers to itself")
    source = parse(file)
    require_references(file, source)
    known = _parameters(source.get("Parameters", {}), given)
    scope = _scope(file, prefix, source, known, into)
    macros = source.get("Transform", [])
    for macro in macros if isinstance(macros, list) else [macros]:
        if macro not in TRANSFORMS:
            into.left_out.append(LeftOut(f"the macro {macro}", "it runs only in the cloud"))
    for name, resource in scope.resources.items():
        if sentence := NOT_SERVED.get(resource["Type"]):
            scope.report(name, sentence)
    functions = {each.name: each for each in read_functions(scope)}
    keys = {name: f"{prefix}{name}" if name in into.functions else name for name in functions}
    into.functions |= {keys[name]: _renamed(each, keys) for name, each in functions.items()}
    keys |= {each.physical_name: keys[name] for name, each in functions.items()}
    apis = read_apis(scope, keys)
    for name, location, parameters in _nested(scope):
        resolved = {key: scope.resolver.resolve(each) for key, each in parameters.items()}
        passed = {key: text(each) for key, each in resolved.items() if not has_unknown(each)}
        start = f"{name}."
        passed |= {key.removeprefix(start): each for key, each in given.items() if key.startswith(start)}
        apis += _load(file.parent / location, prefix + start, passed, into)
    return apis


def _renamed(function: Function, keys: Mapping[str, str]) -> Function:
    succeeds, fails = keys.get(function.on_success or ""), keys.get(function.on_failure or "")
    return replace(function, name=keys[function.name], on_success=succeeds, on_failure=fails)


def _scope(
    file: Path, prefix: str, source: Mapping[str, Any], known: Mapping[str, Any], into: Template
) -> Scope:
    logic = source.get("Conditions", {}), source.get("Mappings", {})
    resolver = Resolver(known, *logic)
    declared = source["Resources"]
    if untyped := [name for name, each in declared.items() if "Type" not in each]:
        raise CommandError(f"{file.name}: the resource {untyped[0]} has no Type")
    there = {
        name: resolver.resolve(each) if each["Type"].startswith(RESOLVED) else each
        for name, each in declared.items()
        if resolver.holds(each.get("Condition"))
    }
    names = {name: _physical_name(name, each) for name, each in there.items()}
    values = {**{name: name for name in declared}, **names, **known}
    shared = resolver.resolve(source.get("Globals", {}))
    return Scope(file, prefix, into, shared, there, known, Resolver(values, *logic))


def _parameters(declared: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """Text, or a list for the types of lists. A parameter in SSM has its name as default, not its value."""
    known: dict[str, Any] = dict(given)
    for name, each in declared.items():
        kind = str(each.get("Type"))
        if name not in given and ("Default" not in each or kind.startswith("AWS::SSM::")):
            continue
        value = text(given.get(name, each.get("Default")))
        is_list = kind.startswith("List<") or "CommaDelimitedList" in kind or "<List<" in kind
        known[name] = [part.strip() for part in value.split(",")] if is_list else value
    return known


def _physical_name(name: str, resource: Mapping[str, Any]) -> str:
    given = resource.get("Properties", {}).get("FunctionName")
    is_function = resource["Type"].endswith("::Function")
    return given if is_function and isinstance(given, str) else name


def _nested(scope: Scope) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The applications in files: name, location and parameters."""
    for name, resource in scope.resources.items():
        if resource["Type"] not in ("AWS::Serverless::Application", "AWS::CloudFormation::Stack"):
            continue
        properties = resource.get("Properties", {})
        location = properties.get("Location", properties.get("TemplateURL"))
        if isinstance(location, str) and "://" not in location:
            yield name, location, properties.get("Parameters", {})
        else:
            scope.report(name, "a nested application that is not in a local file")
