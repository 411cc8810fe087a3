"""The tests of seed 001 (py-go-api-training) by their names: ten unit tests, four workflows.

Where the seed's answers differ from this API's (`{"detail": ...}`, 404 bodies), this API's contract stands.
"""

from typing import Any

import pytest

from tests.support.client import Answer, Client

BOOKS = "/api/v1/books"
PYTHON = {
    "title": "Python Programming",
    "author": "John Doe",
    "isbn": "9781234567890",
    "published_date": "2024-01-15",
    "description": "A guide to Python",
}


@pytest.fixture
def client(api: Client) -> Client:
    return api


def create(client: Client, **changed: Any) -> Answer:
    return client.post(BOOKS, json=PYTHON | changed)


def test_health_check(client: Client) -> None:
    assert client.get("/health").json() == {"status": "ok"}


def test_create_book(client: Client) -> None:
    answer = create(client)
    assert answer.status == 201
    assert answer.json().items() >= PYTHON.items()


def test_create_book_duplicate_isbn(client: Client) -> None:
    create(client)
    answer = create(client, title="Another")
    assert (answer.status, answer.json()["message"]) == (400, "ISBN exists")


def test_get_all_books(client: Client) -> None:
    create(client)
    create(client, isbn="9780987654321")
    assert [book["isbn"] for book in client.get(BOOKS).json()] == ["9780987654321", PYTHON["isbn"]]


def test_get_book_by_id(client: Client) -> None:
    book = create(client).json()
    assert client.get(f"{BOOKS}/{book['id']}").json() == book


def test_get_book_by_id_not_found(client: Client) -> None:
    assert client.get(f"{BOOKS}/999").error == "book_not_found"


def test_update_book(client: Client) -> None:
    book = create(client).json()
    answer = client.put(f"{BOOKS}/{book['id']}", json={"title": "Updated"})
    assert (answer.status, answer.json()) == (200, book | {"title": "Updated"})


def test_update_book_not_found(client: Client) -> None:
    assert client.put(f"{BOOKS}/999", json={"title": "Updated"}).error == "book_not_found"


def test_delete_book(client: Client) -> None:
    book = create(client).json()
    answer = client.delete(f"{BOOKS}/{book['id']}")
    assert (answer.status, answer.json()) == (200, book)
    assert client.get(f"{BOOKS}/{book['id']}").status == 404


def test_delete_book_not_found(client: Client) -> None:
    assert client.delete(f"{BOOKS}/999").error == "book_not_found"


def test_complete_crud_workflow(client: Client) -> None:
    place = create(client).headers["location"]
    assert client.get(place).json()["title"] == PYTHON["title"]
    assert client.put(place, json={"title": "Second edition"}).status == 200
    assert client.get(place).json()["title"] == "Second edition"
    assert client.delete(place).status == 200
    assert client.get(place).status == 404
    assert client.get(BOOKS).json() == []


def test_multiple_books_management(client: Client) -> None:
    for number in range(5):
        assert create(client, isbn=f"97800000000{number:02d}", title=f"Book {number}").status == 201
    assert len(client.get(BOOKS).json()) == 5
    assert [book["title"] for book in client.get(f"{BOOKS}?offset=1&limit=2").json()] == ["Book 3", "Book 2"]
    assert client.delete(f"{BOOKS}/3").status == 200
    assert [book["id"] for book in client.get(BOOKS).json()] == [5, 4, 2, 1]


def test_error_handling_workflow(client: Client) -> None:
    assert create(client, isbn="123").error == "validation_error"
    assert create(client, published_date="yesterday").error == "validation_error"
    assert client.post(BOOKS, json={"title": "Only a title"}).error == "validation_error"
    assert client.post(BOOKS, body=b"{").error == "invalid_json"
    assert create(client).status == 201
    assert create(client).error == "isbn_exists"
    assert client.get(f"{BOOKS}/first").error == "validation_error"
    assert len(client.get(BOOKS).json()) == 1


def test_partial_update_workflow(client: Client) -> None:
    place = create(client).headers["location"]
    expected = client.get(place).json()
    for change in ({"title": "New"}, {"author": "Jane Doe"}, {"description": None}, {}):
        expected |= change
        assert client.put(place, json=change).json() == expected
    assert client.get(place).json() == expected
