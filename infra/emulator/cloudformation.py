"""Resolves CloudFormation's functions with the values that are known on one machine.

Source: CloudFormation template reference, "Intrinsic function reference".
"""

import json
import re
from base64 import b64encode
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.emulator.command_error import CommandError
from infra.emulator.sam import REGION

NO_VALUE = {"Ref": "AWS::NoValue"}
PSEUDO_PARAMETERS = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": "local",
    "AWS::URLSuffix": "amazonaws.com",
}
PLACEHOLDER = re.compile(r"\$\{(!?)([^${}]+)\}")
SECRET = re.compile(r"\{\{resolve:.*?\}\}")
# Resources that SAM makes without being asked for, beside those that it names after a declared one.
IMPLICIT = ("AWS::", "Serverless", "CodeDeployServiceRole")
IN_CLOUD = ("Fn::GetAtt", "Fn::ImportValue", "Fn::GetAZs", "Fn::Cidr")


class Resolver:
    """Resolves values in a template; one that only the cloud knows stays as it is written.

    `values` are those of parameters and resources.
    """

    def __init__(
        self, values: Mapping[str, Any], conditions: Mapping[str, Any], mappings: Mapping[str, Any]
    ) -> None:
        self._values = {**PSEUDO_PARAMETERS, **values}
        self._conditions, self._mappings = conditions, mappings

    def holds(self, condition: str | None) -> bool:
        """Evaluates the condition of that name; a resource without a condition always exists."""
        return condition is None or self._holds({"Condition": condition})

    def resolve(self, value: Any) -> Any:
        match value:
            case {"Ref": str(name), **rest} if not rest:
                return self._values.get(name, value)
            case {"Fn::GetAtt": name, **rest} if not rest:
                return self._values.get(_path(name), value)
            case {"Fn::If": [condition, yes, no]}:
                return self.resolve(yes if self._holds({"Condition": condition}) else no)
            case {"Fn::Sub": [str(template), names]}:
                return self._substitute(value, template, names)
            case {"Fn::Sub": str(template)}:
                return self._substitute(value, template, {})
            case dict() if is_function(value):
                return self._call(value)
            case dict():
                resolved = {name: self.resolve(each) for name, each in value.items()}
                return {name: each for name, each in resolved.items() if each != NO_VALUE}
            case list():
                return [each for each in map(self.resolve, value) if each != NO_VALUE]
        return value

    def _call(self, value: dict[str, Any]) -> Any:
        [(name, written)] = value.items()
        arguments = self.resolve(written)
        if name in IN_CLOUD or has_unknown(arguments):
            return value
        match name, arguments:
            case "Fn::Split", [str(separator), whole]:
                return text(whole).split(separator)
            case "Fn::Join", [str(separator), list(parts)]:
                return separator.join(map(text, parts))
            case "Fn::Select", [index, list(parts)]:
                return parts[int(index)]
            case "Fn::FindInMap", [*keys]:
                return self._find(keys)
            case "Fn::Base64", whole:
                return b64encode(text(whole).encode()).decode()
        raise CommandError(f"the emulator does not support {name} with {arguments!r:.60}")

    def _substitute(self, value: Any, template: str, names: Mapping[str, Any]) -> Any:
        known = {**self._values, **{name: self.resolve(each) for name, each in names.items()}}
        found = [name.strip() for escaped, name in PLACEHOLDER.findall(template) if not escaped]
        if any(has_unknown(known.get(name)) for name in found):
            return value
        return PLACEHOLDER.sub(
            lambda match: f"${{{match[2]}}}" if match[1] else text(known[match[2].strip()]), template
        )

    def _find(self, keys: list[Any]) -> Any:
        default = keys.pop() if len(keys) == 4 else {}
        found: Any = self._mappings
        for key in keys:
            found = found.get(text(key)) if isinstance(found, dict) else None
        if found is None and "DefaultValue" not in default:
            raise CommandError(f"!FindInMap finds no {'.'.join(map(text, keys))}")
        return default["DefaultValue"] if found is None else found

    def _holds(self, condition: Any) -> bool:
        match condition:
            case {"Condition": str(name)} if name in self._conditions:
                return self._holds(self._conditions[name])
            case {"Fn::Equals": [left, right]}:
                return text(self.resolve(left)) == text(self.resolve(right))
            case {"Fn::Not": [inner]}:
                return not self._holds(inner)
            case {"Fn::And": [*all_of]}:
                return all(self._holds(each) for each in all_of)
            case {"Fn::Or": [*any_of]}:
                return any(self._holds(each) for each in any_of)
        raise CommandError(f"the emulator does not support a condition of the template: {condition}")


def text(value: Any) -> str:
    """A value as CloudFormation passes it to a property that takes text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(text, value))
    return value if isinstance(value, str) else str(value)


def is_function(value: Any) -> bool:
    """True for an intrinsic function such as `{"Ref": "Table"}`."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::"))


def has_unknown(value: Any) -> bool:
    """True for a resolved value that depends on the cloud."""
    if isinstance(value, dict):
        return is_function(value) or any(map(has_unknown, value.values()))
    if isinstance(value, list):
        return any(map(has_unknown, value))
    return value is None or (isinstance(value, str) and "{{resolve:" in value)


def first_unknown(value: Any, known: Collection[str]) -> tuple[str, str | None]:
    """The first value in `value` that only the cloud knows: as written, and its name for `--set` if any."""
    unknown = (each for each in references(value) if each[1] not in (*known, *PSEUDO_PARAMETERS))
    return next(unknown, (json.dumps(value), None))


def references(value: Any) -> Iterator[tuple[str, str | None]]:
    """The references in a value: each as written, and the name in this template that it refers to, if any."""
    match value:
        case {"Ref": str(name)}:
            yield f"!Ref {name}", name
        case {"Fn::GetAtt": name}:
            yield f"!GetAtt {_path(name)}", _path(name)
        case {"Fn::ImportValue": str(name)}:
            yield f"!ImportValue {name}", None
        case {"Fn::Sub": [str(template), dict(names)]}:
            yield from (each for each in references({"Fn::Sub": template}) if each[1] not in names)
            yield from references(list(names.values()))
        case {"Fn::Sub": str(template)}:
            found = (name.strip() for escaped, name in PLACEHOLDER.findall(template) if not escaped)
            yield from ((f"${{{name}}}", name) for name in found)
            yield from references(template)
        case dict() | list():
            for each in value.values() if isinstance(value, dict) else value:
                yield from references(each)
        case str():
            yield from ((written, None) for written in SECRET.findall(value))


def _path(attribute: Any) -> str:
    """`Resource.Attribute`, which `Fn::GetAtt` has as text or as a list."""
    return attribute if isinstance(attribute, str) else ".".join(map(text, attribute))


def require_references(file: Path, source: Mapping[str, Any]) -> None:
    """Errors: CommandError, for a `!Ref`, `!GetAtt` or `!Sub` that names no parameter and no resource."""
    known = (*source.get("Parameters", {}), *source["Resources"])
    for section in ("Globals", "Conditions", "Resources", "Outputs"):
        for name, declared in source.get(section, {}).items():
            for written, referred in references(declared):
                if referred and not referred.startswith(IMPLICIT) and not _is_declared(referred, known):
                    raise CommandError(
                        f"{file.name}: {section}.{name} has {written}, and no parameter or resource has"
                        " that name: correct it or declare it"
                    )


def _is_declared(referred: str, known: Iterable[str]) -> bool:
    """SAM names what it makes for a resource after it, as in `ItemsFunctionRole`."""
    return any(referred.startswith(name) and not referred[len(name) :][:1].islower() for name in known)
