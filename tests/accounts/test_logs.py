"""What may never stand in a log line."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from tests.accounts.conftest import PASSWORD, registration, sign_in
from tests.support.client import Client, Context, handler_of, make_event


def test_no_password_token_or_hash_is_logged(
    anyone: Client, db: sa.Connection, capfd: pytest.CaptureFixture[str], logs: list[dict[str, Any]]
) -> None:
    """A whole run with successes, refusals and failures of the database."""
    secrets = [PASSWORD, "another passphrase", "wrong password"]
    anyone.post("/api/v1/auth/register", json=registration())
    anyone.post("/api/v1/auth/register", json=registration())
    anyone.post("/api/v1/auth/register", json=registration(password=[PASSWORD]))
    alice = anyone.as_user(1)
    sign_in(anyone, password="wrong password")
    anyone.post("/api/v1/auth/login", body=f'{{"password": "{PASSWORD}"'.encode())
    pair = sign_in(anyone).json()
    secrets += [pair["access_token"], pair["refresh_token"]]
    again = anyone.post("/api/v1/auth/refresh", json={"refresh_token": pair["refresh_token"]}).json()
    secrets += [again["access_token"], again["refresh_token"]]
    anyone.post("/api/v1/auth/refresh", json={"refresh_token": pair["refresh_token"]})
    change = {"current_password": PASSWORD, "new_password": "another passphrase"}
    db.execute(sa.text("ALTER TABLE users RENAME COLUMN password_hash TO hidden"))
    db.commit()
    failed = [
        alice.put("/api/v1/users/me/password", json=change).status,
        anyone.post("/api/v1/auth/register", json=registration(username="bob")).status,
        sign_in(anyone).status,
    ]
    db.execute(sa.text("ALTER TABLE users RENAME COLUMN hidden TO password_hash"))
    db.commit()
    assert failed == [500, 500, 500]
    alice.put("/api/v1/users/me/password", json=change)
    anyone.post("/api/v1/auth/logout", json={"refresh_token": again["refresh_token"]})
    secrets.append(str(db.scalar(sa.text("SELECT password_hash FROM users"))))
    Client(claims=None).get("/api/v1/users/me", headers={"Authorization": f"Bearer {pair['access_token']}"})

    printed = json.dumps(logs, ensure_ascii=False) + "".join(capfd.readouterr())
    assert printed.count("request_id") > 10
    for secret in secrets:
        assert secret not in printed
    for part in (secret.rpartition(".")[2] for secret in secrets if secret.startswith("eyJ")):
        assert part not in printed


def test_sign_in_failures_are_counted(anyone: Client, capfd: pytest.CaptureFixture[str]) -> None:
    sign_in(anyone, "nobody")
    printed = capfd.readouterr().out
    assert '"SignInFailure":[1.0]' in printed.replace(" ", "")


def test_a_calls_line_names_the_caller_and_the_user_agent_and_no_other_personal_data(
    anyone: Client, logs: list[dict[str, Any]]
) -> None:
    anyone.post("/api/v1/auth/register", json=registration())
    anyone.as_user(1).get("/api/v1/users/me")
    anyone.get("/api/v1/users/me")
    made, read, refused = [line for line in logs if "status" in line]
    assert (made.get("sub"), read.get("sub"), refused.get("sub")) == (None, "1", None)
    assert {line.get("user_agent") for line in (made, read, refused)} == {"tests"}
    for line in (made, read, refused):
        assert set(line) & {"username", "email", "ip", "claims"} == set()
        assert registration()["email"] not in json.dumps(line)


def test_a_user_agent_of_any_length_is_a_short_part_of_the_line(logs: list[dict[str, Any]]) -> None:
    event = make_event("GET", "/api/v1/gadgets", "/api/v1/gadgets")
    for given in ("x" * 8000, None):
        event["requestContext"]["http"]["userAgent"] = given
        handler_of("list_gadgets")(event, Context())
    long, none = [line.get("user_agent") for line in logs if "status" in line]
    assert (long, none) == ("x" * 200, None)


@pytest.mark.parametrize("user_agent", ["\ud800", "Mozilla \udcff"])
def test_a_user_agent_of_any_bytes_has_its_line(
    user_agent: str, logs: list[dict[str, Any]], capfd: pytest.CaptureFixture[str]
) -> None:
    event = make_event("GET", "/api/v1/gadgets", "/api/v1/gadgets")
    event["requestContext"]["http"]["userAgent"] = user_agent
    handler_of("list_gadgets")(event, Context())
    [shown] = [line["user_agent"] for line in logs if "status" in line]
    assert shown == user_agent.encode("utf-8", "backslashreplace").decode()
    assert "UnicodeEncodeError" not in capfd.readouterr().err
