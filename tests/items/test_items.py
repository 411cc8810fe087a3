"""The five item routes."""

import pytest

from tests.support.client import Client

PEN = {"name": "pen", "description": "blue"}


class TestCreateItem:
    def test_answers_201_with_the_item_its_place_and_its_version(self, api: Client) -> None:
        answer = api.post("/api/v1/items", json=PEN)
        assert answer.status == 201
        assert answer.json() == {"id": 1, **PEN}
        assert answer.headers["location"] == "/api/v1/items/1"
        assert api.get("/api/v1/items/1").headers["etag"] == answer.headers["etag"]

    @pytest.mark.parametrize("body", [{"name": "pen"}, {"name": "pen", "description": None}])
    def test_no_description_becomes_an_empty_text(self, api: Client, body: dict[str, object]) -> None:
        assert api.post("/api/v1/items", json=body).json()["description"] == ""

    def test_any_text_survives(self, api: Client) -> None:
        text = "naïve \U0001f600 \u2028 ' \" \\ %s :x \t\r\n;--"
        created = api.post("/api/v1/items", json={"name": text, "description": text}).json()
        assert api.get("/api/v1/items/1").json() == created == {"id": 1, "name": text, "description": text}

    @pytest.mark.parametrize(
        ("body", "loc", "kind"),
        [
            ({}, ["body", "name"], "missing"),
            ({"name": ""}, ["body", "name"], "string_too_short"),
            ({"name": "x" * 256}, ["body", "name"], "string_too_long"),
            ({"name": None}, ["body", "name"], "string_type"),
            ({"name": 7}, ["body", "name"], "string_type"),
            ({"name": "x", "description": "y" * 10_001}, ["body", "description"], "string_too_long"),
            ({"name": "x", "colour": "red"}, ["body", "colour"], "extra_forbidden"),
            ({"name": "x", "id": 9}, ["body", "id"], "extra_forbidden"),
            ([], ["body"], "model_attributes_type"),
        ],
    )
    def test_names_what_is_wrong_and_never_shows_it(
        self, api: Client, body: object, loc: list[str], kind: str
    ) -> None:
        answer = api.post("/api/v1/items", json=body)
        assert (answer.status, answer.error) == (422, "validation_error")
        [error] = answer.json()["details"]["errors"]
        assert set(error) == {"loc", "msg", "type"}
        assert (error["loc"], error["type"]) == (loc, kind)


class TestGetItem:
    def test_reads_the_item(self, api: Client) -> None:
        api.post("/api/v1/items", json=PEN)
        answer = api.get("/api/v1/items/1")
        assert (answer.status, answer.json()) == (200, {"id": 1, **PEN})

    def test_says_304_to_who_has_it_already(self, api: Client) -> None:
        etag = api.post("/api/v1/items", json=PEN).headers["etag"]
        for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            answer = api.get("/api/v1/items/1", headers={"If-None-Match": known})
            assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", etag)
        assert api.get("/api/v1/items/1", headers={"If-None-Match": '"other"'}).status == 200

    def test_says_404_where_there_is_none(self, api: Client) -> None:
        answer = api.get("/api/v1/items/1")
        assert (answer.status, answer.error, answer.json()["message"]) == (
            404,
            "item_not_found",
            "Item not found",
        )

    @pytest.mark.parametrize(
        "item_id", ["0", "-1", "x", "1.0", "+1", "01", "%201", "1_0", "9223372036854775808"]
    )
    def test_says_422_to_what_is_no_id(self, api: Client, item_id: str) -> None:
        answer = api.get(f"/api/v1/items/{item_id}")
        assert (answer.status, answer.error) == (422, "validation_error")
        assert answer.json()["details"]["errors"][0]["loc"] == ["path", "id"]

    def test_the_largest_id_is_an_id(self, api: Client) -> None:
        assert api.get("/api/v1/items/9223372036854775807").status == 404


class TestListItems:
    def test_is_newest_first_and_empty_without_items(self, api: Client) -> None:
        assert api.get("/api/v1/items").json() == []
        for name in "abc":
            api.post("/api/v1/items", json={"name": name})
        answer = api.get("/api/v1/items")
        assert [item["name"] for item in answer.json()] == ["c", "b", "a"]
        assert "link" not in answer.headers

    def test_holds_20_unless_told_otherwise(self, api: Client) -> None:
        for number in range(21):
            api.post("/api/v1/items", json={"name": str(number)})
        assert len(api.get("/api/v1/items").json()) == 20
        assert len(api.get("/api/v1/items?limit=100").json()) == 21

    @pytest.mark.parametrize(
        "query",
        ["limit=0", "limit=101", "limit=x", "offset=-1", "offset=10001", "cursor=a&offset=1", "colour=red"],
    )
    def test_says_422_to_a_query_that_is_not_its_own(self, api: Client, query: str) -> None:
        answer = api.get(f"/api/v1/items?{query}")
        assert (answer.status, answer.error) == (422, "validation_error")


class TestUpdateItem:
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ({"name": "pencil"}, {"name": "pencil", "description": "blue"}),
            ({"description": "red"}, {"name": "pen", "description": "red"}),
            ({"description": ""}, {"name": "pen", "description": ""}),
            ({"name": None, "description": None}, PEN),
            ({}, PEN),
        ],
    )
    def test_leaves_absent_and_null_fields_alone(
        self, api: Client, body: dict[str, object], expected: dict[str, str]
    ) -> None:
        api.post("/api/v1/items", json=PEN)
        answer = api.put("/api/v1/items/1", json=body)
        assert (answer.status, answer.json()) == (200, {"id": 1, **expected})
        assert api.get("/api/v1/items/1").json() == answer.json()

    def test_gives_the_new_version(self, api: Client) -> None:
        first = api.post("/api/v1/items", json=PEN).headers["etag"]
        second = api.put("/api/v1/items/1", json={"name": "pencil"}).headers["etag"]
        assert first != second == api.get("/api/v1/items/1").headers["etag"]

    def test_refuses_to_overwrite_another_version(self, api: Client) -> None:
        etag = api.post("/api/v1/items", json=PEN).headers["etag"]
        for stale in ('"other"', f"W/{etag}", "nonsense"):
            answer = api.put("/api/v1/items/1", json={"name": "x"}, headers={"If-Match": stale})
            assert (answer.status, answer.error) == (412, "precondition_failed")
        assert api.get("/api/v1/items/1").json()["name"] == "pen"
        for current in (etag, f'"other", {etag}', "*"):
            assert api.put("/api/v1/items/1", json={}, headers={"If-Match": current}).status == 200

    def test_says_404_before_412(self, api: Client) -> None:
        answer = api.put("/api/v1/items/1", json={"name": "x"}, headers={"If-Match": '"other"'})
        assert (answer.status, answer.error) == (404, "item_not_found")


class TestDeleteItem:
    def test_gives_the_deleted_item_back(self, api: Client) -> None:
        api.post("/api/v1/items", json=PEN)
        answer = api.delete("/api/v1/items/1")
        assert (answer.status, answer.json()) == (200, {"id": 1, **PEN})
        assert api.get("/api/v1/items/1").status == 404
        assert api.delete("/api/v1/items/1").error == "item_not_found"

    def test_spares_another_version(self, api: Client) -> None:
        etag = api.post("/api/v1/items", json=PEN).headers["etag"]
        assert api.delete("/api/v1/items/1", headers={"If-Match": '"other"'}).status == 412
        assert api.delete("/api/v1/items/1", headers={"If-Match": etag}).status == 200
