"""Categories."""

import pytest

from tests.library.rows import new
from tests.support.client import Client


class TestCategoryNames:
    def test_are_taken_once(self, api: Client) -> None:
        new(api, "categories", name="a")
        new(api, "categories", name="b")
        assert api.post("/api/v1/categories", json={"name": "a"}).error == "name_exists"
        assert api.put("/api/v1/categories/2", json={"name": "a"}).error == "name_exists"

    @pytest.mark.parametrize("same", [" Café", "Café\u00a0", "Cafe\u0301", "\u2003Cafe\u0301\t"])
    def test_are_compared_without_space_around_and_by_nfc(self, api: Client, same: str) -> None:
        new(api, "categories", name="Café")
        new(api, "categories", name="b")
        assert api.post("/api/v1/categories", json={"name": same}).error == "name_exists"
        assert api.put("/api/v1/categories/2", json={"name": same}).error == "name_exists"
        assert new(api, "categories", name="CAFÉ")["name"] == "CAFÉ"

    @pytest.mark.parametrize("name", [" Café", "Cafe\u0301 "])
    def test_are_shown_as_sent(self, api: Client, name: str) -> None:
        assert new(api, "categories", name=name)["name"] == name
        assert api.put("/api/v1/categories/1", json={"name": f"{name}\t"}).json()["name"] == f"{name}\t"
