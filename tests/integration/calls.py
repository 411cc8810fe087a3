"""One call that succeeds for each route that reaches the database, in an order that gives each its rows."""

from typing import Any

# operation, path, body
CALLS: list[tuple[str, str, dict[str, Any] | None]] = [
    ("readiness", "/api/v1/health", None),
    ("create_item", "/api/v1/items", {"name": "pen", "description": "of steel"}),
    ("list_items", "/api/v1/items?limit=1", None),
    ("get_item", "/api/v1/items/1", None),
    ("update_item", "/api/v1/items/1", {"name": "pencil"}),
    ("delete_item", "/api/v1/items/1", None),
]
