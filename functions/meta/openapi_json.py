"""GET /openapi.json: the API document (OpenAPI 3.1)."""

from typing import Any

from meta.files import show


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return show(event, "openapi.json")
