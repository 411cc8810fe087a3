"""An account's mails, in a browser: from registration to an undone change of address."""

import re
import time
import uuid
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.emulator.client import HttpAnswer
from tests.local.browser import browser
from tests.local.conftest import Stack

PATIENCE = 60  # seconds, until a mail is there on a busy machine
OLD, NEW, NEWEST = "correct horse battery", "rabbit hole 1865", "looking glass 1871"


class Visitor:
    """Someone with a browser, a mailbox and the API."""

    def __init__(self, stack: Stack, page: Page) -> None:
        self.stack, self.page = stack, page
        self.username = f"v{uuid.uuid4().hex[:12]}"
        self.first, self.second = (f"{self.username}@{domain}" for domain in ("example.com", "example.org"))

    def call(self, method: str, path: str, token: str | None = None, **body: str) -> HttpAnswer:
        return self.stack.call(method, f"/api/v1/{path}", body or None, token=token)

    def sign_in(self, password: str) -> HttpAnswer:
        return self.call("POST", "auth/login", username=self.username, password=password)

    def account(self, token: str) -> dict[str, Any]:
        shown = self.call("GET", "users/me", token).json()
        return {name: shown[name] for name in ("email", "email_verified", "pending_email")}

    def open_link(self, to: str, subject: str, mail: int = 1) -> None:
        """Opens the link of the first or a later mail of that subject to the address."""
        heading = self.page.get_by_role("heading", name=subject, exact=True)
        mails = self.page.locator("article").filter(has_text=f"To {to}").filter(has=heading)
        deadline = time.monotonic() + PATIENCE
        self.page.goto(f"{self.stack.origin}/_local/mail")
        while mails.count() < mail:
            assert time.monotonic() < deadline, f"no mail {mail} to {to}: {subject}"
            time.sleep(0.2)
            self.page.reload()
        mails.nth(-mail).locator("pre a").click()  # the newest is the first of the page
        expect(self.page.get_by_role("button")).to_be_visible()
        expect(self.page).not_to_have_url(re.compile("token"))

    def send(self, said: str = "Done.", **fields: str) -> None:
        for label, text in fields.items():
            self.page.get_by_label(label.replace("_", " ")).fill(text)
        self.page.get_by_role("button").click()
        expect(self.page.get_by_role("status")).to_contain_text(said)


@pytest.mark.sweep
def test_an_account_is_verified_recovered_moved_and_restored_by_mail(stack: Stack) -> None:
    with browser() as opened:
        alice = Visitor(stack, opened.page)
        registered = alice.call(
            "POST", "auth/register", username=alice.username, email=alice.first, password=OLD
        )
        assert registered.status == 201
        token = alice.sign_in(OLD).json()["access_token"]

        alice.open_link(alice.first, "Confirm your e-mail address")
        assert alice.account(token)["email_verified"] is False  # to open the page spends nothing
        alice.send()
        assert alice.account(token) == {"email": alice.first, "email_verified": True, "pending_email": None}

        alice.open_link(alice.first, "Confirm your e-mail address")
        alice.send("used")

        opened.page.goto(f"{stack.origin}/_local/account/forgot")
        alice.send(**{"E-mail_address": alice.first})
        alice.open_link(alice.first, "Choose a new password")
        alice.send(New_password=NEW)
        assert alice.sign_in(OLD).status == 401
        token = alice.sign_in(NEW).json()["access_token"]

        changed = alice.call("PUT", "users/me", token, email=alice.second, current_password=NEW)
        assert (changed.status, changed.json()["pending_email"]) == (200, alice.second)
        alice.open_link(alice.second, "Confirm your new e-mail address")
        alice.send()
        assert alice.account(token) == {"email": alice.second, "email_verified": True, "pending_email": None}

        alice.open_link(alice.first, "Your e-mail address was changed")
        alice.send()
        assert alice.sign_in(NEW).status == 401
        alice.open_link(alice.first, "Choose a new password", mail=2)
        alice.send(New_password=NEWEST)
        token = alice.sign_in(NEWEST).json()["access_token"]
        assert alice.account(token) == {"email": alice.first, "email_verified": True, "pending_email": None}
        assert [each for each in opened.complaints if "400" not in each] == []  # of the used link
        assert opened.hosts == {stack.origin.partition("://")[2]}
