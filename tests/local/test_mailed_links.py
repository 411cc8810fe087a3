"""The life of an account by mailed links, in a real browser: each mail opened in `/_local/mail`."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.local.browser import Browser, browser
from tests.local.conftest import Stack, running_stack

pytestmark = pytest.mark.timeout(300)
PASSWORD, SECOND, THIRD = ("correct horse battery", "another long password", "the third long password")
OLD, NEW = "mona@example.com", "mona@new.example.com"
PATIENCE = 60  # seconds, on a busy machine


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("mails") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def opened(stack: Stack) -> Iterator[Browser]:
    with browser() as opened:
        yield opened


def follow(stack: Stack, page: Page, subject: str, to: str) -> None:
    """Opens the mailbox until the newest mail with this subject is there, and follows its link."""
    deadline = time.monotonic() + PATIENCE
    mail = page.locator("article", has_text=f"To {to},").filter(has=page.get_by_role("heading", name=subject))
    while True:
        page.goto(f"{stack.origin}/_local/mail")
        if mail.count():
            break
        assert time.monotonic() < deadline, page.content()
        time.sleep(0.3)
    mail.first.locator("pre a").click()
    page.wait_for_url(re.compile(r"/_local/account/\w+$"))  # the page takes the token out of its address


def send(page: Page, value: str | None = None) -> str:
    """Presses the page's button and returns what it says then."""
    if value is not None:
        page.locator("input").fill(value)
    page.get_by_role("button").click()
    status = page.get_by_role("status")
    expect(status).not_to_be_empty()
    return status.text_content() or ""


def sign_in(stack: Stack, password: str, name: str = "mona") -> str | None:
    answer = stack.call("POST", "/api/v1/auth/login", {"username": name, "password": password}, token=None)
    return answer.json().get("access_token") if answer.status == 200 else None


def me(stack: Stack, password: str) -> dict[str, Any]:
    return dict(stack.call("GET", "/api/v1/users/me", token=sign_in(stack, password)).json())


def test_an_account_by_mailed_links(stack: Stack, opened: Browser) -> None:
    page = opened.page
    account = {"username": "mona", "email": OLD, "password": PASSWORD}
    assert stack.call("POST", "/api/v1/auth/register", account, token=None).status == 201

    follow(stack, page, "Confirm your e-mail address", OLD)
    assert me(stack, PASSWORD)["email_verified"] is False  # to open a page spends nothing
    assert send(page) == "Done."
    assert me(stack, PASSWORD)["email_verified"] is True
    page.go_back()  # to the mails
    follow(stack, page, "Confirm your e-mail address", OLD)
    assert "used" in send(page)

    page.goto(f"{stack.origin}/_local/account/forgot")
    assert send(page, OLD) == "Done."
    follow(stack, page, "Choose a new password", OLD)
    assert send(page, SECOND) == "Done."
    assert sign_in(stack, PASSWORD) is None

    change = {"email": NEW, "current_password": SECOND}
    token = sign_in(stack, SECOND)
    assert stack.call("PUT", "/api/v1/users/me", change, token=token).json()["pending_email"] == NEW
    follow(stack, page, "Confirm your new e-mail address", NEW)
    assert send(page) == "Done."
    assert me(stack, SECOND)["email"] == NEW

    follow(stack, page, "Your e-mail address was changed", OLD)
    assert send(page) == "Done."
    assert sign_in(stack, SECOND) is None
    page.goto("about:blank")
    follow(stack, page, "Choose a new password", OLD)
    assert send(page, THIRD) == "Done."
    assert me(stack, THIRD)["email"] == OLD

    assert not [each for each in opened.complaints if "400" not in each]
    assert opened.hosts <= {stack.origin.removeprefix("http://"), ""}
