from tests.support.sample_calls import Rows, Sample, created

SAMPLES = {
    "create_item": Sample("/api/v1/items", {"name": "item {n}", "description": "of steel"}),
    "list_items": Sample("/api/v1/items", rows=Rows(created("item"), "items")),
    "get_item": Sample("/api/v1/items/{item}"),
    "update_item": Sample("/api/v1/items/{item}", {"name": "changed"}),
    "delete_item": Sample("/api/v1/items/{item}"),
}
