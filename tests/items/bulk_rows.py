from tests.support.bulk import SERIES

FILL = [
    f"INSERT INTO items (name, description) SELECT 'item', '' {SERIES}",
]
LISTS = {
    "list_items": ["/api/v1/items"],
}
