"""The TypeScript client, compiled strictly, in Node.js and in Chromium against a real stack."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.clients.project import HERE, compile_program, run_in_node, served
from tests.local.browser import browser
from tests.local.conftest import Stack, new_service, running_stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
FACTS = re.findall(r"export async function (\w+)", (HERE / "typescript/facts.ts").read_text())
ROUNDS = 1000


@pytest.fixture(scope="module")
def program(clients: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_program(tmp_path_factory.mktemp("program") / "page", clients)


@pytest.fixture(scope="module")
def page_origin(program: Path) -> Iterator[str]:
    with served(program) as origin:
        yield origin


@pytest.fixture(scope="module")
def stack(page_origin: str, program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("stack"), ALLOWED_ORIGINS=page_origin) as running:
        client = program / "guide/client.js"
        client.write_text(client.read_text().replace("http://127.0.0.1:3000", running.origin))
        yield running


@pytest.fixture(scope="module")
def page(page_origin: str) -> Iterator[Page]:
    with browser() as opened:
        opened.page.goto(f"{page_origin}/page.html")
        yield opened.page


def run_in_page(page: Page, module: str, call: str) -> Any:
    return page.evaluate(f"import('/{module}.js').then((it) => it.{call})")


@pytest.mark.parametrize("fact", FACTS)
def test_in_node(program: Path, stack: Stack, fact: str) -> None:
    run_in_node(program, "facts", f"{fact}('{stack.origin}')")


@pytest.mark.parametrize("fact", FACTS)
def test_in_chromium(page: Page, stack: Stack, fact: str) -> None:
    run_in_page(page, "facts", f"{fact}('{stack.origin}')")


def test_the_guide(page: Page, stack: Stack) -> None:
    assert run_in_page(page, "guide/walk", "walk()") == {
        "username": "guide",
        "page": 1,
        "end": None,
        "name": "Alice Liddell",
        "names": ["guide"],
        "taken": True,
        "invalid": "username: String should have at least 3 characters",
        "unknown": "That name and password do not match.",
        "stranger": "Please sign in.",
    }


@pytest.mark.parametrize(
    ("host", "after_reload"), [("localhost", "cookie_localhost"), ("127.0.0.1", "unauthorized")]
)
def test_a_page_of_the_apis_site_keeps_its_sign_in_in_a_cookie(
    page: Page, stack: Stack, host: str, after_reload: str
) -> None:
    """`127.0.0.1` is another site than the page's `localhost`; another port of a host is not."""
    user = f"cookie_{host.replace('.', '_')}"
    assert run_in_page(page, "cookie", f"visit('http://{host}:{stack.port}', '{user}')") == {
        "signedIn": user,
        "renewed": host == "localhost",
        "refreshes": 1,
        "scripts": ["", 0],
        "afterReload": after_reload,
        "afterSignOut": "unauthorized",
    }


def test_a_service_calls_with_its_secret(program: Path, stack: Stack) -> None:
    """It is let in, as far as its scopes reach."""
    service = new_service(stack)
    given = f"'{stack.origin}', '{service['client_id']}', '{service['client_secret']}'"
    call = ".get({ url: '/api/v1/users/me', security: [{ type: 'http', scheme: 'bearer' }] })"
    refused = "(error) => { if (error.code !== 'insufficient_scope') throw error; }"
    let_in = "() => { throw Error('let in'); }"
    run_in_node(program, "guide/service", f"serviceClient({given}){call}.then({let_in}, {refused})")


def test_no_name_hides_a_global_one(page: Page, clients: Path) -> None:
    exported = set()
    for file in ("index.d.ts", "generated/index.d.ts"):
        text = (clients / "typescript/lib" / file).read_text()
        for names in re.findall(r"export (?:type )?\{([^}]*)\}", text):
            exported |= set(re.findall(r"\w+", names)) - {"type"}
    assert {"ApiError", "getMe", "User"} <= exported
    hidden = page.evaluate("(names) => names.filter((name) => name in globalThis)", sorted(exported))
    assert hidden == []


@pytest.mark.sweep
@pytest.mark.parametrize("locks", [True, False], ids=["with locks", "without locks"])
def test_two_tabs_that_renew_at_once_stay_signed_in(
    page: Page, page_origin: str, stack: Stack, locks: bool
) -> None:
    assert page.context.browser
    with page.context.browser.new_context() as context:
        tabs = [context.new_page(), context.new_page()]
        for tab in tabs:
            if not locks:
                tab.add_init_script("Object.defineProperty(navigator, 'locks', { value: undefined })")
            tab.goto(f"{page_origin}/page.html")
            assert tab.evaluate("navigator.locks !== undefined") == locks
        first, second = tabs
        second.evaluate(f"import('/tabs.js').then((it) => void it.follow('{stack.origin}', {ROUNDS}))")
        said = run_in_page(first, "tabs", f"lead('{stack.origin}', 'tabs_{locks}', {ROUNDS})")
    assert said == "signed in"
