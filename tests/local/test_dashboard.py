"""`/_local` as a person sees it, and whom it is for."""

import http.client
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from infra.deployed.migrations.bootstrap import APP_ROLE
from infra.emulator.dashboard import is_loopback
from tests.emulator.client import HttpAnswer, read_answer
from tests.local.browser import Browser, browser, is_accessible
from tests.local.conftest import Stack


@pytest.fixture(scope="module", params=[(1280, False), (390, True)], ids=["desktop, light", "phone, dark"])
def seen(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Browser]:
    width, dark = request.param
    with browser(width, dark=dark) as opened:
        opened.page.goto(f"{stack.origin}/_local")
        expect(opened.page.locator("#live")).to_have_class("on")
        yield opened
        assert opened.complaints == []
        assert opened.hosts == {f"127.0.0.1:{stack.port}"}


@pytest.mark.slow
def test_a_call_arrives_live_and_opens_with_its_log_and_its_sql(seen: Browser, stack: Stack) -> None:
    name = f"seen at {seen.page.viewport_size}"
    stack.call("POST", "/api/v1/gadgets", {"name": name})
    page = seen.page
    row = page.locator("#call-list button", has_text=re.compile("POST.*/api/v1/gadgets.*201")).first
    expect(row).to_be_visible()
    assert is_accessible(page)
    row.focus()
    page.keyboard.press("Enter")
    call = page.locator("#call")
    expect(call).to_contain_text("INSERT INTO gadgets")
    expect(call).to_contain_text("duration_ms=")  # the log
    assert name not in call.inner_text()
    assert is_accessible(page)
    page.keyboard.press("Escape")
    expect(row).to_be_focused()


@pytest.mark.slow
def test_a_token_in_one_click_works_in_calls_from_the_page(seen: Browser) -> None:
    page = seen.page
    page.get_by_role("link", name="Stack").click()
    page.get_by_role("button", name="Get a token").click()
    field = page.get_by_label("Access token", exact=True)
    expect(field).to_have_value(re.compile(r"^eyJ"))
    expect(page.get_by_role("region", name="Migrations")).to_contain_text("at 0")
    assert f"postgresql://{APP_ROLE}@127.0.0.1:" in page.get_by_role("region", name="Database").inner_text()
    assert is_accessible(page)
    page.get_by_role("link", name="Routes").click()
    page.locator("#route-list button[data-key='GET /api/v1/gadgets']").click()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#try")).to_contain_text("Answer 200")
    assert is_accessible(page)


def fresh(seen: Browser, stack: Stack, view: str) -> Page:
    """The page as it opens: on a phone, an open detail covers its list."""
    seen.page.goto(f"{stack.origin}/_local#{view}")
    seen.page.reload()
    expect(seen.page.locator("#live")).to_have_class("on")
    return seen.page


@pytest.mark.slow
def test_a_call_shows_its_query_and_its_time_and_assets_are_folded(seen: Browser, stack: Stack) -> None:
    page = fresh(seen, stack, "calls")
    stack.call("GET", "/api/v1/gadgets?limit=7")
    stack.call("GET", "/assets/none.js")
    row = page.locator("#call-list button", has_text="/api/v1/gadgets?limit=7").first
    expect(row).to_contain_text(re.compile(r"\d+:\d\d:\d\d"))
    asset = page.locator("#call-list button", has_text="/assets/none.js").first
    expect(page.locator("#asset-count")).not_to_have_text("0")
    expect(asset).to_be_hidden()
    page.get_by_label("Assets").check()
    expect(asset).to_be_visible()
    page.get_by_label("Assets").uncheck()
    assert is_accessible(page)


@pytest.mark.slow
def test_the_body_of_a_call_begins_with_the_documents_example(seen: Browser, stack: Stack) -> None:
    page = fresh(seen, stack, "routes")
    page.locator("#route-list button[data-key='PUT /api/v1/users/me']").click()
    body = page.get_by_label("Body (JSON)")
    expect(body).to_have_value(re.compile(r'"name": "\w+'))


@pytest.mark.slow
def test_a_traceback_shows_three_frames_and_all_of_them_on_request(seen: Browser) -> None:
    frames = "".join(f'  File "/a/{n}.py", line {n}, in f{n}\n    call_{n}()\n' for n in range(9))
    trace = f"Traceback (most recent call last):\n{frames}ValueError: on purpose"
    page = seen.page
    page.evaluate(
        """async (trace) => {
            const { traceback } = await import("/_local/calls.js");
            document.querySelector("#main").replaceChildren(...traceback(trace));
        }""",
        trace,
    )
    short = page.locator("#main .trace")
    assert short.text_content() == trace[trace.index('  File "/a/6.py"') :]
    whole = page.locator("#main details pre")
    expect(whole).to_be_hidden()
    page.get_by_text("All 9 frames").click()
    expect(whole).to_have_text(trace)


def send(stack: Stack, method: str, path: str, *fields: tuple[str, str], body: bytes = b"") -> HttpAnswer:
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=10)
    try:
        connection.putrequest(method, path, skip_host=True)
        for name, value in (*fields, ("Content-Length", str(len(body)))):
            connection.putheader(name, value)
        connection.endheaders(body)
        return read_answer(connection)
    finally:
        connection.close()


TOKEN = ("POST", "/_local/actions/token/get")
HOST, JSON = ("Host", "localhost"), ("Content-Type", "application/json")


NAMES = [f"/_local/{name}.js" for name in ("%00", "%ff", "%ed%a0%80", "a" * 300, "%5B", "..", "page.js%2F")]


class TestWhoMaySeeIt:
    @pytest.mark.parametrize(
        "fields",
        [
            [("Host", "evil.test")],
            [("Host", "192.0.2.7:3000")],
            [HOST, ("X-Forwarded-For", "192.0.2.7")],  # a tunnel ends at this machine
            [HOST, ("Via", "1.1 proxy")],
        ],
    )
    @pytest.mark.parametrize("path", ["/_local", "/_local/state", "/_local/page.js"])
    def test_nobody_who_calls_by_a_name_that_is_not_this_machines(
        self, stack: Stack, path: str, fields: list[tuple[str, str]]
    ) -> None:
        assert send(stack, "GET", path, *fields).status == 404

    @pytest.mark.parametrize("path", ["/_local/state", "/_local/events", "/_local/calls/x"])
    @pytest.mark.parametrize(
        "field", [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site"), ("Origin", "null")]
    )
    def test_no_other_page_reads_it(self, stack: Stack, path: str, field: tuple[str, str]) -> None:
        answer = send(stack, "GET", path, HOST, field)
        assert answer.status == 404
        assert not [name for name in answer.headers if name.startswith("access-control")]

    @pytest.mark.parametrize(
        "fields",
        [
            [HOST, JSON],
            [HOST, JSON, ("Origin", "http://evil.test")],
            [HOST, JSON, ("Origin", "http://localhost:1")],
            [HOST, ("Origin", "http://localhost")],
            [HOST, ("Content-Type", "text/plain"), ("Origin", "http://localhost")],
        ],
    )
    def test_a_token_is_for_the_pages_own_post(self, stack: Stack, fields: list[tuple[str, str]]) -> None:
        assert send(stack, *TOKEN, *fields, body=b'{"value": "demo"}').status == 404
        good = [HOST, JSON, ("Origin", "http://localhost")]
        assert send(stack, *TOKEN, *good, body=b'{"value": "demo"}').status == 200
        assert send(stack, *TOKEN, *good, body=b"[]").status == 400
        assert send(stack, "GET", TOKEN[1], *good).status == 404

    @pytest.mark.parametrize("origin", ["http://[", "http://localhost:x", "localhost", "://", ""])
    def test_an_origin_that_is_none_is_another_page(self, stack: Stack, origin: str) -> None:
        assert send(stack, "GET", "/_local/state", HOST, ("Origin", origin)).status == 404

    @pytest.mark.parametrize(
        "body",
        [
            b'{"value": ' + b"[" * 100_000,
            b'{"value": "\xff"}',
            b'{"value": "\\u0000"}',
            b'{"value": "\\ud800"}',
            b"{}",
            b"",
        ],
        ids=lambda body: repr(body[:20]),
    )
    def test_an_actions_body_that_is_none_is_400(self, stack: Stack, body: bytes) -> None:
        content = ("Content-Type", "application/json; charset=nonsense")
        fields = (HOST, content, ("Origin", "http://localhost"))
        assert send(stack, *TOKEN, *fields, body=body).status == 400

    def test_it_says_no_password_and_is_kept_nowhere(self, stack: Stack) -> None:
        answer = send(stack, "GET", "/_local/state", HOST)
        saved = json.loads((stack.data_dir / "stack.json").read_text())
        for url in (saved["database_url"], saved["owner_url"]):
            assert url.split("@")[0].rpartition(":")[2].encode() not in answer.body
        assert answer.headers["cache-control"] == "no-store"
        assert "script-src 'self'" in answer.headers["content-security-policy"]

    @pytest.mark.parametrize(
        "path", ["/_local/../page.py", "/_local/..%2fgateway.py", "/_local/page.html%00", *NAMES]
    )
    def test_nothing_else_is_served(self, stack: Stack, path: str) -> None:
        assert send(stack, "GET", path, HOST).status == 404


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_a_peer_on_this_machine(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address", ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1", "0.0.0.0", "", "localhost"]
)
def test_a_peer_elsewhere(address: str) -> None:
    assert not is_loopback(address)


def test_its_files_are_plain(stack: Stack) -> None:
    """No build step, nothing from elsewhere."""
    folder = Path(__file__).parents[2] / "infra/emulator/static"
    for file in folder.iterdir():
        assert not re.search(r"https?://", file.read_text()), file
