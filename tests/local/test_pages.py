"""The documentation's pages in a real browser, on the running stack."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.integration.conftest import missing
from tests.local.conftest import Stack

pytestmark = pytest.mark.slow

# As root it has no sandbox; it looks for nothing of its maker's by itself.
OPTIONS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
PATIENCE = 20_000  # ms, on a busy machine
ACCOUNT = {"username": "reader", "email": "reader@example.com", "password": "correct horse battery"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    binary = shutil.which("chromium")
    if binary is None:
        missing("chromium")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=binary, args=OPTIONS)
        yield running
        running.close()


class Visit:
    """A page, and what should not be there: complaints, and what is asked of others."""

    def __init__(self, browser: Browser, stack: Stack, path: str, size: str) -> None:
        width, height = SIZES[size]
        self.page = browser.new_page(viewport={"width": width, "height": height})
        self.complaints: list[str] = []
        self.asked: set[str] = set()
        self.page.on("console", lambda message: self._complain(message.type, message.text))
        self.page.on("pageerror", lambda error: self._complain("error", str(error)))
        self.page.on("request", lambda request: self.asked.add(request.url))
        self.page.goto(f"{stack.origin}{path}")
        self._name, self._origin = f"{path.strip('/')}-{size}", stack.origin

    def _complain(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def end(self) -> None:
        """Errors: AssertionError, where something was complained of or asked of another host."""
        if folder := os.environ.get("SCREENSHOTS"):  # to be looked at
            self.page.screenshot(path=Path(folder) / f"{self._name}.png")
        wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        self.page.close()
        assert self.complaints == []
        assert [
            url for url in self.asked if not url.removeprefix("blob:").startswith(f"{self._origin}/")
        ] == []
        assert wide <= 0, "the page is wider than its window"


@pytest.mark.parametrize("size", SIZES)
def test_docs_signs_in_and_tries_what_it_shows(stack: Stack, browser: Browser, size: str) -> None:
    account = ACCOUNT | {"username": f"reader_{size}", "email": f"{size}@example.com"}
    stack.call("POST", "/api/v1/auth/register", account, token=None)
    visit = Visit(browser, stack, "/docs", size)
    sign_in(visit.page, account)

    created = operation(visit.page, "create_item")
    execute(created)
    expect(live(created, ".response-col_status")).to_contain_text("201")
    body = live(created, ".response-col_description").inner_text()
    found = re.search(r'"id":\s*(\d+)', body)
    assert found and '"Anvil"' in body and "etag:" in body

    read = operation(visit.page, "get_item")
    read.get_by_placeholder("id").fill(found[1])
    execute(read)
    expect(live(read, ".response-col_status")).to_contain_text("200")
    expect(live(read, ".response-col_description")).to_contain_text('"Anvil"')
    visit.end()


def sign_in(page: Page, account: dict[str, str]) -> None:
    page.locator(".auth-wrapper .authorize").first.click()
    login = page.locator(".auth-container", has_text="OAuth2, password")
    login.locator("#oauth_username").fill(account["username"])
    login.locator("#oauth_password").fill(account["password"])
    login.locator("button.authorize").click()
    expect(login.get_by_text("Logout")).to_be_visible()
    page.locator(".btn-done").first.click()


def operation(page: Page, name: str) -> Locator:
    shown = page.locator(f"#operations-Items-{name}")
    shown.locator(".opblock-summary-control").click()
    return shown


def execute(shown: Locator) -> None:
    shown.get_by_role("button", name="Execute").click()


def live(shown: Locator, column: str) -> Locator:
    """Of the answer, past the table's head."""
    return shown.locator(f".live-responses-table tbody {column}").first


@pytest.mark.parametrize("size", SIZES)
def test_redoc_shows_the_whole_document(stack: Stack, browser: Browser, size: str) -> None:
    visit = Visit(browser, stack, "/redoc", size)
    expect(visit.page.get_by_role("heading", name="Routewise")).to_be_visible()
    expect(visit.page.locator("#operation\\/create_item")).to_be_attached()
    if size == "desktop":
        visit.page.get_by_placeholder("Search...").fill("follow")
        expect(visit.page.get_by_role("search").get_by_text("Follow a user").first).to_be_visible()
    visit.end()
