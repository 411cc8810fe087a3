"""Items outside of Lambda."""

from infra.domains import Call

MAIN_READS = ("list_items",)


def journey(call: Call) -> str:
    made = call("POST", "/api/v1/items", {"name": "smoke"}, 201, "create an item")
    path = f"/api/v1/items/{made['id']}"
    try:
        read = call("GET", path, None, 200, "read the item")
    finally:
        deleted = call("DELETE", path, None, 200, "delete the item")
    call("GET", path, None, 404, "read the deleted item")
    if not made == read == deleted:
        call("GET", path, None, 200, f"read the item as it was made, {made} and not {read}")
    return "made an item, read and deleted it"
