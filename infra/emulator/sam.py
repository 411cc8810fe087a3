"""Translates a SAM template to CloudFormation with SAM's own translator."""

import atexit
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from infra.emulator.command_error import CommandError

LOCAL = "local"  # a bucket that does not exist: its keys are local paths
REGION = "us-east-1"  # SAM requires a region; nothing real is in it


def parse(file: Path) -> dict[str, Any]:
    """The template as written. Errors: CommandError."""
    source = _yaml(file)
    if not isinstance(source, dict) or "Resources" not in source:
        raise CommandError(f"{file.name} has no Resources")
    return source


def _yaml(file: Path) -> Any:
    try:
        return yaml_parse(file.read_text())
    except OSError as error:
        raise CommandError(f"{error.filename} cannot be read: {error.strerror}") from None
    except Exception as error:  # one of PyYAML's errors, which names the line
        raise CommandError(f"{file.name} is not valid YAML: {' '.join(str(error).split())}") from None


def defaults(template: Mapping[str, Any]) -> dict[str, str]:
    """The default of each parameter, empty if it has none."""
    return {name: str(each.get("Default", "")) for name, each in template["Parameters"].items()}


def translate(file: Path, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The translated template, without its nested applications.

    SAM accepts only code in S3, so a local path is passed as a key of a bucket that does not exist;
    `local_path` reads it back. Errors: CommandError, with SAM's own words.
    """
    source = parse(file)

    def local(path: Any) -> Any:
        if not isinstance(path, str) or path.startswith("s3://"):
            return path
        return f"s3://{LOCAL}/{quote(str((file.parent / path).resolve()))}"

    resources = source["Resources"]
    shared = source.get("Globals", {}).get("Function", {})
    if "CodeUri" in shared:
        shared["CodeUri"] = local(shared["CodeUri"])
    for name, resource in list(resources.items()):
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::Serverless::Application":
                del resources[name]
            case "AWS::Serverless::LayerVersion" if "ContentUri" in properties:
                properties["ContentUri"] = local(properties["ContentUri"])
            case "AWS::Serverless::Function" if "InlineCode" in properties:
                properties["CodeUri"] = local(str(_folder_of(properties.pop("InlineCode"))))
            case "AWS::Serverless::Function" if "CodeUri" in properties:
                properties["CodeUri"] = local(properties["CodeUri"])
            case "AWS::Serverless::HttpApi" if isinstance(properties.get("DefinitionUri"), str):
                properties["DefinitionBody"] = _yaml(file.parent / properties.pop("DefinitionUri"))
            case _ if "DefinitionUri" in properties:
                properties["DefinitionUri"] = local(properties["DefinitionUri"])
    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns about metrics that nobody asked for
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    try:
        translated: dict[str, Any] = transform(source, dict(parameters), _NoManagedPolicies())
    except InvalidDocumentException as error:
        causes = "; ".join(str(cause.message) for cause in error.causes)
        raise CommandError(f"{file.name} is not a valid template: {causes}") from None
    return translated


def local_path(code: Mapping[str, str]) -> Path | None:
    """The folder of a translated function's or layer's code, or None if it is not on this machine."""
    return Path("/" + unquote(code["S3Key"]).lstrip("/")) if code.get("S3Bucket") == LOCAL else None


@cache
def _folder_of(code: str) -> Path:
    """A new folder with inline code, in the module that CloudFormation would make of it."""
    folder = Path(tempfile.mkdtemp(prefix="inline-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "index.py").write_text(code)
    return folder


class _NoManagedPolicies:
    def load(self) -> dict[str, str]:
        return {}


def of_type(resources: Mapping[str, Any], type_: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and properties of each resource of that type."""
    return (
        (name, resource.get("Properties", {}))
        for name, resource in resources.items()
        if resource["Type"] == type_
    )
