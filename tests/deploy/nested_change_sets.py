"""Change sets with IncludeNestedStacks, which ministack does not know: each nested stack has one of its own.

Nor does its own show that a resource goes whose condition holds no more; and where a nested stack fails, its
event does not say which one that was. Runs in ministack's environment.
"""

import copy
import re
from collections.abc import Callable
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import cloudformation
from ministack.services.cloudformation import changesets, engine, handlers, helpers, provisioners, stacks

STACK = "AWS::CloudFormation::Stack"
UNKNOWN = "{{changeSet:KNOWN_AFTER_APPLY}}"

# Create-only properties, from the types' schemas.
CREATE_ONLY = {
    "AWS::EC2::Subnet": ("AvailabilityZone", "CidrBlock", "VpcId"),
    "AWS::RDS::DBProxy": ("DBProxyName", "EngineFamily", "VpcSubnetIds"),
    "AWS::RDS::DBProxyTargetGroup": ("DBProxyName", "TargetGroupName"),
    "AWS::ElastiCache::ServerlessCache": (
        "ServerlessCacheName",
        "SubnetIds",
        "KmsKeyId",
        "SnapshotArnsToRestore",
        "NetworkType",
        "ConnectionType",
    ),
}

type Json = dict[str, Any]
type Answer = tuple[int, Any, Any]


def install() -> None:
    actions = handlers._ACTION_HANDLERS
    actions["CreateChangeSet"] = _with_nested_stacks(actions["CreateChangeSet"])
    actions["DescribeChangeSet"] = _with_ids(actions["DescribeChangeSet"])
    changesets._resolve_props_for_diff = _with_conditions(changesets._resolve_props_for_diff)
    provisioners._REPLACING_PROPERTIES.update(CREATE_ONLY)
    stacks._add_event = _with_nested_failures(stacks._add_event)


def _with_nested_failures(add: Callable[..., None]) -> Callable[..., None]:
    """The outer stack's events name the nested stack that failed; that one's own events have the reason."""

    def add_event(
        stack_id: str, stack: str, name: str, type_: str, status: str, *rest: str, **more: str
    ) -> None:
        if type_ == STACK and name != stack and status.endswith("_FAILED"):
            failed = [
                each["StackId"]
                for each in cloudformation._stacks.values()
                if each["StackName"].startswith(f"{stack}-{name}-") and each["StackStatus"] == status
            ]
            for nested in failed:
                rest, more = (f"Embedded stack {nested} was not successfully updated", nested), {}
        add(stack_id, stack, name, type_, status, *rest, **more)

    return add_event


def _with_conditions(resolve: Callable[..., Json]) -> Callable[..., Json]:
    def what_there_is(template: Json, parameters: Json, *arguments: Any) -> Json:
        resolved = resolve(template, parameters, *arguments)
        conditions = engine._evaluate_conditions(template, parameters) if template else {}
        there = {
            name: resource
            for name, resource in resolved.get("Resources", {}).items()
            if conditions.get(resource.get("Condition"), True)
        }
        return resolved | {"Resources": there}

    return what_there_is


def _with_nested_stacks(create: Callable[[Json], Answer]) -> Callable[[Json], Answer]:
    def run(parameters: Json) -> Answer:
        answer = create(parameters)
        if answer[0] < 400 and helpers._p(parameters, "IncludeNestedStacks") == "true":
            made = re.search(r"<Id>(.+?)</Id>", _text(answer))
            assert made is not None
            _add_nested(cloudformation._change_sets[made[1]])
        return answer

    return run


def _add_nested(root: Json) -> None:
    """In the order of a deployment, so that a stack's new outputs are the next one's parameters."""
    stack, template, parameters = (
        cloudformation._stacks[root["StackName"]],
        root["_template"],
        root["_resolved_params"],
    )
    conditions = engine._evaluate_conditions(template, parameters)
    resources = dict(stack.get("_resources", {}))
    shown = {each["ResourceChange"]["LogicalResourceId"]: each["ResourceChange"] for each in root["Changes"]}
    for name in engine._topological_sort(template["Resources"], conditions):
        definition = template["Resources"][name]
        if definition["Type"] != STACK or name not in resources:
            continue
        scope = (
            resources,
            parameters,
            conditions,
            template.get("Mappings", {}),
            root["StackName"],
            root["StackId"],
        )
        properties = _resolved(definition["Properties"], scope)
        child = handlers._resolve_stack(resources[name]["PhysicalResourceId"])
        change_set, outputs = _of_child(root, child, properties)
        resources[name] = resources[name] | {
            "Attributes": {f"Outputs.{key}": value for key, value in outputs.items()}
        }
        if change_set["Changes"]:
            cloudformation._change_sets[change_set["ChangeSetId"]] = change_set
            change = shown.get(name) or {"Action": "Modify", "LogicalResourceId": name, "ResourceType": STACK}
            change |= {"PhysicalResourceId": child["StackId"], "ChangeSetId": change_set["ChangeSetId"]}
            if name not in shown:
                root["Changes"].append({"ResourceChange": change})


def _of_child(root: Json, child: Json, properties: Json) -> tuple[Json, dict[str, str]]:
    body, _ = helpers._resolve_template({"TemplateURL": [properties["TemplateURL"]]})
    template = engine._parse_template(body)
    provided = [{"Key": key, "Value": str(value)} for key, value in properties.get("Parameters", {}).items()]
    parameters = engine._resolve_parameters(template, provided)
    before, name = child["_resolved_params"], child["StackName"]
    changed = {key for key, each in parameters.items() if before.get(key, {}).get("Value") != each["Value"]}
    changes = changesets._diff_resources(
        changesets._resolve_props_for_diff(child["_template"], before, name, child["StackId"]),
        changesets._resolve_props_for_diff(template, parameters, name, child["StackId"]),
        child["_resources"],
        template,
        changed,
    )
    conditions = engine._evaluate_conditions(template, parameters)
    replaced = {
        each["ResourceChange"]["LogicalResourceId"]
        for each in changes
        if each["ResourceChange"].get("Replacement", "False") != "False"
    }
    kept = {key: each for key, each in child["_resources"].items() if key not in replaced}
    scope = (kept, parameters, conditions, template.get("Mappings", {}), name, child["StackId"])
    outputs = {
        key: _resolved({"Value": each["Value"]}, scope)["Value"]
        for key, each in template.get("Outputs", {}).items()
        if conditions.get(each.get("Condition"), True)
    }
    return _change_set(root, child, changes, parameters), outputs


def _change_set(root: Json, child: Json, changes: list[Json], parameters: Json) -> Json:
    name = f"{root['ChangeSetName']}-{child['StackName']}"
    identifier = f"{root['ChangeSetId'].rpartition(':')[0]}:changeSet/{name}/{new_uuid()}"
    return root | {
        "ChangeSetId": identifier,
        "ChangeSetName": name,
        "StackId": child["StackId"],
        "StackName": child["StackName"],
        "Changes": changes,
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": each["Value"]} for key, each in parameters.items()
        ],
    }


def _resolved(properties: Json, scope: tuple[Any, ...]) -> Json:
    found: Json = {}
    for name, value in properties.items():
        if name == "Parameters":
            found[name] = _resolved(value, scope)
            continue
        try:
            found[name] = engine._resolve_refs(copy.deepcopy(value), *scope)
        except ValueError:  # an attribute of what is not there yet
            found[name] = UNKNOWN
    return found


def _with_ids(describe: Callable[[Json], Answer]) -> Callable[[Json], Answer]:
    """Each nested stack's change names its change set."""

    def run(parameters: Json) -> Answer:
        answer = describe(parameters)
        _, found = changesets._find_change_set(
            helpers._p(parameters, "ChangeSetName"), helpers._p(parameters, "StackName")
        )
        text = _text(answer)
        for change in (each["ResourceChange"] for each in (found or {}).get("Changes", [])):
            if "ChangeSetId" in change:
                logical = f"<LogicalResourceId>{change['LogicalResourceId']}</LogicalResourceId>"
                text = text.replace(logical, f"{logical}<ChangeSetId>{change['ChangeSetId']}</ChangeSetId>")
        return answer[0], answer[1], text.encode() if isinstance(answer[2], bytes) else text

    return run


def _text(answer: Answer) -> str:
    body = answer[2]
    return body.decode() if isinstance(body, bytes) else str(body)
