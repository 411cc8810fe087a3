"""What readers say of books."""

import pytest

from tests.conftest import NewUser
from tests.library.rows import BOOK, new
from tests.support.client import Client


class TestReviews:
    @pytest.fixture
    def book(self, api: Client) -> str:
        new(api, "books", **BOOK)
        return "/api/v1/books/1/reviews"

    def test_count_and_average(self, api: Client, new_user: NewUser, book: str) -> None:
        for name, rating in (("x", 5), ("y", 4), ("z", 4)):
            assert new_user(name).post(book, json={"rating": rating, "body": ""}).status == 201
        shown = api.get("/api/v1/books/1").json()
        assert shown["reviews_count"] == 3
        assert shown["average_rating"] == pytest.approx(13 / 3)

    def test_are_one_per_user_and_book(self, api: Client, book: str) -> None:
        review = new(api, "books/1/reviews", rating=5, body="b")
        assert {**review, "created_at": ""} == {
            "id": 1,
            "book_id": 1,
            "user_id": 1,
            "rating": 5,
            "body": "b",
            "created_at": "",
        }
        answer = api.post(book, json={"rating": 1, "body": "again"})
        assert (answer.status, answer.error) == (400, "review_exists")

    @pytest.mark.parametrize("rating", [0, 6, 4.5, "5", True, None])
    def test_take_a_rating_from_1_to_5(self, api: Client, book: str, rating: object) -> None:
        assert api.post(book, json={"rating": rating, "body": ""}).error == "validation_error"

    def test_of_no_book_are_404(self, api: Client) -> None:
        assert api.post("/api/v1/books/9/reviews", json={"rating": 1, "body": ""}).error == "book_not_found"
        assert api.get("/api/v1/books/9/reviews").error == "book_not_found"

    def test_are_their_writers_alone(self, api: Client, new_user: NewUser, book: str) -> None:
        new(api, "books/1/reviews", rating=5, body="b")
        stranger = new_user("stranger", role="admin")
        for answer in (
            stranger.put("/api/v1/reviews/1", json={"rating": 1}),
            stranger.delete("/api/v1/reviews/1"),
        ):
            assert (answer.status, answer.error) == (403, "forbidden")
        assert api.put("/api/v1/reviews/1", json={"rating": None, "body": None}).json()["rating"] == 5
        assert api.put("/api/v1/reviews/1", json={"rating": 1}).json()["rating"] == 1
        assert api.delete("/api/v1/reviews/1").json()["rating"] == 1
