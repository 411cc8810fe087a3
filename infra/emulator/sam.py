"""Translates a SAM template to CloudFormation with SAM's own translator."""

import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform

from infra.emulator.command_error import CommandError
from infra.emulator.template_yaml import parse, read_yaml

CODE = "s3://local/code"  # SAM accepts only code in S3, and does not look at it
CODE_PROPERTIES = {"CodeUri", "ContentUri", "DefinitionUri"}
REGION = "us-east-1"  # SAM requires a region; nothing real is in it


def defaults(template: Mapping[str, Any]) -> dict[str, str]:
    """The default of each parameter, empty if it has none."""
    return {name: str(each.get("Default", "")) for name, each in template["Parameters"].items()}


def translate(file: Path, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The translated template without its nested applications. Errors: CommandError, in SAM's words."""
    source = parse(file)
    resources = {
        name: each
        for name, each in source["Resources"].items()
        if each["Type"] != "AWS::Serverless::Application"
    }
    for properties in (each.get("Properties", {}) for each in resources.values()):
        if isinstance(definition := properties.get("DefinitionUri"), str):
            properties["DefinitionBody"] = read_yaml(file.parent / definition)
            del properties["DefinitionUri"]
    shared = source.get("Globals", {}).get("Function", {})
    for properties in (shared, *(each.get("Properties", {}) for each in resources.values())):
        for key in CODE_PROPERTIES & set(properties):
            properties[key] = f"{CODE}/{quote(str(properties[key]))}"
    return transformed(file, {**source, "Resources": resources}, parameters)


def transformed(file: Path, source: dict[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
    """Errors: CommandError, with SAM's own words."""
    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns about metrics that nobody asked for
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    try:
        translated: dict[str, Any] = transform(source, dict(parameters), _NoManagedPolicies())
    except InvalidDocumentException as error:
        causes = "; ".join(str(cause.message) for cause in error.causes)
        raise CommandError(f"{file.name} is not a valid template: {causes}") from None
    except Exception as error:  # the translator's own mistakes with unusual templates
        raise CommandError(f"{file.name}: SAM's translator failed: {type(error).__name__}: {error}") from None
    return translated


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
