"""Reads a template's functions, and reports the properties that have no effect here."""

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from infra.emulator.cloudformation import Resolver, first_unknown, has_unknown, is_function, text
from infra.emulator.command_error import CommandError
from infra.emulator.model import Function, LeftOut, Template

FUNCTION = "AWS::Serverless::Function"
LAYERS = ("AWS::Serverless::LayerVersion", "AWS::Lambda::LayerVersion")
PYTHON = f"python3.{sys.version_info.minor}"
WITHOUT_EFFECT = {
    "FunctionUrlConfig": "its function URL is not served",
    "FileSystemConfigs": "its file system (EFS) is not mounted",
}


@dataclass
class Scope:
    """One template: its file, its resources and what is known of their values."""

    file: Path
    prefix: str  # names the nested application, with a dot at its end
    template: Template  # that is being loaded
    shared: Mapping[str, Any]  # Globals
    resources: Mapping[str, dict[str, Any]]  # that exist here, with their parameters resolved
    values: Mapping[str, Any]
    resolver: Resolver  # knows resources by their names too

    def report(self, name: str, reason: str, *, is_variable: bool = False) -> None:
        self.template.left_out.append(LeftOut(self.prefix + name, reason, is_variable))

    def unknown(self, value: Any, otherwise: str = "") -> str:
        """What only the cloud knows in a resolved value, and the option that sets it."""
        what, name = first_unknown(value, self.values)
        option = f"--set {self.prefix}{name}=VALUE" if name else otherwise
        return f"only the cloud knows {what}" + (f": {option}" if option else "")

    def number(self, name: str, properties: Mapping[str, Any], wanted: str, default: float) -> float:
        """A numeric property; its default if only the cloud knows it. Errors: CommandError."""
        value = self.resolver.resolve(properties.get(wanted, default))
        if has_unknown(value):
            self.report(name, f"{wanted} is {default:g}, since {self.unknown(value)}")
            return float(default)
        try:
            return float(text(value))
        except ValueError:
            raise CommandError(f"{name}: {wanted} is {text(value)!r}; it should be a number") from None


def read_functions(scope: Scope) -> Iterator[Function]:
    for name, resource in scope.resources.items():
        if resource["Type"] != FUNCTION:
            continue
        properties = merged(scope.shared.get("Function", {}), resource.get("Properties", {}))
        code = _code(properties, scope)
        if isinstance(code, str):
            scope.report(name, code)
            continue
        _report(name, properties, code, scope)
        reserved = scope.number(name, properties, "ReservedConcurrentExecutions", float("inf"))
        yield Function(
            name=name,
            physical_name=text(scope.resolver.resolve({"Ref": name})),
            handler=properties["Handler"],
            code=code,
            layers=tuple(_layers(name, properties, scope)),
            environment={**_variables(name, properties, scope), **scope.template.environment},
            timeout=scope.number(name, properties, "Timeout", 3),
            memory=int(scope.number(name, properties, "MemorySize", 128)),
            reserved_concurrency=None if reserved == float("inf") else int(reserved),
            alias=properties.get("AutoPublishAlias"),
            on_success=_destination(name, "OnSuccess", properties, scope),
            on_failure=_destination(name, "OnFailure", properties, scope),
        )


def merged(shared: Any, own: Any) -> Any:
    """A function's properties with those in Globals, as SAM merges them."""
    if isinstance(shared, dict) and isinstance(own, dict) and not is_function(own):
        return {**shared, **{name: merged(shared.get(name), each) for name, each in own.items()}}
    return shared + own if isinstance(shared, list) and isinstance(own, list) else own


def _code(properties: Mapping[str, Any], scope: Scope) -> Path | str:
    """The folder of the function's code, or the reason why it cannot run here."""
    runtime = properties.get("Runtime")
    match properties:
        case {"PackageType": "Image"}:
            return "a container image"
        case _ if not str(runtime).startswith("python"):
            return f"its runtime is {text(runtime) if runtime else 'not given'}, not Python"
        case _ if not isinstance(properties.get("Handler"), str):
            return "it has no Handler"
        case {"InlineCode": str(code)}:
            return _folder_of(code)
        case {"CodeUri": dict(place)} if is_function(place):
            return f"its code is not here, since {scope.unknown(place)}"
        case {"CodeUri": str(place)} if not place.startswith("s3://"):
            folder = Path(os.path.normpath(scope.file.parent / place))
            return f"its code is a file, {place}; only folders are served" if folder.is_file() else folder
        case {"CodeUri": _}:
            return "its code is in S3"
    return scope.file.parent


def _report(name: str, properties: Mapping[str, Any], code: Path, scope: Scope) -> None:
    if not code.is_dir():
        scope.report(name, f"its code folder {code} does not exist; its calls fail")
    if (runtime := properties["Runtime"]) != PYTHON:
        scope.report(name, f"its runtime is {runtime}; it runs with {PYTHON} here")
    for key in WITHOUT_EFFECT.keys() & properties.keys():
        scope.report(name, WITHOUT_EFFECT[key])


def _layers(name: str, properties: Mapping[str, Any], scope: Scope) -> Iterator[Path]:
    for layer in properties.get("Layers", []):
        declared = scope.resources.get(layer["Ref"], {}) if isinstance(layer, dict) and "Ref" in layer else {}
        content = declared.get("Properties", {})
        place = content.get("ContentUri", content.get("Content", "." if declared else None))
        if declared.get("Type") in LAYERS and isinstance(place, str) and not place.startswith("s3://"):
            yield Path(os.path.normpath(scope.file.parent / place))
        else:
            known = layer if isinstance(layer, str) else first_unknown(layer, scope.values)[0]
            scope.report(name, f"its layer {known} is not on this machine")


def _destination(name: str, which: str, properties: Mapping[str, Any], scope: Scope) -> str | None:
    """The function of the same template that gets the records of asynchronous invocations."""
    configs = [properties.get("EventInvokeConfig", {})]
    for each in scope.resources.values():
        own = each.get("Properties", {})
        if each["Type"] == "AWS::Lambda::EventInvokeConfig" and own.get("FunctionName") in (
            {"Ref": name},
            name,
        ):
            configs.append(own)
    for config in map(scope.resolver.resolve, configs):
        match config.get("DestinationConfig", {}).get(which, {}).get("Destination"):
            case {"Fn::GetAtt": [str(destination), "Arn"]}:
                return destination
    return None


def _variables(name: str, properties: Mapping[str, Any], scope: Scope) -> dict[str, str]:
    declared = properties.get("Environment", {}).get("Variables", {})
    known = {}
    for variable, written in declared.items():
        value = scope.resolver.resolve(written)
        if variable in scope.template.environment:
            continue
        if has_unknown(value):
            reason = scope.unknown(value, f"--env {variable}=VALUE")
            scope.report(name, f"the variable {variable} is unset, since {reason}", is_variable=True)
        elif isinstance(value, list | dict):
            scope.report(name, f"the variable {variable} is unset: its value is not text", is_variable=True)
        else:
            known[variable] = text(value)
    return known


@cache
def _folder_of(code: str) -> Path:
    """A new folder with inline code, in the module that CloudFormation would make of it."""
    folder = Path(tempfile.mkdtemp(prefix="inline-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "index.py").write_text(code)
    return folder
