"""The events that contestants get, as API Gateway sends them; `NUMBER` is another number in each call."""

import json
from typing import Any

from shared.runtime.product import NAME

from tests.support.client import make_event

ISSUER = "https://issuer.test"
CLAIMS = {"sub": "1", "iss": ISSUER, "aud": NAME, "type": "access"}
ITEM = {"name": "NUMBER", "description": "of NUMBER"}


def event(
    method: str,
    route_path: str,
    path: str = "",
    body: Any = None,
    headers: dict[str, str] | None = None,
    claims: dict[str, str] | None = CLAIMS,
) -> str:
    made = make_event(method, route_path, path or route_path, json=body, headers=headers, claims=claims)
    if body is not None:  # the gateway encodes what is no text
        made |= {"body": json.dumps(body), "isBase64Encoded": False}
    return json.dumps(made)


HEALTH = event("GET", "/health")
READINESS = event("GET", "/api/v1/health")
READ = event("GET", "/api/v1/items/{id}", "/api/v1/items/7")
READ_PROFILE = event("GET", "/api/v1/users/{id}", "/api/v1/users/1")
LIST = event("GET", "/api/v1/items")
CREATE = event("POST", "/api/v1/items", body=ITEM)
CREATE_KEYED = event("POST", "/api/v1/items", body=ITEM, headers={"Idempotency-Key": "NUMBER"})
UPDATE = event("PUT", "/api/v1/items/{id}", "/api/v1/items/8", ITEM)
UPDATE_BOOK = event("PUT", "/api/v1/books/{id}", "/api/v1/books/1", {"title": "NUMBER", "category_ids": [1]})
