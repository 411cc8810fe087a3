"""Our API's definition as the gateway imports it, with placeholders for values of a deployment."""

import re
from typing import Any

from infra.emulator.cloudformation import Resolver
from infra.emulator.template_yaml import parse
from infra.tools.deployment.translation import defaults, translate
from infra.tools.preflight.template_demands import MAIN

ISSUER = (
    "https://accounts.google.com"  # any reachable one: the gateway reads its discovery document at the import
)
FUNCTION = (
    "arn:aws:lambda:{region}:123456789012:function:{name}:live"  # the gateway does not check that it exists
)


def definition(region: str) -> dict[str, Any]:
    """Returns the OpenAPI document with every route, including those of the built-in issuer."""
    source = parse(MAIN)
    parameters = defaults(source)
    body = translate(MAIN, parameters)["Resources"]["Api"]["Properties"]["Body"]
    conditions = Resolver(parameters, source["Conditions"], {})
    concrete: dict[str, Any] = _concrete(_in_force(body, conditions), parameters, region)
    return concrete


def _in_force(value: Any, conditions: Resolver) -> Any:
    match value:
        case {"Fn::If": [str(condition), yes, no]}:
            return _in_force(yes if conditions.holds(condition) else no, conditions)
        case dict():
            kept = {name: _in_force(each, conditions) for name, each in value.items()}
            return {name: each for name, each in kept.items() if each != {"Ref": "AWS::NoValue"}}
        case list():
            return [_in_force(each, conditions) for each in value]
    return value


def _concrete(value: Any, parameters: dict[str, str], region: str) -> Any:
    match value:
        case {"Fn::GetAtt": ["Identity", "Outputs.Issuer"]}:
            return ISSUER
        case {"Fn::Split": [separator, text]}:
            return _concrete(text, parameters, region).split(separator)
        case {"Ref": str(name)}:
            return parameters[name]
        case {"Fn::Sub": str(text)}:
            text = re.sub(
                r"\$\{(\w+)Aliaslive\}", lambda name: FUNCTION.format(region=region, name=name[1]), text
            )
            known = parameters | {"AWS::Partition": "aws", "AWS::Region": region}
            return re.sub(r"\$\{([\w:]+)\}", lambda name: known[name[1]], text)
        case dict():
            return {name: _concrete(each, parameters, region) for name, each in value.items()}
        case list():
            return [_concrete(each, parameters, region) for each in value]
    return value
