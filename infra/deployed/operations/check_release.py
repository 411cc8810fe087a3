"""CodeDeploy's hook before traffic: calls a function's new version once and accepts or rejects it.

The call changes nothing: it is a read, or a request that fails before any lookup. It proves that the version
starts, has its environment and network rights, and answers by the contract. Source: CodeDeploy user guide,
"AppSpec 'hooks' section for an AWS Lambda deployment".
"""

import json
import logging
import os
from typing import Any

import boto3

LOGGER = logging.getLogger()


def handler(event: dict[str, str], context: object) -> None:
    deployment = boto3.client("codedeploy")
    try:
        problem = check(deployment.get_deployment(deploymentId=event["DeploymentId"])["deploymentInfo"])
    except Exception:  # CodeDeploy would wait an hour for an answer
        LOGGER.exception("The new version could not be called")
        problem = "could not be called"
    if problem:
        LOGGER.error("The new version is not used: %s", problem)
    deployment.put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status="Failed" if problem else "Succeeded",
    )


def check(deployment: dict[str, Any]) -> str | None:
    """Returns the fault of the new version, if it has one."""
    revision = deployment["revision"]
    content = revision.get("appSpecContent") or revision["string"]
    [resource] = json.loads(content["content"])["Resources"]
    [properties] = [each["Properties"] for each in resource.values()]
    name, version = properties["Name"], properties["TargetVersion"]
    method, path, status = json.loads(os.environ["CALLS"])[name]
    payload = json.dumps(call(method, path)).encode()
    answer = boto3.client("lambda").invoke(FunctionName=name, Qualifier=version, Payload=payload)
    body = answer["Payload"].read().decode()
    if "FunctionError" in answer:
        return f"{name}:{version} failed: {body}"
    if json.loads(body).get("statusCode") != status:
        return f"{name}:{version} should answer {method} {path} with {status}: {body}"
    return None


def call(method: str, path: str) -> dict[str, Any]:
    """Builds an HTTP API event (payload format 2.0) without a caller: the parts of it that functions read.

    Methods that write get a body.
    """
    secret, _, _ = os.environ.get("ORIGIN_SECRET", "").partition(",")
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "headers": {"content-type": "application/json", "x-origin-secret": secret},
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "192.0.2.1", "userAgent": "check"},
            "requestId": "check",
        },
        **({} if method == "GET" else {"body": "{}"}),
    }
