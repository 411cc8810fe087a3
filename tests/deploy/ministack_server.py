"""ministack, with the resource types that it lacks for this stack. Runs in ministack's own environment.

It proves how the templates are wired. It does not know the definition of an HTTP API, stage variables in an
event, SAM in a nested stack, the unchanged parts of one, what a change set would do to one, database proxies,
serverless caches, deletion protection and rules of security groups; nor does it check IAM and networks.
"""

import json
import os
import re
import signal
import urllib.request
from collections.abc import Callable
from typing import Any

from destinations import install as install_destinations
from ministack.app import main
from ministack.core import lambda_runtime
from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import apigateway, lambda_svc, rds
from ministack.services.cloudformation import engine, provisioners, stacks
from nested_change_sets import CREATE_ONLY
from nested_change_sets import install as install_nested_change_sets

HANDLERS: dict[str, dict[str, Callable[..., Any]]] = provisioners._RESOURCE_HANDLERS
DATABASE_HOST = os.environ["DATABASE_HOST"]
GATEWAY = f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}/_aws/execute-api"

type Properties = dict[str, Any]
type Created = tuple[str, Properties]


def made(answer: tuple[int, Any, Any]) -> Any:
    status, _, body = answer
    if status >= 400:
        raise ValueError(body)
    return json.loads(body)


def import_definition(api_id: str, body: Properties) -> None:
    """The OpenAPI document that SAM writes, as API Gateway imports it: whole, or not at all."""
    schemes = body.get("components", {}).get("securitySchemes", {})
    for scheme in schemes.values():
        check_issuer(scheme["x-amazon-apigateway-authorizer"]["jwtConfiguration"]["issuer"])
    apigateway._routes[api_id], apigateway._integrations[api_id] = {}, {}
    authorizers = {
        name: create_authorizer(api_id, name, scheme["x-amazon-apigateway-authorizer"])
        for name, scheme in schemes.items()
    }
    if "x-amazon-apigateway-cors" in body:
        apigateway._apis[api_id]["corsConfiguration"] = body["x-amazon-apigateway-cors"]
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            create_route(api_id, f"{method.upper()} {path}", operation, authorizers)


def check_issuer(issuer: str) -> None:
    """As FailOnWarnings has it: an issuer that does not answer fails the import."""
    try:
        discovery = read_json(f"{issuer}/.well-known/openid-configuration")
        read_json(discovery["jwks_uri"])
    except OSError as error:
        raise ValueError(f"Warnings found during import: {issuer} is no issuer: {error}") from error


def read_json(url: str) -> Properties:
    with urllib.request.urlopen(url, timeout=30) as answer:  # its 1.5 s would measure this machine
        return dict(json.load(answer))


def create_authorizer(api_id: str, name: str, definition: Properties) -> str:
    source = definition.get("identitySource", "$request.header.Authorization")
    request = {
        "name": name,
        "authorizerType": "JWT",
        "identitySource": source if isinstance(source, list) else [source],
        "jwtConfiguration": definition["jwtConfiguration"],
    }
    return str(made(apigateway._create_authorizer(api_id, request))["authorizerId"])


def create_route(api_id: str, key: str, operation: Properties, authorizers: dict[str, str]) -> None:
    definition = operation["x-amazon-apigateway-integration"]
    function = re.search(r"functions/(arn:.+)/invocations", definition["uri"])
    assert function is not None
    integration = {
        "integrationType": "AWS_PROXY",
        "integrationUri": function[1],
        "payloadFormatVersion": definition["payloadFormatVersion"],
    }
    target = made(apigateway._create_integration(api_id, integration))["integrationId"]
    route: Properties = {"routeKey": key, "target": f"integrations/{target}"}
    for security in operation.get("security", []):
        for name in set(security) & set(authorizers):
            route |= {"authorizationType": "JWT", "authorizerId": authorizers[name]}
    made(apigateway._create_route(api_id, route))


def with_definition(original: Callable[..., Created]) -> Callable[..., Created]:
    def create_or_update(*arguments: Any, **options: Any) -> Created:
        api_id, attributes = original(*arguments, **options)
        properties = next(each for each in reversed(arguments) if isinstance(each, dict))
        import_definition(api_id, properties["Body"])
        # By path, since no host name under execute-api leads to this machine.
        return api_id, attributes | {"ApiEndpoint": f"{GATEWAY}/{api_id}/$default"}

    return create_or_update


def with_transform(parse: Callable[[str], Properties]) -> Callable[[str], Properties]:
    """A nested template, too, is one that SAM translates. A policy by condition is refused."""

    def translated(body: str) -> Properties:
        template = parse(body)
        for name, resource in template["Resources"].items():
            if not isinstance(resource.get("DeletionPolicy", ""), str):
                raise ValueError(
                    f"Template format error: Every DeletionPolicy member must be a string: {name}"
                )
        return engine._apply_transforms(template)

    return translated


def with_stage_variables(execute: Callable[..., Any]) -> Callable[..., Any]:
    def run(function: Any, event: Any, *arguments: Any, **options: Any) -> Any:
        context = event.get("requestContext", {})
        if "apiId" in context:
            event["stageVariables"] = apigateway._get_stage_variables(context["apiId"], context["stage"])
        return execute(function, event, *arguments, **options)

    return run


def with_attributes_kept(
    original: Callable[..., Created], known: dict[str, Properties]
) -> Callable[..., Created]:
    """In a nested stack, a resource that an update does not change keeps its attributes."""

    def provision(*arguments: Any, **options: Any) -> Created:
        physical_id, attributes = original(*arguments, **options)
        known[physical_id] = attributes or known.get(physical_id, {})
        return physical_id, known[physical_id]

    return provision


def with_our_database(original: Callable[..., Created]) -> Callable[..., Created]:
    def create(*arguments: Any, **options: Any) -> Created:
        cluster, attributes = original(*arguments, **options)
        rds._clusters[cluster]["Endpoint"] = DATABASE_HOST
        return cluster, attributes | {"Endpoint.Address": DATABASE_HOST}

    return create


def with_protection(delete: Callable[..., Any]) -> Callable[..., Any]:
    def run(physical_id: str, properties: Properties, *arguments: Any) -> Any:
        if rds._clusters.get(physical_id, {}).get("DeletionProtection"):
            raise ValueError(
                "Cannot delete protected Cluster, please disable deletion protection and try again."
            )
        return delete(physical_id, properties, *arguments)

    return run


def named(resource_type: str, attributes: Callable[[], dict[str, str]]) -> dict[str, Callable[..., Any]]:
    """A resource with a name of its own: its replacement exists at the same time, so under another name."""
    taken: set[str] = set()

    def create(logical_id: str, properties: Properties, stack: str) -> Created:
        name = properties[CREATE_ONLY[resource_type][0]]
        if name in taken:
            raise ValueError(f"{name} already exists")
        taken.add(name)
        return name, attributes()

    def update(name: str, old: Properties, new: Properties, stack: str) -> Created:
        return name, {}  # what it had

    return {"create": create, "update": update, "delete": lambda name, properties: taken.discard(name)}


def proxy_attributes() -> dict[str, str]:
    arn = f"arn:aws:rds:{get_region()}:{get_account_id()}:db-proxy:prx-{new_uuid().replace('-', '')[:17]}"
    return {"Endpoint": DATABASE_HOST, "DBProxyArn": arn}


def forget_keys(*_: object) -> None:
    """The hours pass in which a gateway may keep an issuer's keys."""
    apigateway._jwks_cache.clear()
    apigateway._oidc_config_cache.clear()


def on_a_thread(chosen: Callable[[str], bool]) -> Callable[[str], bool]:
    """An API's import asks its issuer, who may live here: the event loop must not wait for it."""
    return lambda resource_type: resource_type == "AWS::ApiGatewayV2::Api" or chosen(resource_type)


def unknown(**attributes: str) -> dict[str, Callable[..., Any]]:
    """A resource of which nothing is needed but its attributes."""

    def create(logical_id: str, properties: Properties, stack: str) -> Created:
        return f"{stack}-{logical_id}", attributes

    def update(physical_id: str, old: Properties, new: Properties, *_: Any, **__: Any) -> Created:
        return physical_id, attributes

    return {"create": create, "update": update, "delete": lambda physical_id, properties: None}


api, cluster = HANDLERS["AWS::ApiGatewayV2::Api"], HANDLERS["AWS::RDS::DBCluster"]
api |= {"create": with_definition(api["create"]), "update": with_definition(api["update"])}
cluster |= {"create": with_our_database(cluster["create"])}
cluster |= {"delete": with_protection(cluster["delete"])}
HANDLERS["AWS::RDS::DBProxy"] = named("AWS::RDS::DBProxy", proxy_attributes)
HANDLERS["AWS::RDS::DBProxyTargetGroup"] = unknown()
endpoint = {"Endpoint.Address": "127.0.0.1", "Endpoint.Port": "6379", "ARN": "arn:cache"}
HANDLERS["AWS::ElastiCache::ServerlessCache"] = named("AWS::ElastiCache::ServerlessCache", lambda: endpoint)
for kind in ("User", "UserGroup"):
    HANDLERS[f"AWS::ElastiCache::{kind}"] = unknown(Arn=f"arn:{kind}")
HANDLERS["AWS::EC2::SecurityGroupIngress"] = unknown()

execute = lambda_svc._execute_function_with_config_scope
lambda_svc._execute_function_with_config_scope = with_stage_variables(execute)
known: dict[str, Properties] = {}
provisioners._provision_resource = with_attributes_kept(provisioners._provision_resource, known)
provisioners._update_resource = with_attributes_kept(provisioners._update_resource, known)
engine._parse_template = with_transform(engine._parse_template)
install_nested_change_sets()
install_destinations()
# Its count of calls within calls would have every function import botocore from cold, which Lambda's do not.
counted = "    _ms_install_invoke_depth()\n"
assert counted in lambda_runtime._PYTHON_WORKER_SCRIPT
lambda_runtime._PYTHON_WORKER_SCRIPT = lambda_runtime._PYTHON_WORKER_SCRIPT.replace(counted, "")
stacks._runs_on_worker_thread = on_a_thread(stacks._runs_on_worker_thread)
signal.signal(signal.SIGUSR1, forget_keys)

if __name__ == "__main__":
    main()
