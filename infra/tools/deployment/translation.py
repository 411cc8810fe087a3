"""Translates our own templates as SAM does at a deployment."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from infra.emulator.sam import CODE, transformed
from infra.emulator.template_yaml import parse

CODE_PROPERTIES = {"CodeUri", "ContentUri", "DefinitionUri"}


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
    shared = source.get("Globals", {}).get("Function", {})
    for properties in (shared, *(each.get("Properties", {}) for each in resources.values())):
        for key in CODE_PROPERTIES & set(properties):
            properties[key] = f"{CODE}/{quote(str(properties[key]))}"
    return transformed(file, {**source, "Resources": resources}, parameters)
