"""Cursors to anywhere, made by the code that makes them for clients."""

from urllib.parse import parse_qs, urlsplit

from shared.database.pages import Page

from starlette.requests import Request


def cursor_after(path: str, filters: str, *position: object) -> str:
    scope = {"type": "http", "path": path, "query_string": filters.encode(), "headers": [], "method": "GET"}
    page = Page(Request(scope | {"server": ("x.test", 443), "scheme": "https"}))
    link = page._link(list(position))
    return parse_qs(urlsplit(link.partition(">")[0].lstrip("<")).query)["cursor"][0]
