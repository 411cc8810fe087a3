"""Reads a template's YAML as CloudFormation does, and inserts included files."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from samtranslator.yaml_helper import intrinsics_multi_constructor

from infra.emulator.command_error import CommandError


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads dates as text and functions in their short form."""


_Loader.add_multi_constructor("!", intrinsics_multi_constructor)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", yaml.SafeLoader.construct_yaml_str)


def parse(file: Path) -> dict[str, Any]:
    """The template without empty values, with its included files. Errors: CommandError."""
    source = read_yaml(file)
    if not isinstance(source, dict) or not isinstance(source.get("Resources"), dict):
        raise CommandError(f"{file.name} has no Resources")
    return source


def read_yaml(file: Path) -> Any:
    """Errors: CommandError."""
    try:
        written = yaml.load(file.read_text(), _Loader)  # noqa: S506  it extends the safe loader
    except OSError as error:
        raise CommandError(f"{error.filename} cannot be read: {error.strerror}") from None
    except Exception as error:  # one of PyYAML's errors, which names the line
        raise CommandError(f"{file.name} is not valid YAML: {' '.join(str(error).split())}") from None
    return _expanded(written, file.parent)


def _expanded(value: Any, folder: Path) -> Any:
    """Drops empty sections such as `Globals:` alone on a line, and inserts included files.

    Errors: CommandError for what only CloudFormation expands.
    """
    match value:
        case {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": str(place)}}, **rest} if (
            not place.startswith("s3://")
        ):
            return _expanded({**read_yaml(folder / place), **rest}, folder)
        case dict():
            kept = {str(name): each for name, each in value.items() if each is not None}
            if written := [name for name in kept if name.startswith(("Fn::ForEach", "Fn::Transform"))]:
                raise CommandError(
                    f"{written[0]} is not expanded here: CloudFormation does that in the cloud"
                )
            return {name: _expanded(each, folder) for name, each in kept.items()}
        case list():
            return [_expanded(each, folder) for each in value]
    return value


def of_type(resources: Mapping[str, Any], type_: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and properties of each resource of that type."""
    return ((name, each.get("Properties", {})) for name, each in resources.items() if each["Type"] == type_)
