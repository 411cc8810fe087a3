"""The documentation's pages in a real browser, on the running stack."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.runtime.product import TITLE

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.local.browser import browser
from tests.local.conftest import Stack

pytestmark = pytest.mark.slow

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
ACCOUNT = {"username": "reader", "email": "reader@example.com", "password": "correct horse battery"}


@contextmanager
def visit(stack: Stack, path: str, size: str) -> Iterator[Page]:
    """The page; at its end it has complained of nothing, asked nobody else, and is as wide as its window."""
    with browser(*SIZES[size]) as opened:
        opened.page.goto(f"{stack.origin}{path}")
        yield opened.page
        if folder := os.environ.get("SCREENSHOTS"):  # to be looked at
            opened.page.screenshot(path=Path(folder) / f"{path.strip('/')}-{size}.png")
        wide = opened.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert opened.complaints == []
        assert opened.hosts == {f"127.0.0.1:{stack.port}"}
        assert wide <= 0, "the page is wider than its window"


@pytest.mark.parametrize("size", ["desktop", pytest.param("phone", marks=pytest.mark.sweep)])
def test_docs_signs_in_and_tries_what_it_shows(stack: Stack, size: str) -> None:
    account = ACCOUNT | {"username": f"reader_{size}", "email": f"{size}@example.com"}
    stack.call("POST", "/api/v1/auth/register", account, token=None)
    with visit(stack, "/docs", size) as page:
        sign_in(page, account)

        sent = operation(page, "logout")  # with the example of its body
        execute(sent)
        expect(live(sent, ".response-col_status")).to_contain_text("204")

        me = operation(page, "get_me")
        execute(me)
        expect(live(me, ".response-col_status")).to_contain_text("200")
        body = live(me, ".response-col_description").inner_text()
        found = re.search(r'"id":\s*(\d+)', body)
        assert found and f'"{account["username"]}"' in body and "etag:" in body

        read = operation(page, "get_user")
        read.get_by_placeholder("id").fill(found[1])
        execute(read)
        expect(live(read, ".response-col_status")).to_contain_text("200")
        expect(live(read, ".response-col_description")).to_contain_text(f'"{account["username"]}"')


def test_docs_follows_the_dark_scheme_and_begins_with_the_password_form(stack: Stack) -> None:
    with browser(dark=True) as opened:
        page = opened.page
        page.goto(f"{stack.origin}/docs")
        description = page.locator(".info .description")
        expect(description).to_contain_text("Rate limit")
        cut_off = description.evaluate(
            "(it) => [it, ...it.children].some((e) => e.scrollHeight > e.clientHeight + 1)"
        )
        assert not cut_off
        background = "getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).map(Number)"
        assert max(page.evaluate(background)[:3]) < 80
        page.emulate_media(color_scheme="light")
        expect(page.locator("html")).not_to_have_class(re.compile("dark-mode"))
        page.locator(".auth-wrapper .authorize").first.click()
        first = page.locator(".auth-container").first
        expect(first.locator("#oauth_password")).to_be_visible()
        expect(first).to_contain_text("forget it when they are reloaded")


def sign_in(page: Page, account: dict[str, str]) -> None:
    page.locator(".auth-wrapper .authorize").first.click()
    login = page.locator(".auth-container", has_text="OAuth2, password")
    login.locator("#oauth_username").fill(account["username"])
    login.locator("#oauth_password").fill(account["password"])
    login.locator("button.authorize").click()
    expect(login.get_by_text("Logout")).to_be_visible()
    page.locator(".btn-done").first.click()


def operation(page: Page, name: str) -> Locator:
    shown = page.locator(f"#operations-Accounts-{name}")
    shown.locator(".opblock-summary-control").click()
    return shown


def execute(shown: Locator) -> None:
    shown.get_by_role("button", name="Execute").click()


def live(shown: Locator, column: str) -> Locator:
    """Of the answer, past the table's head."""
    return shown.locator(f".live-responses-table tbody {column}").first


@pytest.mark.sweep
@pytest.mark.parametrize("size", SIZES)
def test_redoc_shows_the_whole_document(stack: Stack, size: str) -> None:
    with visit(stack, "/redoc", size) as page:
        expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
        expect(page.locator("#operation\\/get_user")).to_be_attached()
        if size == "desktop":
            page.get_by_placeholder("Search...").fill("follow")
            expect(page.get_by_role("search").get_by_text("Follow a user").first).to_be_visible()
