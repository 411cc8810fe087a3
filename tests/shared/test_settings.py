import json
import os
import subprocess
import sys

from shared.runtime.settings import Settings, SettingsError

import pytest

from tests.support.client import ROOT, Client


def test_a_missing_value_is_named_with_what_it_should_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(
        SettingsError, match=r"DATABASE_URL is not set; it should be a URL such as postgresql://"
    ):
        _ = Settings().database_url


def test_a_wrong_value_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://user:secret@host/db")
    with pytest.raises(SettingsError, match="DATABASE_URL is not valid; it should be") as raised:
        _ = Settings().database_url
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+pg8000"])
def test_each_usual_spelling_of_a_database_url_will_do(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{scheme}://user@host:5432/name")
    assert Settings().database_url == "postgresql+pg8000://user@host:5432/name"


def test_a_function_needs_only_what_it_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("LOG_LEVEL", raising=False)
    assert Settings().log_level == "INFO"


def test_a_password_has_no_place_beside_iam(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_LOGIN", "iam")
    monkeypatch.setenv("DATABASE_URL", "postgresql://user@host/name")
    assert Settings().database_login == "iam"
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:secret@host/name")
    with pytest.raises(SettingsError, match="should hold no password") as raised:
        _ = Settings().database_login
    assert "secret" not in str(raised.value)
    monkeypatch.setenv("DATABASE_URL", "postgresql://user@host/name")
    monkeypatch.setenv("DATABASE_READER_URL", "postgresql://user:secret@reader/name")
    with pytest.raises(SettingsError, match="should hold no password"):
        _ = Settings().database_login


def test_a_reader_is_named_as_a_database_is_or_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_READER_URL", raising=False)
    assert Settings().replica_url is None
    monkeypatch.setenv("DATABASE_READER_URL", "postgresql://user@reader:5432/name")
    assert Settings().replica_url == "postgresql+pg8000://user@reader:5432/name"
    monkeypatch.setenv("DATABASE_READER_URL", "reader")
    with pytest.raises(SettingsError, match="DATABASE_READER_URL is not valid; it should be a URL such as"):
        _ = Settings().replica_url


def test_a_login_that_nobody_knows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_LOGIN", "ldap")
    with pytest.raises(SettingsError, match="DATABASE_LOGIN is not valid; it should be plain or iam"):
        _ = Settings().database_login


REDIS_URLS = ("redis://127.0.0.1", "rediss://user@cache.test:6379", "redis://:p%40ss@[::1]:6379/0?a=b")


@pytest.mark.parametrize("url", REDIS_URLS)
def test_each_usual_spelling_of_a_redis_url_will_do(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("REDIS_URL", url)
    assert Settings().redis_url == url


@pytest.mark.parametrize(
    "url", ["garbage", "redis://", "redis://host:port", "redis://a:b:6379", "http://host"]
)
def test_a_redis_url_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("REDIS_URL", url)
    with pytest.raises(SettingsError, match="REDIS_URL is not valid; it should be a URL such as rediss://"):
        _ = Settings().redis_url


@pytest.mark.parametrize("level", ["debug", "Debug", "DEBUG"])
def test_a_log_level_is_read_in_any_case(monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    monkeypatch.setenv("LOG_LEVEL", level)
    assert Settings().log_level == "DEBUG"


CALL = """
import json
from tests.support.client import Context, handler_of, make_event
claims = {"iss": "i", "sub": "1", "type": "access"}
event = make_event("GET", "/api/v1/gadgets", "/api/v1/gadgets", claims=claims)
print(handler_of("list_gadgets")(event, Context())["statusCode"])
"""


def test_a_function_logs_a_wrong_log_level_and_serves(api: Client) -> None:
    """In a process of its own, since a process has one logger."""
    environment = os.environ | {"LOG_LEVEL": "chatty", "PYTHONPATH": f"{ROOT}:{ROOT}/functions"}
    ran = subprocess.run([sys.executable, "-c", CALL], env=environment, capture_output=True, check=True)
    wrong, call, status = ran.stdout.decode().splitlines()
    assert (json.loads(wrong)["level"], json.loads(wrong)["message"]) == (
        "ERROR",
        "LOG_LEVEL is not valid; it should be DEBUG, INFO, WARNING or ERROR",
    )
    assert (json.loads(call)["status"], status) == (200, "200")
