"""Headers: hostile ones cost no more than plain ones, and every answer has those of security."""

import re
import time
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.client import ROUTES, Client, Context, handler_of, make_event
from tests.support.redis_server import SetEnv

LONG = 8000  # characters; the gateway takes some 10,000 in all


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": 'a="' + '\\"' * (LONG // 2)},
        {"Cookie": 'a="' + "\\" * LONG + '"'},
        {"Cookie": "a=b;" * (LONG // 4)},
        {"Cookie": " " * LONG},
        {"Content-Type": ";" * LONG},
        {"Content-Type": "application/json;" + ' a="' * (LONG // 4)},
        {"Authorization": "Bearer" + " " * LONG + "x"},
        {"Authorization": "." * LONG},
        {"Idempotency-Key": " " * LONG},
        {"If-Match": "a" + " " * LONG + "a"},
        {"Accept-Encoding": "," * LONG},
    ],
    ids=lambda headers: "".join(f"{name}: {value[:12]}" for name, value in headers.items()),
)
def test_a_hostile_header_costs_no_more_than_a_plain_one(api: Client, headers: dict[str, str]) -> None:
    def cost(sent: dict[str, str]) -> float:
        started = time.process_time()
        for _ in range(3):
            assert api.post("/api/v1/gadgets", json={"name": "x"}, headers=sent).status < 500
        return time.process_time() - started

    cost({})  # imports, connections
    plain = min(cost({}) for _ in range(3))
    assert min(cost(headers) for _ in range(2)) < 10 * plain


def test_a_media_type_is_read_up_to_255_characters(api: Client) -> None:
    for length, status in ((255, 201), (256, 415)):
        media_type = "application/json;".ljust(length, "x")
        answer = api.post("/api/v1/gadgets", json={"name": "x"}, headers={"Content-Type": media_type})
        assert answer.status == status


SECURITY = {"strict-transport-security": "max-age=31536000", "x-content-type-options": "nosniff"}


def asked_for(operation: str) -> dict[str, Any]:
    """The function's result for a call of its own route, without a caller and with a body that it refuses."""
    route = next(row for row in ROUTES if row["operation_id"] == operation)
    path = re.sub(r"\{\w+\}", "1", route["path"])
    body = b"{" if route["method"] in ("POST", "PUT") else None
    return dict(handler_of(operation)(make_event(route["method"], route["path"], path, body=body), Context()))


@pytest.mark.parametrize("operation", [row["operation_id"] for row in ROUTES])
def test_every_function_answers_with_the_security_headers(
    db: sa.Connection, set_env: SetEnv, operation: str
) -> None:
    """Errors too; max-age alone, since other names of the domain are not ours."""
    set_env(KEY_SET="{}", JWT_ISSUER="https://issuer.test")
    headers = asked_for(operation)["headers"]
    assert {name: headers.get(name) for name in SECURITY} == SECURITY


def test_what_no_route_answers_has_the_security_headers() -> None:
    handler = handler_of("list_gadgets")
    for event in ({}, make_event("DELETE", "/api/v1/gadgets", "/api/v1/gadgets")):
        headers = handler(event, Context())["headers"]
        assert {name: headers.get(name) for name in SECURITY} == SECURITY


def test_a_documents_page_keeps_its_own_policy() -> None:
    for operation in ("docs", "redoc"):
        headers = asked_for(operation)["headers"]
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["referrer-policy"] == "no-referrer"
