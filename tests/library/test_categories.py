"""Categories."""

from tests.library.rows import new
from tests.support.client import Client


class TestCategoryNames:
    def test_are_taken_once(self, api: Client) -> None:
        new(api, "categories", name="a")
        new(api, "categories", name="b")
        assert api.post("/api/v1/categories", json={"name": "a"}).error == "name_exists"
        assert api.put("/api/v1/categories/2", json={"name": "a"}).error == "name_exists"
