"""Resolves CloudFormation's functions with the values that are known on one machine."""

import re
from collections.abc import Mapping
from typing import Any

from infra.emulator.command_error import CommandError
from infra.emulator.sam import REGION

PSEUDO_PARAMETERS = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": "local",
    "AWS::URLSuffix": "amazonaws.com",
}


class Resolver:
    """`values` are those of parameters and resources. What only the cloud knows resolves to None."""

    def __init__(
        self, values: Mapping[str, str], conditions: Mapping[str, Any], mappings: Mapping[str, Any]
    ) -> None:
        self._values = {**PSEUDO_PARAMETERS, **values}
        self._conditions, self._mappings = conditions, mappings

    def resolve(self, value: Any) -> Any:
        match value:
            case {"Ref": name, **rest} if not rest:
                return self._values.get(name)
            case {"Fn::If": [condition, yes, no]}:
                return self.resolve(yes if self._holds({"Condition": condition}) else no)
            case {"Fn::Split": [separator, text]}:
                resolved = self.resolve(text)
                return resolved.split(separator) if resolved is not None else None
            case {"Fn::Join": [separator, parts]}:
                resolved = self.resolve(parts)
                return separator.join(resolved) if resolved and None not in resolved else None
            case {"Fn::Select": [index, parts]}:
                resolved = self.resolve(parts)
                return resolved[int(index)] if isinstance(resolved, list) else None
            case {"Fn::FindInMap": keys}:
                return self._find(self.resolve(keys))
            case {"Fn::Sub": [str(text), names]}:
                return self._substitute(text, self.resolve(names))
            case {"Fn::Sub": str(text)}:
                return self._substitute(text, {})
            case {"Fn::GetAtt": [name, attribute]}:
                return self._values.get(f"{name}.{attribute}")
            case {"Fn::GetAtt": str(name)}:
                return self._values.get(name)
            case {"Fn::ImportValue": _} | {"Fn::GetAZs": _}:
                return None
            case dict():
                return {name: self.resolve(each) for name, each in value.items()}
            case list():
                return [self.resolve(each) for each in value]
        return value

    def holds(self, condition: str | None) -> bool:
        """Evaluates the condition of that name; a resource without a condition always exists."""
        return condition is None or self._holds({"Condition": condition})

    def _substitute(self, text: str, names: Mapping[str, Any]) -> str | None:
        if "/invocations" in text:
            return text  # names the function
        known = {**self._values, **names}
        if any(known.get(name) is None for name in re.findall(r"\$\{([\w:.]+)\}", text)):
            return None
        return re.sub(r"\$\{([\w:.]+)\}", lambda match: str(known[match[1]]), text)

    def _find(self, keys: list[Any]) -> Any:
        found: Any = self._mappings
        for key in keys:
            found = found.get(key, {}) if isinstance(found, dict) else {}
        return found or None

    def _holds(self, condition: Any) -> bool:
        match condition:
            case {"Condition": str(name)}:
                return self._holds(self._conditions[name])
            case {"Fn::Equals": [left, right]}:
                return bool(self.resolve(left) == self.resolve(right))
            case {"Fn::Not": [inner]}:
                return not self._holds(inner)
            case {"Fn::And": all_of}:
                return all(self._holds(each) for each in all_of)
            case {"Fn::Or": any_of}:
                return any(self._holds(each) for each in any_of)
        raise CommandError(f"a condition of the template is not understood here: {condition}")
