"""CloudFormation's functions over what is known on one machine."""

import re
from collections.abc import Mapping
from typing import Any

from infra.emulator.failure import Failure


class Resolver:
    """CloudFormation's functions over what is known here; None for what only the cloud knows."""

    def __init__(self, parameters: Mapping[str, str], conditions: Mapping[str, Any]) -> None:
        self._parameters, self._conditions = parameters, conditions

    def resolve(self, value: Any) -> Any:
        match value:
            case {"Ref": name, **rest} if not rest:
                return self._parameters.get(name)
            case {"Fn::If": [condition, yes, no]}:
                return self.resolve(yes if self._holds({"Condition": condition}) else no)
            case {"Fn::Split": [separator, text]}:
                resolved = self.resolve(text)
                return resolved.split(separator) if resolved is not None else None
            case {"Fn::Sub": str(text)} if "/invocations" in text:
                return text  # names the function
            case {"Fn::Sub": str(text)}:
                names = re.findall(r"\$\{([\w:.]+)\}", text)
                if any(name not in self._parameters for name in names):
                    return None
                return re.sub(r"\$\{([\w:.]+)\}", lambda match: self._parameters[match[1]], text)
            case {"Fn::GetAtt": _} | {"Fn::ImportValue": _} | {"Fn::Join": _}:
                return None
            case dict():
                return {name: self.resolve(each) for name, each in value.items()}
            case list():
                return [self.resolve(each) for each in value]
        return value

    def holds(self, condition: str | None) -> bool:
        """Whether the condition of that name holds; a resource without one is always there."""
        return condition is None or self._holds({"Condition": condition})

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
        raise Failure(f"a condition of the template is not understood here: {condition}")
