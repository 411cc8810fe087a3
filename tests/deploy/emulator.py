"""ministack, with the resource types that it lacks for this stack. Runs in ministack's own environment.

It proves how the templates are wired. It does not know the definition of an HTTP API, stage variables in an
event, SAM in a nested stack, the unchanged parts of one, database proxies, serverless caches and rules of
security groups; nor does it check IAM, networks or Rules.
"""

import json
import os
import re
from collections.abc import Callable
from typing import Any

from ministack.app import main
from ministack.services import apigateway, lambda_svc
from ministack.services.cloudformation import engine, provisioners

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
    """The OpenAPI document that SAM writes, as API Gateway imports it."""
    apigateway._routes[api_id], apigateway._integrations[api_id] = {}, {}
    authorizers = {
        name: create_authorizer(api_id, name, scheme["x-amazon-apigateway-authorizer"])
        for name, scheme in body.get("components", {}).get("securitySchemes", {}).items()
    }
    if "x-amazon-apigateway-cors" in body:
        apigateway._apis[api_id]["corsConfiguration"] = body["x-amazon-apigateway-cors"]
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            create_route(api_id, f"{method.upper()} {path}", operation, authorizers)


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
    """A nested template, too, is one that SAM translates."""
    return lambda body: engine._apply_transforms(parse(body))


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
    """In a nested stack, a resource that an update leaves as it is keeps what it told others."""

    def provision(*arguments: Any, **options: Any) -> Created:
        physical_id, attributes = original(*arguments, **options)
        known[physical_id] = attributes or known.get(physical_id, {})
        return physical_id, known[physical_id]

    return provision


def with_our_database(original: Callable[..., Created]) -> Callable[..., Created]:
    def create(*arguments: Any, **options: Any) -> Created:
        cluster, attributes = original(*arguments, **options)
        return cluster, attributes | {"Endpoint.Address": DATABASE_HOST}

    return create


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
arn = "arn:aws:rds:us-east-1:000000000000:db-proxy:prx-0123456789abcdef0"
HANDLERS["AWS::RDS::DBProxy"] = unknown(Endpoint=DATABASE_HOST, DBProxyArn=arn)
HANDLERS["AWS::RDS::DBProxyTargetGroup"] = unknown()
endpoint = {"Endpoint.Address": "127.0.0.1", "Endpoint.Port": "6379"}
HANDLERS["AWS::ElastiCache::ServerlessCache"] = unknown(**endpoint)
HANDLERS["AWS::EC2::SecurityGroupIngress"] = unknown()

execute = lambda_svc._execute_function_with_config_scope
lambda_svc._execute_function_with_config_scope = with_stage_variables(execute)
known: dict[str, Properties] = {}
provisioners._provision_resource = with_attributes_kept(provisioners._provision_resource, known)
provisioners._update_resource = with_attributes_kept(provisioners._update_resource, known)
engine._parse_template = with_transform(engine._parse_template)

if __name__ == "__main__":
    main()
