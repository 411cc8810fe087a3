"""Sign-in of pages, which keep the refresh token in a cookie that no script reads."""

from http.cookies import Morsel, SimpleCookie
from typing import Any

import pytest
import sqlalchemy as sa

from tests.accounts.conftest import PASSWORD, Person, bearer, refresh
from tests.support.client import PAGE, Client, Context, as_answer, handler_of, make_event
from tests.support.document import check_documented
from tests.support.redis_server import SetEnv

NAME = "__Host-refresh"


def call(operation: str, origin: str | None = PAGE, token: str = "", body: Any = None) -> tuple[Any, Any]:
    """Returns the answer and the cookie that it sets, None without one."""
    path = f"/api/v1/auth/web/{operation.removeprefix('web_')}"
    event = make_event("POST", path, path, json=body)
    event["headers"].pop("origin")
    if origin:
        event["headers"]["origin"] = origin
    if token:
        event["cookies"] = [f"{NAME}={token}"]
    result = handler_of(operation)(event, Context())
    answer = as_answer(result)
    check_documented(operation, answer)
    cookies = [SimpleCookie(each)[NAME] for each in result.get("cookies", [])]
    assert len(cookies) <= 1
    return answer, cookies[0] if cookies else None


def log_in(**options: Any) -> tuple[Any, Any]:
    return call("web_login", body={"username": "alice", "password": PASSWORD}, **options)


def attributes(cookie: Morsel[str]) -> dict[str, Any]:
    return {name: value for name, value in cookie.items() if value}


def test_the_refresh_token_is_in_the_cookie_alone(alice: Person) -> None:
    answer, cookie = log_in()
    assert answer.status == 200
    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    assert attributes(cookie) == {
        "path": "/",
        "max-age": "604800",
        "secure": True,
        "httponly": True,
        "samesite": "strict",
    }
    assert cookie.value.encode() not in answer.body
    assert answer.headers["cache-control"] == "no-store"
    assert bearer(answer.json()).get("/api/v1/users/me").json()["username"] == "alice"


def test_a_refresh_spends_the_cookie_for_another(anyone: Client, alice: Person) -> None:
    _, first = log_in()
    answer, second = call("web_refresh", token=first.value)
    assert answer.status == 200 and second.value != first.value
    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    assert refresh(anyone, second.value).status == 200  # one kind of session


def test_logout_ends_the_session_and_the_cookie(alice: Person) -> None:
    _, cookie = log_in()
    answer, gone = call("web_logout", token=cookie.value)
    assert (answer.status, answer.body) == (204, b"")
    assert (gone.value, gone["max-age"], gone["path"], gone["secure"]) == ("", "0", "/", True)
    answer, _ = call("web_refresh", token=cookie.value)
    assert (answer.status, answer.error) == (401, "invalid_refresh_token")


def test_a_logout_without_the_cookie_succeeds(alice: Person) -> None:
    answer, gone = call("web_logout")
    assert (answer.status, gone["max-age"]) == (204, "0")


def test_who_may_not_sign_in_gets_no_cookie(alice: Person, db: sa.Connection, set_env: SetEnv) -> None:
    _, kept = log_in()
    set_env(REQUIRE_VERIFIED_EMAIL="true")
    answer, cookie = log_in()
    assert (answer.status, answer.error, cookie) == (403, "email_unverified", None)
    db.execute(sa.text("UPDATE users SET is_active = false"))
    db.commit()
    for answer, cookie in (log_in(), call("web_refresh", token=kept.value)):
        assert (answer.status, answer.error, cookie) == (403, "user_inactive", None)


@pytest.mark.parametrize("token", ["", "no token"])
def test_a_refresh_without_a_token_of_ours_is_refused(alice: Person, token: str) -> None:
    answer, cookie = call("web_refresh", token=token)
    assert (answer.status, answer.error, cookie) == (401, "invalid_refresh_token", None)


@pytest.mark.parametrize("operation", ["web_login", "web_refresh", "web_logout"])
@pytest.mark.parametrize(
    "origin", [None, "null", "https://evil.test", "https://app.test.evil.test", "http://app.test"]
)
def test_no_other_page_calls_it(anyone: Client, alice: Person, operation: str, origin: str | None) -> None:
    _, cookie = log_in()
    answer, changed = call(operation, origin, cookie.value, {"username": "alice", "password": PASSWORD})
    assert (answer.status, answer.error, changed) == (403, "origin_not_allowed", None)
    assert refresh(anyone, cookie.value).status == 200


def test_a_wrong_password_sets_no_cookie(alice: Person) -> None:
    answer, cookie = call("web_login", body={"username": "alice", "password": "not this one 1865"})
    assert (answer.status, answer.error, cookie) == (401, "invalid_credentials", None)
