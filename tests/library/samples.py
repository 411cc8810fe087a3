from tests.support.sample_calls import Rows, Sample, World, created


def a_book(world: World) -> dict[str, object]:
    number = world.next()
    return {
        "title": f"title {number}",
        "author": "author",
        "isbn": f"{number:010d}",
        "published_date": "2026-01-31",
        "author_id": world.make("author"),
        "category_ids": [world.make("category")],
    }


def a_change_of_a_book(world: World) -> dict[str, object]:
    return {"title": "changed", "category_ids": [world.make("category")]}


def reviewed(world: World, path: str) -> int:
    """By a new reader, since each reviews a book once."""
    answer = world.user().post(path, json={"rating": 1, "body": ""})
    return int(answer.json()["id"])


SAMPLES = {
    "create_author": Sample("/api/v1/authors", {"name": "author {n}"}),
    "list_authors": Sample("/api/v1/authors", rows=Rows(created("author"), "authors")),
    "get_author": Sample("/api/v1/authors/{author}"),
    "update_author": Sample("/api/v1/authors/{author}", {"name": "changed"}),
    "delete_author": Sample("/api/v1/authors/{author}"),
    "create_category": Sample("/api/v1/categories", {"name": "category {n}"}),
    "list_categories": Sample("/api/v1/categories", rows=Rows(created("category"), "categories")),
    "get_category": Sample("/api/v1/categories/{category}"),
    "update_category": Sample("/api/v1/categories/{category}", {"name": "changed"}),
    "delete_category": Sample("/api/v1/categories/{category}"),
    "create_book": Sample("/api/v1/books", a_book),
    "list_books": Sample("/api/v1/books", rows=Rows(created("book"), "books")),
    "get_book": Sample("/api/v1/books/{book}"),
    "update_book": Sample("/api/v1/books/{book}", a_change_of_a_book),
    "delete_book": Sample("/api/v1/books/{book}"),
    "create_review": Sample("/api/v1/books/{book}/reviews", {"rating": 5, "body": "good"}),
    "list_reviews": Sample("/api/v1/books/{book}/reviews", rows=Rows(reviewed, "reviews")),
    "update_review": Sample("/api/v1/reviews/{review}", {"body": "changed"}),
    "delete_review": Sample("/api/v1/reviews/{review}"),
}
