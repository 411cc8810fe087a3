"""Books, and what they refer to."""

from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from tests.library.rows import BOOK, new
from tests.support.client import Client


class TestCreateBook:
    def test_shows_every_field(self, api: Client) -> None:
        author = new(api, "authors", name="A", bio=None)
        second, first = new(api, "categories", name="b"), new(api, "categories", name="a")
        ids = [first["id"], second["id"], first["id"]]
        book = new(api, "books", **BOOK, description="d", author_id=author["id"], category_ids=ids)
        assert book == {
            **BOOK,
            "id": 1,
            "description": "d",
            "author_id": author["id"],
            "category_ids": sorted({first["id"], second["id"]}),
            "reviews_count": 0,
            "average_rating": None,
        }

    @pytest.mark.parametrize(
        ("wrong", "error"),
        [({"author_id": 99}, "author_not_found"), ({"category_ids": [99]}, "category_not_found")],
    )
    def test_refuses_references_to_nothing(self, api: Client, wrong: dict[str, object], error: str) -> None:
        answer = api.post("/api/v1/books", json=BOOK | wrong)
        assert (answer.status, answer.error) == (422, error)
        assert api.get("/api/v1/books").json() == []

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("isbn", "123456789"),
            ("isbn", "12345678901234"),
            ("isbn", "978000000000x"),
            ("isbn", "X123456789"),
            ("isbn", "0-306-40615"),
            ("isbn", "0_306_40615_2"),
            ("isbn", "٠٣٠٦٤٠٦١٥٢"),
            ("isbn", "0" + "-" * 40 + "306406152"),
            ("published_date", "2026-02-30"),
            ("published_date", "31.01.2026"),
            ("published_date", 0),
            ("published_date", "2026-01-31T00:00:00"),
            ("title", ""),
            ("author", "x" * 256),
            ("author_id", 0),
            ("author_id", 2**63),
            ("author_id", "1"),
            ("category_ids", [0]),
            ("category_ids", None),
            ("category_ids", [1.0]),
            ("category_ids", ["1"]),
            ("category_ids", {"1": 1}),
            ("reviews_count", 7),
        ],
    )
    def test_refuses_other_values(self, api: Client, field: str, value: object) -> None:
        answer = api.post("/api/v1/books", json=BOOK | {field: value})
        assert (answer.status, answer.error) == (422, "validation_error")
        assert answer.json()["details"]["errors"][0]["loc"][:2] == ["body", field]

    def test_a_taken_isbn_is_called_by_its_name(self, api: Client) -> None:
        new(api, "books", **BOOK)
        answer = api.post("/api/v1/books", json=BOOK)
        assert (answer.status, answer.error, answer.json()["message"]) == (400, "isbn_exists", "ISBN exists")

    @pytest.mark.parametrize(
        ("sent", "shown"),
        [
            ("0-8044-2957-x", "080442957X"),
            ("978 0 306 40615 7", "9780306406157"),
            (" 12345678901 ", "12345678901"),
        ],
    )
    def test_an_isbn_is_shown_without_hyphens_and_spaces(self, api: Client, sent: str, shown: str) -> None:
        assert new(api, "books", **BOOK | {"isbn": sent})["isbn"] == shown
        for isbn in (sent, shown):
            query = urlencode({"isbn": isbn})
            assert [book["isbn"] for book in api.get(f"/api/v1/books?{query}").json()] == [shown]

    @pytest.mark.parametrize(
        ("ten", "thirteen"),
        [("0306406152", "9780306406157"), ("080442957X", "9780804429573"), ("0000000000", "9780000000002")],
    )
    def test_a_valid_isbn_10_and_its_isbn_13_are_one(self, api: Client, ten: str, thirteen: str) -> None:
        for first, second in ((ten, thirteen), (thirteen, ten)):
            book = new(api, "books", **BOOK | {"isbn": first})
            other = new(api, "books", **BOOK | {"isbn": "1234567890"})
            assert api.post("/api/v1/books", json=BOOK | {"isbn": second}).error == "isbn_exists"
            assert api.put(f"/api/v1/books/{other['id']}", json={"isbn": second}).error == "isbn_exists"
            for isbn in (ten, thirteen):
                assert api.get(f"/api/v1/books?isbn={isbn}").json() == [book]
            for each in (book, other):
                api.delete(f"/api/v1/books/{each['id']}")

    def test_of_another_isbn_10_no_check_digit_is_asked(self, api: Client) -> None:
        for isbn in ("0306406153", "9780306406157", "9780306406158"):
            assert new(api, "books", **BOOK | {"isbn": isbn})["isbn"] == isbn

    def test_a_book_that_shared_an_isbn_before_is_found_by_it(self, api: Client, db: sa.Connection) -> None:
        book = new(api, "books", **BOOK | {"isbn": "0306406152"})
        db.execute(sa.text("UPDATE books SET isbn_key = isbn"))  # as its migration leaves it
        db.commit()
        other = new(api, "books", **BOOK | {"isbn": "9780306406157"})
        assert api.get("/api/v1/books?isbn=0306406152").json() == [other, book]

    def test_an_isbn_is_taken_once(self, api: Client) -> None:
        new(api, "books", **BOOK)
        answer = api.post("/api/v1/books", json=BOOK)
        assert (answer.status, answer.error, answer.json()["message"]) == (400, "isbn_exists", "ISBN exists")


class TestListBooks:
    @pytest.fixture
    def shelf(self, api: Client) -> dict[str, list[int]]:
        authors = [new(api, "authors", name=name)["id"] for name in "ab"]
        categories = [new(api, "categories", name=name)["id"] for name in "cd"]
        for number in range(6):
            book = BOOK | {"isbn": f"{number:010d}"}
            new(api, "books", **book, author_id=authors[number % 2], category_ids=categories[: number % 3])
        return {"authors": authors, "categories": categories}

    def ids(self, api: Client, query: str) -> list[int]:
        return [book["id"] for book in api.get(f"/api/v1/books?{query}").json()]

    def test_filters(self, api: Client, shelf: dict[str, list[int]]) -> None:
        assert self.ids(api, f"author_id={shelf['authors'][0]}") == [5, 3, 1]
        assert self.ids(api, f"category_id={shelf['categories'][1]}") == [6, 3]
        assert self.ids(api, "isbn=0000000004") == [5]
        assert self.ids(api, f"author_id={shelf['authors'][0]}&category_id={shelf['categories'][1]}") == [3]
        assert self.ids(api, "isbn=9999999999") == []

    def test_a_filtered_list_is_paged_by_its_own_cursors(
        self, api: Client, shelf: dict[str, list[int]]
    ) -> None:
        first, second = shelf["categories"]
        link = api.get(f"/api/v1/books?category_id={first}&limit=2").headers["link"]
        path = link.partition(">")[0].lstrip("<")
        assert [book["id"] for book in api.get(path).json()] == [3, 2]
        other = api.get(path.replace(f"category_id={first}", f"category_id={second}"))
        assert (other.status, other.error) == (400, "invalid_cursor")

    @pytest.mark.parametrize(
        "query", ["author_id=x", "author_id=0", "category_id=+1", "isbn=%00", "isbn=abc"]
    )
    def test_refuses_other_values(self, api: Client, query: str) -> None:
        assert api.get(f"/api/v1/books?{query}").error == "validation_error"

    def test_counts_reviews_without_a_statement_per_book(
        self, api: Client, shelf: dict[str, list[int]]
    ) -> None:
        from shared.database.engines import engine

        statements: list[str] = []

        def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
            statements.append(statement)

        sa.event.listen(engine(), "before_cursor_execute", note)
        try:
            assert len(self.ids(api, "limit=6")) == 6
        finally:
            sa.event.remove(engine(), "before_cursor_execute", note)
        assert len(statements) == 1

    def test_a_page_by_cursor_is_read_from_the_index(self, db: sa.Connection) -> None:
        from shared.models.library import Book

        from sqlalchemy.dialects import postgresql

        from library.queries import select_books

        db.execute(
            sa.text(
                "INSERT INTO books (title, author, isbn, published_date)"
                " SELECT 't', 'a', lpad(n::text, 13, '0'), '2026-01-01' FROM generate_series(1, 5000) n"
            )
        )
        db.execute(sa.text("ANALYZE books"))
        page = select_books().where(sa.tuple_(Book.id) < sa.tuple_(2500)).order_by(Book.id.desc()).limit(21)
        compiled = page.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
        plan = "\n".join(db.execute(sa.text(f"EXPLAIN {compiled}")).scalars())
        assert "Index Scan Backward using pk_books" in plan
        assert "Sort" not in plan.partition("pk_books")[0].rpartition("Limit")[2]


class TestUpdateBook:
    def test_null_clears_what_may_be_empty_and_leaves_the_rest(self, api: Client) -> None:
        author = new(api, "authors", name="A")["id"]
        category = new(api, "categories", name="c")["id"]
        before = new(api, "books", **BOOK, description="d", author_id=author, category_ids=[category])
        nothing = dict.fromkeys(
            ("title", "author", "isbn", "published_date", "description", "author_id", "category_ids")
        )
        after = api.put("/api/v1/books/1", json=nothing).json()
        assert after == before | {"description": None, "author_id": None}
        assert api.put("/api/v1/books/1", json={}).json() == after
        assert api.put("/api/v1/books/1", json={"category_ids": []}).json()["category_ids"] == []

    def test_refuses_references_to_nothing_and_taken_isbns(self, api: Client) -> None:
        new(api, "books", **BOOK)
        new(api, "books", **BOOK | {"isbn": "0000000001"})
        assert api.put("/api/v1/books/2", json={"author_id": 99}).error == "author_not_found"
        assert api.put("/api/v1/books/2", json={"category_ids": [99]}).error == "category_not_found"
        assert api.put("/api/v1/books/2", json={"isbn": BOOK["isbn"]}).error == "isbn_exists"
        assert api.get("/api/v1/books/2").json()["isbn"] == "0000000001"

    def test_a_review_makes_a_new_version(self, api: Client) -> None:
        new(api, "books", **BOOK)
        etag = api.get("/api/v1/books/1").headers["etag"]
        new(api, "books/1/reviews", rating=4, body="fine")
        answer = api.put("/api/v1/books/1", json={}, headers={"If-Match": etag})
        assert (answer.status, answer.error) == (412, "precondition_failed")


class TestWhatGoesLeavesTheRest:
    def test_an_author_that_goes_leaves_the_books(self, api: Client) -> None:
        author = new(api, "authors", name="A")["id"]
        new(api, "books", **BOOK, author_id=author)
        assert api.delete(f"/api/v1/authors/{author}").status == 200
        assert api.get("/api/v1/books/1").json()["author_id"] is None

    def test_a_category_that_goes_is_unlinked(self, api: Client) -> None:
        kept, gone = new(api, "categories", name="a")["id"], new(api, "categories", name="b")["id"]
        new(api, "books", **BOOK, category_ids=[kept, gone])
        assert api.delete(f"/api/v1/categories/{gone}").status == 200
        assert api.get("/api/v1/books/1").json()["category_ids"] == [kept]

    def test_a_book_takes_its_reviews(self, api: Client, db: sa.Connection) -> None:
        new(api, "books", **BOOK)
        new(api, "books/1/reviews", rating=4, body="fine")
        assert api.delete("/api/v1/books/1").json()["reviews_count"] == 1
        assert db.scalar(sa.text("SELECT count(*) FROM reviews")) == 0
