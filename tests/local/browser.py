"""Headless Chromium, Debian's own, on a page of this machine: what it asks for, and what it complains of."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, Request, expect, sync_playwright

from tests.integration.conftest import missing

# As root it has no sandbox; it looks for nothing of its maker's by itself.
OPTIONS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
PATIENCE = 60_000  # ms, on a busy machine


@dataclass
class Browser:
    page: Page
    complaints: list[str] = field(default_factory=list)  # of its console
    hosts: set[str] = field(default_factory=set)  # that it asked

    def hear(self, said: ConsoleMessage) -> None:
        if said.type in ("error", "warning"):
            self.complaints.append(said.text)

    def note(self, asked: Request) -> None:
        self.hosts.add(urlsplit(asked.url.removeprefix("blob:")).netloc)


@contextmanager
def browser(width: int = 1280, height: int = 860, dark: bool = False) -> Iterator[Browser]:
    executable = shutil.which("chromium")
    if executable is None:
        missing("chromium")
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=executable, args=OPTIONS)
        expect.set_options(timeout=PATIENCE)
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
        )
        context.set_default_timeout(PATIENCE)
        opened = Browser(context.new_page())
        opened.page.on("console", opened.hear)
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.page.on("request", opened.note)
        try:
            yield opened
        finally:
            chromium.close()


def is_accessible(page: Page) -> bool:
    found = Axe().run(page).response["violations"]
    serious = [each["id"] for each in found if each["impact"] in ("serious", "critical")]
    assert serious == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")  # nothing is cut off
    return True
