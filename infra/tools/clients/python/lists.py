"""Lists row by row, a page at a time."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .types import UNSET, Response, T


def rows(list_page: Callable[..., Response[list[T]]], **options: Any) -> Iterator[T]:
    """`rows(list_items.sync_detailed, client=client, limit=100)`"""
    following: dict[str, Any] | None = options
    while following is not None:
        page = list_page(**following)
        yield from page.parsed
        following = _following(options, page)


async def rows_async(
    list_page: Callable[..., Awaitable[Response[list[T]]]], **options: Any
) -> AsyncIterator[T]:
    """`rows_async(list_items.asyncio_detailed, client=client, limit=100)`"""
    following: dict[str, Any] | None = options
    while following is not None:
        page = await list_page(**following)
        for row in page.parsed:
            yield row
        following = _following(options, page)


def _following(options: dict[str, Any], page: Response[Any]) -> dict[str, Any] | None:
    """Returns the options of the next page, as the `Link` header names it; None after the last."""
    link = page.headers.get("link")
    if link is None:
        return None
    query = parse_qs(urlsplit(link.partition("<")[2].partition(">")[0]).query)
    return options | {"cursor": query["cursor"][0], "offset": UNSET}
