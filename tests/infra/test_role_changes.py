"""Rights widen before they are used and narrow after: no step of a change takes one that is still in use."""

import copy
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from infra.emulator.cloudformation import Resolver
from infra.emulator.template_yaml import of_type, parse
from tests.infra.test_template import Resources, translated
from tests.support.client import ROOT

KEYS = {"SigningKeyA": "a", "SigningKeyA.Arn": "arn-a", "SigningKeyB": "b", "SigningKeyB.Arn": "arn-b"}
KEPT = {"LogGroupArn"}  # made once; the other parameters of roles.yaml name what may be replaced
IDENTITY, ROLES = ROOT / "infra/stacks/identity.yaml", ROOT / "infra/stacks/roles.yaml"

type Source = dict[str, Any]


@dataclass(frozen=True)
class Release:
    """What a deployment signs with, may sign with, and publishes; each by the keys' letters."""

    uses: set[str]
    rights: set[str]
    publishes: set[str]


def release(identity: Source, roles: Source, parameters: dict[str, str]) -> Release:
    resolver = Resolver(parameters | KEYS, identity["Conditions"], {})
    outputs = {name: resolver.resolve(_as_ref(each["Value"])) for name, each in identity["Outputs"].items()}
    signing = roles["Resources"]["Signing"]["Properties"]["PolicyDocument"]["Statement"][0]
    rights = Resolver({"SigningKeyArns": outputs["SigningKeyArns"]}, {}, {}).resolve(signing["Resource"])
    published = resolver.resolve(identity["Resources"]["KeySet"]["Properties"]["Keys"])
    return Release(
        {outputs["SigningKey"]}, {arn.removeprefix("arn-") for arn in rights}, set(published) - {None}
    )


def _as_ref(value: Any) -> Any:
    match value:
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return {"Ref": f"{name}.{attribute}"}
        case {"Fn::GetAtt": str(name)}:
            return {"Ref": name}
        case dict():
            return {name: _as_ref(each) for name, each in value.items()}
        case list():
            return [_as_ref(each) for each in value]
    return value


def documented_steps() -> list[dict[str, str]]:
    """The parameters before the rotation and after each of its steps, as docs/run.md has them."""
    text = (ROOT / "docs/run.md").read_text()
    section = text.partition("## Rotate the signing key")[2].partition("\n## ")[0]
    changes = re.findall(r"^\d\. `(\w+)=(\w+)`", section, re.MULTILINE)
    states = [{"SigningKey": "A", "PublishBothKeys": "false"}]
    for name, value in changes:
        states.append(states[-1] | {name: value})
    return states


def cut_off(identity: Source, roles: Source, steps: list[dict[str, str]]) -> list[tuple[int, set[str]]]:
    """The steps in which a key that signs before or after is not everybody's to use and to find."""
    releases = [release(identity, roles, parameters) for parameters in steps]
    found = []
    for number, (old, new) in enumerate(pairwise(releases), 1):
        usable = old.rights & new.rights & old.publishes & new.publishes
        if lost := (old.uses | new.uses) - usable:
            found.append((number, lost))
    return found


def test_the_documented_rotation_leads_from_one_key_to_the_other() -> None:
    steps = documented_steps()
    assert len(steps) == 4
    assert steps[-1] == {"SigningKey": "B", "PublishBothKeys": "false"}


def test_a_rotation_cuts_nobody_off() -> None:
    steps = documented_steps()
    back = [{**each, "SigningKey": "AB"["AB".index(each["SigningKey"]) - 1]} for each in steps]
    assert cut_off(parse(IDENTITY), parse(ROLES), steps) == []
    assert cut_off(parse(IDENTITY), parse(ROLES), back) == []


def test_a_rotation_in_fewer_steps_is_seen() -> None:
    first, both, other, last = documented_steps()
    assert cut_off(parse(IDENTITY), parse(ROLES), [first, last]) == [(1, {"a", "b"})]
    assert cut_off(parse(IDENTITY), parse(ROLES), [first, other, last]) == [(1, {"b"})]
    assert cut_off(parse(IDENTITY), parse(ROLES), [first, both, last]) == [(2, {"a"})]


def test_a_right_to_the_signing_key_alone_is_seen() -> None:
    identity = parse(IDENTITY)
    one = {
        "Fn::If": ["SignsA", {"Fn::GetAtt": ["SigningKeyA", "Arn"]}, {"Fn::GetAtt": ["SigningKeyB", "Arn"]}]
    }
    identity["Outputs"]["SigningKeyArns"]["Value"] = {"Fn::Split": [",", one]}
    roles = parse(ROLES)
    roles["Resources"]["Signing"]["Properties"]["PolicyDocument"]["Statement"][0]["Resource"] = {
        "Ref": "SigningKeyArns"
    }
    assert cut_off(identity, roles, documented_steps()) == [(2, {"a", "b"})]


def changed_in_place(roles: Resources) -> set[str]:
    """Who is given a right to a replaceable thing by anything but a policy that is replaced with it.

    A policy's description is create-only: with another value the new policy is made and attached before
    any function changes, and the old one deleted when the whole deployment has succeeded.
    """
    policies = {
        name: policy
        for name, policy in of_type(roles, "AWS::IAM::ManagedPolicy")
        if "ManagedPolicyName" not in policy  # with a fixed one it could not exist along with the old
    }
    wrong = set()
    for name, resource in roles.items():
        described = policies.get(name, {}).get("Description")
        named = _references(resource.get("Properties", {}).get("PolicyDocument")) | _references(
            resource.get("Properties", {}).get("Policies")
        )
        if any({"Ref": parameter} != described for parameter in named - KEPT):
            wrong.add(name)
    replaced = {name for name, policy in policies.items() if "Description" in policy}
    for name, role in of_type(roles, "AWS::IAM::Role"):
        # From the role's side the old policy would be detached when the role is updated, which is at once.
        if any(arn.get("Ref") in replaced for arn in role["ManagedPolicyArns"]):
            wrong.add(name)
    return wrong


def _references(value: Any) -> set[str]:
    match value:
        case {"Ref": str(name)}:
            return set() if name.startswith("AWS::") else {name}
        case dict():
            return {found for each in value.values() for found in _references(each)}
        case list():
            return {found for each in value for found in _references(each)}
    return set()


def test_what_may_be_replaced_is_reached_until_nothing_uses_it() -> None:
    """So functions reach both proxies, whichever release they are of, while one takes the other's place."""
    roles = translated(ROLES)
    assert {"DatabaseUserArn", "SigningKeyArns"} <= _references(roles)
    assert changed_in_place(roles) == set()


def test_a_right_that_would_move_at_once_is_seen() -> None:
    roles = translated(ROLES)

    def mutated() -> Any:
        return copy.deepcopy(roles)

    fixed = mutated()
    fixed["Database"]["Properties"]["Description"] = "the database"
    assert changed_in_place(fixed) == {"Database"}
    named = mutated()
    named["Signing"]["Properties"]["ManagedPolicyName"] = "signing"
    assert changed_in_place(named) == {"Signing"}
    inline = mutated()
    statement = {"Effect": "Allow", "Action": "rds-db:connect", "Resource": {"Ref": "DatabaseUserArn"}}
    inline["DatabaseRole"]["Properties"]["Policies"] = [{"PolicyDocument": {"Statement": [statement]}}]
    assert changed_in_place(inline) == {"DatabaseRole"}
    attached = mutated()
    attached["DatabaseRole"]["Properties"]["ManagedPolicyArns"].append({"Ref": "Database"})
    assert changed_in_place(attached) == {"DatabaseRole"}
