"""The reviews of deleted users are gone at once, and count for no average. Books stay."""

import pytest
import sqlalchemy as sa

from tests.accounts.deletions import deletion_under_way
from tests.conftest import NewUser
from tests.library.rows import BOOK, new
from tests.support.client import Client
from tests.support.sample_calls import id_of


@pytest.fixture
def reader(api: Client, new_user: NewUser) -> Client:
    """A user who added a book, which `api` reviewed."""
    reader = new_user("reader")
    new(reader, "books", **BOOK)
    new(api, "books/1/reviews", rating=4, body="mine")
    return reader


def test_reviews_are_404_or_absent(api: Client, reader: Client, new_user: NewUser) -> None:
    path = f"/api/v1/reviews/{new(reader, 'books/1/reviews', rating=1, body='theirs')['id']}"
    assert new_user("root", role="admin").delete(f"/api/v1/users/{id_of(reader)}").status == 204
    assert [each["body"] for each in api.get("/api/v1/books/1/reviews").json()] == ["mine"]
    for answer in (api.put(path, json={"rating": 5}), api.delete(path)):
        assert (answer.status, answer.error) == (404, "review_not_found")
    book = api.get("/api/v1/books/1").json()
    assert (book["reviews_count"], book["average_rating"]) == (1, 4)


def test_a_review_that_is_written_meanwhile_goes_too(
    api: Client, reader: Client, new_user: NewUser, db: sa.Connection
) -> None:
    with deletion_under_way(db, new_user("root", role="admin"), reader):
        new(reader, "books/1/reviews", rating=1, body="theirs")
    again = reader.post("/api/v1/books/1/reviews", json={"rating": 1, "body": "again"})
    assert (again.status, again.error) == (401, "unauthorized")
    assert [each["body"] for each in api.get("/api/v1/books/1/reviews").json()] == ["mine"]
