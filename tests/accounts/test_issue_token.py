"""Tokens for services: RFC 6749, sections 2.3.1, 3.2, 4.4 and 5.2."""

import json
from base64 import b64encode
from typing import Any
from urllib.parse import quote_plus, urlencode

from shared.database.engines import engine
from shared.identity.services import add_service

import jwt
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.support.client import Answer, Client, Form

PATH = "/api/v1/auth/token"
SCOPES = ["sample:read", "sample:write"]
GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
def service(db: sa.Connection) -> dict[str, str]:
    """Returns the credentials of a service with both scopes of the sample."""
    with Session(engine()) as session, session.begin():
        made, secret = add_service(session, "nightly import", SCOPES)
        return {"client_id": made.client_id, "client_secret": secret}


def ask(anyone: Client, *, authorization: str | None = None, **parameters: str) -> Answer:
    headers = {"Authorization": authorization} if authorization is not None else {}
    return anyone.post(PATH, json=Form(GRANT | parameters), headers=headers)


def basic(client_id: str, client_secret: str) -> str:
    pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
    return f"Basic {b64encode(pair.encode()).decode()}"


def claims_of(answer: Answer) -> dict[str, Any]:
    return jwt.decode(answer.json()["access_token"], options={"verify_signature": False})


def test_the_answer_is_an_access_token_of_30_minutes_and_no_other(
    anyone: Client, service: dict[str, str]
) -> None:
    answer = ask(anyone, **service)
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers
    body = answer.json()
    assert body.pop("access_token")
    assert body == {"token_type": "bearer", "expires_in": 1800, "scope": "sample:read sample:write"}
    claims = claims_of(answer)
    assert claims["exp"] - claims["iat"] == 1800
    assert {name: claims[name] for name in ("sub", "type", "role", "client_id", "scope")} == {
        "sub": "1",
        "type": "access",
        "role": "user",
        "client_id": "service-1",
        "scope": "sample:read sample:write",
    }
    assert "sid" not in claims


def test_the_token_reaches_the_routes_of_its_scopes(anyone: Client, service: dict[str, str]) -> None:
    answer = ask(anyone, **service, scope="sample:read")
    assert answer.json()["scope"] == "sample:read"
    caller = Client({name: str(value) for name, value in claims_of(answer).items()})
    assert caller.get("/api/v1/gadgets").status == 200
    refused = caller.post("/api/v1/gadgets", json={"name": "pen"})
    assert (refused.status, refused.error) == (403, "insufficient_scope")


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_a_client_authenticates_by_basic(anyone: Client, service: dict[str, str], scheme: str) -> None:
    authorization = basic(**service).replace("Basic", scheme)
    assert ask(anyone, authorization=authorization).status == 200
    assert ask(anyone, authorization=authorization, client_id=service["client_id"]).status == 200


def test_the_parts_of_basic_are_form_decoded(anyone: Client, service: dict[str, str]) -> None:
    escaped = "".join(f"%{ord(each):02X}" for each in service["client_id"])
    pair = f"{escaped}:{service['client_secret']}"
    assert ask(anyone, authorization=f"Basic {b64encode(pair.encode()).decode()}").status == 200


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"client_secret": "wrong"},
        {"client_id": "service-2"},
        {"client_id": "service-99999999999999999999"},
        {"client_id": "service-9999999999999999999"},
        {"client_id": "service-01"},
        {"client_id": "service-\u0661"},
        {"client_id": "1"},
        {"client_id": "service:1"},
        {"client_id": "a\x00b", "client_secret": "\x00"},
    ],
)
@pytest.mark.parametrize("method", ["form", "Basic"])
def test_who_is_not_known_is_invalid_client(
    anyone: Client, service: dict[str, str], given: dict[str, str], method: str
) -> None:
    wrong = service | given if given else {"client_id": service["client_id"], "client_secret": ""}
    answer = ask(anyone, **wrong) if method == "form" else ask(anyone, authorization=basic(**wrong))
    assert (answer.status, answer.error) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith('Basic realm="')


@pytest.mark.parametrize(
    "authorization",
    [
        *("", "Basic", "Basic !", "Basic YQ==", "Bearer YTpi", "Basic YTpi,Basic YTpi", "Basic \u00e9"),
        *(
            f"Basic {b64encode(pair).decode()}"
            for pair in (b"\xff", b"%FF:a", b"%ED%A0%80:a", b"a:b\r\nX-Evil: 1")
        ),
    ],
)
def test_a_header_that_authenticates_nobody_is_invalid_client(
    anyone: Client, db: sa.Connection, authorization: str
) -> None:
    answer = ask(anyone, authorization=authorization)
    assert (answer.status, answer.error) == (401, "invalid_client")


def test_no_authentication_at_all_is_invalid_client(anyone: Client, service: dict[str, str]) -> None:
    assert ask(anyone).error == "invalid_client"
    assert ask(anyone, client_id=service["client_id"]).error == "invalid_client"
    assert ask(anyone, client_secret=service["client_secret"]).error == "invalid_client"


@pytest.mark.parametrize("more", [{"client_secret": "same"}, {"client_id": "service-2"}])
def test_two_methods_at_once_are_refused(
    anyone: Client, service: dict[str, str], more: dict[str, str]
) -> None:
    more = {name: service[name] if value == "same" else value for name, value in more.items()}
    answer = ask(anyone, authorization=basic(**service), **more)
    assert (answer.status, answer.error) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ("", "invalid_request"),
        ("grant_type=", "invalid_request"),
        ("grant_type=password", "unsupported_grant_type"),
        ("grant_type=client_credentials&grant_type=client_credentials", "invalid_request"),
        ("grant_type=client_credentials&colour=1&colour=", "invalid_request"),
        ("grant_type=client_credentials&scope=%FF", "invalid_request"),
        ("grant_type=client_credentials&scope=items%3Adelete", "invalid_scope"),
        ("grant_type=client_credentials&scope=sample%3Aread++sample%3Awrite", "invalid_scope"),
        ("grant_type=client_credentials&scope=+", "invalid_scope"),
        ("grant_type=client_credentials&scope=%00", "invalid_scope"),
        ("grant_type=client_credentials&scope=sample%3Aread+accounts%3Aread", "invalid_scope"),
    ],
)
def test_a_request_that_is_wrong_has_its_code(
    anyone: Client, service: dict[str, str], more: str, error: str
) -> None:
    body = f"{urlencode(service)}&{more}".encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = anyone.post(PATH, body=body, headers=headers)
    assert (answer.status, answer.error) == (400, error)
    assert answer.headers["cache-control"] == "no-store"


def test_unknown_parameters_are_ignored_and_empty_ones_are_absent(
    anyone: Client, service: dict[str, str]
) -> None:
    answer = ask(anyone, **service, scope="", resource="https://api.example", colour="")
    assert answer.json()["scope"] == " ".join(SCOPES)
    assert ask(anyone, authorization=basic(**service), client_secret="").status == 200


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "text/plain"}, {"Content-Encoding": "gzip"}])
def test_only_a_form_is_taken(anyone: Client, service: dict[str, str], headers: dict[str, str]) -> None:
    answer = anyone.post(PATH, body=json.dumps(GRANT | service).encode(), headers=headers)
    assert (answer.status, answer.error) == (415, "unsupported_media_type")


def test_a_form_is_a_mebibyte_at_most(anyone: Client, service: dict[str, str]) -> None:
    answer = ask(anyone, **service, colour="x" * 2**20)
    assert (answer.status, answer.error) == (413, "payload_too_large")


def test_the_last_use_is_recorded(anyone: Client, service: dict[str, str], db: sa.Connection) -> None:
    last_used = sa.text("SELECT last_used_at IS NOT NULL FROM services")
    ask(anyone, **service | {"client_secret": "wrong"})
    assert db.scalar(last_used) is False
    db.rollback()
    ask(anyone, **service)
    assert db.scalar(last_used) is True
