"""Headless Chromium, Debian's own, on a page of this machine: what it asks for, and what it complains of."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect, sync_playwright

PATIENCE = 20_000  # ms, on a busy machine


@dataclass
class Browser:
    page: Page
    complaints: list[str] = field(default_factory=list)  # of its console
    hosts: set[str] = field(default_factory=set)  # that it asked

    def hear(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.complaints.append(said.text)


@contextmanager
def browser(width: int = 1280, height: int = 860, dark: bool = False) -> Iterator[Browser]:
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    if executable is None:
        message = "this machine lacks a browser: install the package chromium"
        if os.environ.get("REQUIRE_SERVERS"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
        )
        expect.set_options(timeout=PATIENCE)
        seen = Browser(context.new_page())
        seen.page.on(
            "console", lambda said: seen.complaints.append(said.text) if said.type == "error" else None
        )
        seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        seen.page.on("request", lambda asked: seen.hosts.add(urlsplit(asked.url).netloc))
        try:
            yield seen
        finally:
            chromium.close()
