"""What may never stand in a log line."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from tests.accounts.conftest import PASSWORD, registration, sign_in
from tests.support.client import Client


def test_no_password_token_or_hash_is_logged(
    anyone: Client, db: sa.Connection, capfd: pytest.CaptureFixture[str], logs: list[dict[str, Any]]
) -> None:
    """Over a whole run: what goes well, what is refused, and what fails in the database."""
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
