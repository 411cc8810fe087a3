"""The example application, started by the README's command, in Chromium against a real stack."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from infra.local.postgres import free_port
from tests.clients.project import TOOLS, run
from tests.local.browser import Browser, browser, is_accessible
from tests.local.conftest import Stack, running_stack
from tests.support.client import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
FOLDER = ROOT / "docs/examples/web"
COMMAND = r"^    (make web) +# (http://localhost:5173)$"
PASSWORD = "a long way down 1865"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, str]]:
    """The stack, and the origin of the page."""
    if not (TOOLS / "installed").exists():
        pytest.fail("make clients installs Vite")
    found = re.search(COMMAND, (ROOT / "README.md").read_text(), re.MULTILINE)
    assert found
    port = free_port()
    origin = found[2].replace("5173", str(port))
    with running_stack(tmp_path_factory.mktemp("stack"), ALLOWED_ORIGINS=origin) as stack:
        page = subprocess.Popen(
            ["bash", "-c", f"exec {found[1]} ARGS='--port {port}'"],
            cwd=ROOT,
            env=os.environ | {"PORT": str(stack.port), "DATA_DIR": str(stack.data_dir)},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert page.stdout
        with page.stdout:
            try:
                lines = iter(page.stdout.readline, "")
                assert any(origin in re.sub(r"\x1b\[\d+m", "", line) for line in lines), "it did not start"
                yield stack, origin
            finally:
                os.killpg(page.pid, signal.SIGINT)  # as Ctrl-C does
                page.wait(timeout=30)


@pytest.fixture(params=[(1280, False), (390, True)], ids=["desktop, light", "phone, dark"])
def opened(request: pytest.FixtureRequest, started: tuple[Stack, str]) -> Iterator[Browser]:
    stack, origin = started
    width, dark = request.param
    with browser(width, dark=dark) as opened:
        opened.page.goto(origin)
        yield opened
        assert opened.hosts == {origin.partition("//")[2], f"localhost:{stack.port}"}
        assert [each for each in opened.complaints if "401" not in each] == []  # of a visitor's calls


def look(page: Page, name: str) -> None:
    """In both schemes: it is accessible and no wider than its window; a picture of it where asked to."""
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert is_accessible(page)
        if folder := os.environ.get("SCREENSHOTS"):
            width = page.viewport_size["width"]
            page.screenshot(path=Path(folder) / f"web-{name}-{width}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="dark" if dark else "light")


def fill(page: Page, form: str, **fields: str) -> None:
    for label, text in fields.items():
        page.locator(form).get_by_label(label.replace("_", " ")).fill(text)
    page.locator(form).get_by_role("button").click()


def confirm_address(page: Page) -> None:
    """Uses the link of the mail, in a tab of its own."""
    with page.expect_popup() as opening:
        page.get_by_role("link", name="its mailbox").click()
    mailbox = opening.value
    link = mailbox.locator("article pre a").first
    for _ in range(60):  # a second each, until the mail is there on a busy machine
        if link.count():
            break
        mailbox.wait_for_timeout(1000)
        mailbox.reload()
    link.click()
    mailbox.get_by_role("button").click()
    expect(mailbox.get_by_role("status")).to_have_text("Done.")
    mailbox.close()


def test_two_tabs_sign_up_post_like_page_and_sign_out(opened: Browser, started: tuple[Stack, str]) -> None:
    (stack, origin), page = started, opened.page
    name = f"alice{page.viewport_size['width']}"
    second = page.context.new_page()
    second.goto(origin)
    fill(page, "#sign-in", Username=name, Password=PASSWORD)
    expect(page.get_by_role("alert")).to_have_text("That name and password do not match.")
    look(page, "sign-in")

    address = {"E-mail_address": f"{name}@example.com"}
    fill(page, "#sign-up", New_username=name, New_password=PASSWORD, **address)
    expect(page.get_by_role("alert")).to_be_empty()
    notice = page.get_by_text(f"A mail to {name}@example.com")
    expect(notice).to_be_visible()
    expect(second.get_by_text("Sign out")).to_be_visible()
    look(page, "unverified")
    confirm_address(page)
    page.reload()
    expect(page.get_by_text("Sign out")).to_be_visible()
    expect(notice).to_be_hidden()

    for number in range(12):
        body = {"content": f"Post {number} for a page of {name}"}
        assert stack.call("POST", "/api/v1/posts", body).status == 201
    fill(page, "#write", A_new_post=f"Down the rabbit hole, {name}")
    posts, in_second = (tab.locator("#posts li") for tab in (page, second))
    expect(posts.first).to_contain_text(f"Down the rabbit hole, {name}")
    expect(in_second.first).to_contain_text(f"Down the rabbit hole, {name}")
    in_second.first.get_by_role("button", name="Like (0)").click()
    expect(posts.first.get_by_role("button", name="Like (1)")).to_be_visible()

    expect(posts).to_have_count(10)
    page.get_by_role("button", name="Show more").click()
    expect(posts.nth(12)).to_contain_text(f"Post 0 for a page of {name}")
    posts.nth(1).get_by_role("button", name="Follow").click()
    expect(posts.nth(1).get_by_role("button", name="Followed")).to_be_visible()
    page.get_by_role("button", name="Your feed").click()
    expect(page.get_by_role("button", name="Your feed")).to_have_attribute("aria-pressed", "true")
    expect(posts.nth(1)).to_contain_text("Post 11 for")
    look(page, "posts")

    second.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign up")).to_be_visible()


def test_its_types_hold(started: tuple[Stack, str]) -> None:
    run("tsc", "--project", FOLDER)


def test_it_has_at_most_300_lines() -> None:
    files = [*FOLDER.glob("*.ts"), *FOLDER.glob("*.mjs"), *FOLDER.glob("*.html"), *FOLDER.glob("*.css")]
    assert 100 < sum(len(file.read_text().splitlines()) for file in files) <= 300
