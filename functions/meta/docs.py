"""GET /docs: the API to read and to try, by Swagger UI."""

from typing import Any

from meta.files import page


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return page(event, "docs.html")
