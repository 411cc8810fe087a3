"""Finds a template's HTTP APIs; SAM's translator describes each by an OpenAPI document."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.emulator.functions import FUNCTION, Scope
from infra.emulator.sam import CODE, transformed
from infra.emulator.template_yaml import of_type, read_yaml

HTTP_API = "AWS::Serverless::HttpApi"
EVENTS_OF_APIS = {"Api": "belongs to a REST API; only HTTP APIs are served"}
ALIAS = re.compile(r"Alias\w+$")  # SAM's name of a function's alias
NAMES = re.compile(r'\$\{(\w+)|"(?:Ref|Fn::GetAtt)": \[?"(\w+)|function:([\w-]+)')


@dataclass
class Api:
    name: str
    body: Mapping[str, Any]
    scope: Scope
    functions: Mapping[str, str]  # loaded functions by logical id and by name
    stage: Mapping[str, Any]  # its stage's properties, resolved

    def function(self, uri: Any) -> str | None:
        """The function that an integration's URI names."""
        found = [ALIAS.sub("", name) for names in NAMES.findall(json.dumps(uri)) for name in names]
        return next((self.functions[name] for name in found if name in self.functions), None)


def read_apis(scope: Scope, loaded: Mapping[str, str]) -> list[Api]:
    """`loaded` maps the names of functions in the template to loaded functions."""
    translated = _translated(scope)
    stages = {_named(stage["ApiId"]): stage for _, stage in of_type(translated, "AWS::ApiGatewayV2::Stage")}
    return [
        Api(f"{scope.prefix}{name}", api["Body"], scope, loaded, scope.resolver.resolve(stages.get(name, {})))
        for name, api in of_type(translated, "AWS::ApiGatewayV2::Api")
    ]


def _translated(scope: Scope) -> dict[str, Any]:
    """The APIs and the events of functions as SAM translates them; it sees nothing else of the template."""
    apis = dict(_declared(scope))
    functions, used = {}, set()
    for name, resource in scope.resources.items():
        if resource["Type"] != FUNCTION:
            continue
        events = {}
        for event, kind, properties in _events(resource.get("Properties", {})):
            api = _named(properties.get("ApiId")) if "ApiId" in properties else "ServerlessHttpApi"
            if kind != "HttpApi":
                scope.report(
                    name, f"the event {event} {EVENTS_OF_APIS.get(kind, f'({kind}) is not delivered')}"
                )
            elif "ApiId" in properties and api not in apis:
                scope.report(name, f"the event {event} belongs to an API that is not served")
            else:
                events[event] = {"Type": kind, "Properties": properties}
                used.add(api)
        if events:
            functions[name] = {"Runtime": "python", "Handler": "handler", "CodeUri": CODE, "Events": events}
    for name in [name for name, each in apis.items() if name not in used and "DefinitionBody" not in each]:
        scope.report(name, "an API without routes")
        del apis[name]
    if not functions and not apis:
        return {}
    resources = {name: {"Type": HTTP_API, "Properties": each} for name, each in apis.items()}
    resources |= {name: {"Type": FUNCTION, "Properties": each} for name, each in functions.items()}
    shared = {key: each for key, each in scope.shared.items() if key == "HttpApi"}
    source = {"Transform": "AWS::Serverless-2016-10-31", "Globals": shared, "Resources": resources}
    found: dict[str, Any] = transformed(scope.file, source, {})["Resources"]
    return found


def _declared(scope: Scope) -> Iterator[tuple[str, dict[str, Any]]]:
    """The properties of SAM's APIs that matter here, with their definitions from files."""
    for name, api in of_type(scope.resources, HTTP_API):
        kept = {key: each for key, each in api.items() if key not in ("Domain", "AccessLogSettings", "Tags")}
        match kept.pop("DefinitionUri", None):
            case None:
                yield name, kept
            case str(place) if not place.startswith("s3://"):
                yield name, {**kept, "DefinitionBody": read_yaml(scope.file.parent / place)}
            case _:
                scope.report(name, "its definition is in S3")


def _events(properties: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, event in properties.get("Events", {}).items():
        if isinstance(event, dict):
            yield name, str(event.get("Type")), event.get("Properties", {})


def _named(reference: Any) -> str | None:
    return reference["Ref"] if isinstance(reference, dict) and isinstance(reference.get("Ref"), str) else None
