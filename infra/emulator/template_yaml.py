"""Reads a template's YAML as CloudFormation does, and inserts included files."""

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
    """The template as written, without empty values. Errors: CommandError."""
    source = read_yaml(file)
    if not isinstance(source, dict) or not isinstance(source.get("Resources"), dict):
        raise CommandError(f"{file.name} has no Resources")
    return source


def read_yaml(file: Path) -> Any:
    """Errors: CommandError."""
    try:
        return _without_empty(yaml.load(file.read_text(), _Loader))  # noqa: S506  it extends the safe loader
    except OSError as error:
        raise CommandError(f"{error.filename} cannot be read: {error.strerror}") from None
    except RecursionError:
        raise CommandError(f"{file.name} refers to itself") from None
    except Exception as error:  # one of PyYAML's errors, which names the line
        raise CommandError(f"{file.name} is not valid YAML: {' '.join(str(error).split())}") from None


def _without_empty(value: Any) -> Any:
    """The value without empty sections and properties, such as `Globals:` alone on a line."""
    if isinstance(value, dict):
        return {str(name): _without_empty(each) for name, each in value.items() if each is not None}
    return [_without_empty(each) for each in value] if isinstance(value, list) else value


def expand(value: Any, folder: Path) -> Any:
    """The template with its included files. Errors: CommandError for what only CloudFormation expands."""
    match value:
        case {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": str(place)}}, **rest} if (
            not place.startswith("s3://")
        ):
            return expand({**read_yaml(folder / place), **rest}, folder)
        case dict():
            if written := [name for name in value if name.startswith(("Fn::ForEach", "Fn::Transform"))]:
                raise CommandError(
                    f"{written[0]} is not expanded here: CloudFormation does that in the cloud"
                )
            return {name: expand(each, folder) for name, each in value.items()}
        case list():
            return [expand(each, folder) for each in value]
    return value
