"""The body of login, which its function parses by itself: JSON, or the password form of OAuth2."""

import importlib
from typing import Any

from infra.tools.openapi.examples import example_of

KINDS = {"application/json": "LoginJson", "application/x-www-form-urlencoded": "LoginForm"}


def login_schemas() -> dict[str, Any]:
    credentials = importlib.import_module("accounts.credentials")
    return {name: getattr(credentials, name).model_json_schema() for name in KINDS.values()}


def login_body(schemas: dict[str, Any]) -> dict[str, Any]:
    content = {}
    for kind, name in KINDS.items():
        schema = {"$ref": f"#/components/schemas/{name}"}
        example = example_of(schema, schemas)
        if name == "LoginJson":
            del example["email"]  # a body has username or e-mail
        content[kind] = {"schema": schema, "example": example}
    return {"required": True, "content": content}
