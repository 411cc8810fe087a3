"""GET /redoc: the API to read, by ReDoc."""

from typing import Any

from meta.files import page


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return page(event, "redoc.html")
