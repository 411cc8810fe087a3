"""GET /assets/{name}: a script or a style of the documentation's pages."""

from typing import Any

from meta.files import show_asset


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return show_asset(event, event["pathParameters"]["name"])
