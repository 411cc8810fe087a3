"""Error responses of the document: the common body, the gateway's own, a status's codes as examples."""

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from shared.http import ApiError
from shared.http.errors import error_response

from infra.tools.openapi.headers import references

REQUEST_ID = "JKJaXmPLvHcESHA="
GATEWAYS_OWN = {"$ref": "#/components/responses/GatewaysOwn"}
THROTTLED = {"$ref": "#/components/responses/Throttled"}
ERROR, GATEWAY = ({"$ref": f"#/components/schemas/{name}"} for name in ("ErrorBody", "GatewayError"))

# Statuses that API Gateway itself answers with too, and its messages.
GATEWAYS = {
    401: "Unauthorized",
    403: "Forbidden",
    413: "Request Entity Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


def error_answer(status: int, errors: list[ApiError], headers: list[str]) -> dict[str, Any]:
    examples = {each.code: {"summary": each.message, "value": _shown(each)} for each in errors}
    schema: dict[str, Any] = ERROR
    if status in GATEWAYS:
        schema = {"anyOf": [ERROR, GATEWAY]}
        examples["gateway"] = {"summary": "The gateway's own", "value": {"message": GATEWAYS[status]}}
        headers = [*headers, "Apigw-Requestid"]
    codes = ", ".join(f"`{each}`" for each in examples if each != "gateway")
    made = response(f"{HTTPStatus(status).phrase}: {codes}", headers)
    return made | {"content": {"application/json": {"schema": schema, "examples": examples}}}


def response(description: str, headers: Iterable[str]) -> dict[str, Any]:
    return {"description": description, "headers": references(list(headers))}


def _shown(error: ApiError) -> Any:
    return json.loads(bytes(error_response(error, REQUEST_ID).body))
