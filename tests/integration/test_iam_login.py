"""A connection signs in with a token of its own, over TLS that is verified, as RDS asks for it."""

import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from shared.database.driver.iam_auth import auth_token, use_tls_and_iam
from shared.database.replica import replica
from shared.runtime.product import IDENTIFIER
from shared.runtime.request_signing import forget_credentials
from shared.runtime.settings import settings

import boto3
import pytest
import sqlalchemy as sa

from infra.deployed.migrations.bootstrap import APP_ROLE
from infra.local.postgres import Cluster
from tests.integration.conftest import Authority, database_settings, make_authority
from tests.support.client import Client

HOST = "acme.proxy-abc.eu-west-1.rds.amazonaws.com"


class Clock:
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Those of a function's role; with a session token, as always in Lambda."""
    given = {
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "session" * 120,
        "AWS_REGION": "eu-west-1",
        "DATABASE_URL": f"postgresql://{APP_ROLE}@{HOST}:5432/{IDENTIFIER}",
        "DATABASE_LOGIN": "iam",
    }
    with database_settings(monkeypatch, **given):
        forget_credentials()
        yield
    forget_credentials()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "gmtime", lambda: clock.now.timetuple())
    for name in ("botocore.auth", "botocore.crt.auth"):  # the SDK signs by the second where it is installed
        if name in sys.modules:
            monkeypatch.setattr(f"{name}.get_current_datetime", lambda **_: clock.now)
    return clock


@pytest.mark.usefixtures("clock")
def test_the_token_is_for_this_host_port_user_and_region() -> None:
    token = auth_token(HOST, 6543, APP_ROLE)
    parts = urlsplit(f"https://{token}")
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert (parts.hostname, parts.port) == (HOST, 6543)
    assert (query["Action"], query["DBUser"]) == ("connect", APP_ROLE)
    assert query["X-Amz-Credential"] == "AKIDEXAMPLE/20260101/eu-west-1/rds-db/aws4_request"
    assert query["X-Amz-Expires"] == "900"


@pytest.mark.usefixtures("clock")
def test_the_token_is_what_the_sdk_would_send() -> None:
    client = boto3.client("rds", region_name="eu-west-1")
    theirs = client.generate_db_auth_token(HOST, 5432, APP_ROLE)
    assert parse_qs(auth_token(HOST, 5432, APP_ROLE)) == parse_qs(theirs)


@pytest.mark.usefixtures("clock")
def test_without_credentials_in_the_environment_the_sdk_finds_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    expected = auth_token(HOST, 5432, APP_ROLE)
    names = {"aws_access_key_id": "AWS_ACCESS_KEY_ID", "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY"}
    lines = [f"{name} = {os.environ[variable]}" for name, variable in names.items()]
    lines.append(f"aws_session_token = {os.environ['AWS_SESSION_TOKEN']}")
    (tmp_path / "credentials").write_text("\n".join(["[default]", *lines]))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    for variable in (*names.values(), "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(variable)
    assert auth_token(HOST, 5432, APP_ROLE) == expected


def connect(url: str) -> Any:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    use_tls_and_iam(engine)
    with engine.connect() as db:
        return db.execute(
            sa.text("SELECT current_user, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        ).one()


@pytest.fixture
def server(
    tls_server: Cluster, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> Iterator[sa.Connection]:
    """The superuser's connection, to set what `by_token` should sign in with."""
    monkeypatch.setenv("DATABASE_CA_FILE", str(authority.file))
    settings.cache_clear()
    owner = sa.create_engine(tls_server.owner_url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with owner.connect() as db:
        db.execute(sa.text("DROP ROLE IF EXISTS by_token"))
        db.execute(sa.text("CREATE ROLE by_token LOGIN"))
        yield db


def expect(server: sa.Connection, token: str) -> None:
    server.exec_driver_sql(f"ALTER ROLE by_token PASSWORD '{token}'")


def test_each_new_connection_has_a_fresh_token_over_tls(
    server: sa.Connection, tls_server: Cluster, clock: Clock
) -> None:
    url = f"postgresql+pg8000://by_token@localhost:{tls_server.port}/{IDENTIFIER}"
    first = auth_token("localhost", tls_server.port, "by_token")
    assert len(first) > 1000
    expect(server, first)
    assert tuple(connect(url)) == ("by_token", True)

    clock.now += timedelta(minutes=16)
    with pytest.raises(sa.exc.ProgrammingError, match="password authentication failed"):
        connect(url)  # what it sends now is no longer the first token
    expect(server, auth_token("localhost", tls_server.port, "by_token"))
    assert tuple(connect(url)) == ("by_token", True)


@pytest.mark.usefixtures("clock")
def test_a_reader_has_a_token_for_its_own_host(
    server: sa.Connection, tls_server: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"postgresql://by_token@localhost:{tls_server.port}/{IDENTIFIER}"
    expect(server, auth_token("localhost", tls_server.port, "by_token"))
    with database_settings(monkeypatch, DATABASE_READER_URL=url), replica().engine.connect() as db:
        assert db.scalar(sa.text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")) is True


def invalid_event_response(url: str) -> str:
    with pytest.raises(Exception) as raised:  # the driver may wrap it
        connect(url)
    causes: list[BaseException | None] = [raised.value]
    while (cause := causes[-1]) is not None:
        causes.append(cause.__cause__ or cause.__context__)
    return " ".join(str(cause) for cause in causes)


@pytest.mark.usefixtures("server")
def test_another_host_name_is_refused(tls_server: Cluster) -> None:
    said = invalid_event_response(f"postgresql+pg8000://by_token@127.0.0.1:{tls_server.port}/{IDENTIFIER}")
    assert "IP address mismatch" in said


@pytest.mark.usefixtures("server")
def test_a_certificate_of_another_authority_is_refused(
    tls_server: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_CA_FILE", str(make_authority(tmp_path / "other").file))
    settings.cache_clear()
    said = invalid_event_response(f"postgresql+pg8000://by_token@localhost:{tls_server.port}/{IDENTIFIER}")
    assert "CERTIFICATE_VERIFY_FAILED" in said


def test_a_server_without_tls_gets_no_token(cluster: Cluster) -> None:
    """`cluster` is the plain one of the other tests."""
    said = invalid_event_response(f"postgresql+pg8000://by_token@localhost:{cluster.port}/{IDENTIFIER}")
    assert "SSL" in said


def test_a_wrong_certificate_is_503_to_the_caller(
    db: sa.Connection, tls_server: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"postgresql://by_token@localhost:{tls_server.port}/{IDENTIFIER}"
    with database_settings(monkeypatch, DATABASE_URL=url, DATABASE_CA_FILE=""):
        answer = Client().as_user(1).get("/api/v1/gadgets")
    assert (answer.status, answer.error) == (503, "service_unavailable")
    assert b"CERTIFICATE" not in answer.body
