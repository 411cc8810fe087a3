from typing import Any

from tests.support.client import Client

BOOK = {"title": "T", "author": "A", "isbn": "9780000000002", "published_date": "2026-01-31"}


def new(api: Client, path: str, **body: Any) -> Any:
    """The new row, as it is shown."""
    answer = api.post(f"/api/v1/{path}", json=body)
    assert answer.status == 201, answer.body
    return answer.json()
