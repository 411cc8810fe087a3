"""The bodies of sign-in that functions parse by themselves: the JSON of login, the form of a service.

Login also takes the password form of OAuth2, which the security scheme `Login` describes. With two
kinds of body, generators of clients write code that sends no Content-Type or does not compile.
"""

import importlib
from typing import Any

from infra.tools.openapi.examples import example_of


def login_schemas() -> dict[str, Any]:
    return {"LoginJson": importlib.import_module("accounts.credentials").LoginJson.model_json_schema()}


def login_body(schemas: dict[str, Any]) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/LoginJson"}
    example = example_of(schema, schemas)
    del example["email"]  # a body has username or e-mail
    return {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}


def token_body(schemas: dict[str, Any]) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/TokenRequest"}
    media = {"schema": schema, "example": example_of(schema, schemas)}
    return {"required": True, "content": {"application/x-www-form-urlencoded": media}}
