"""Paging by cursor costs the same on page 1 and on a deep page of a million books."""

import json
from collections.abc import Iterator

from shared.runtime.product import IDENTIFIER

from tests.performance import comparison
from tests.performance.cursors import cursor_after
from tests.performance.events import event
from tests.performance.progress import step
from tests.performance.setup import Ground, execute
from tests.performance.table import Figure

PATH, LIMIT, BOOKS = "/api/v1/books", 20, 1_000_000
AUTHORS, CATEGORIES = 1000, 10
# As its owner, in a session that checks no foreign key.
FILL = f"""
    SET session_replication_role = replica;
    TRUNCATE users, authors, categories, books, book_categories, reviews RESTART IDENTITY CASCADE;
    INSERT INTO users (username, username_key) SELECT 'u' || n, 'u' || n FROM generate_series(1, 10) n;
    INSERT INTO authors (name) SELECT 'author ' || n FROM generate_series(1, {AUTHORS}) n;
    INSERT INTO categories (name) SELECT 'category ' || n FROM generate_series(1, {CATEGORIES}) n;
    INSERT INTO books (title, author, isbn, published_date, author_id)
        SELECT 'title ' || n, 'author', lpad(n::text, 13, '0'), '2026-01-01', 1 + n % {AUTHORS}
        FROM generate_series(1, {BOOKS}) n;
    INSERT INTO book_categories (book_id, category_id)
        SELECT n, 1 + n % {CATEGORIES} FROM generate_series(1, {BOOKS}) n;
    INSERT INTO reviews (book_id, user_id, rating, body)
        SELECT n, 1 + n % 10, 1 + n % 5, 'fine' FROM generate_series(1, {BOOKS}, 2) n;
    VACUUM ANALYZE;
"""
# which books, their filter, one in how many of all, the deep page
LISTS = (
    ("all books", "", 1, 45_000),
    ("one category", "category_id=2", CATEGORIES, 4_500),
    ("one author", "author_id=2", AUTHORS, 45),
)


def pages(ground: Ground) -> Iterator[Figure]:
    step(f"{BOOKS:,} books")
    execute(ground.cluster.owner_url, f"CREATE DATABASE books TEMPLATE {IDENTIFIER};")
    execute(ground.cluster.owner_url.rpartition("/")[0] + "/books", FILL)
    for name, filters, one_in, page in LISTS:
        last_shown = BOOKS - one_in * ((page - 1) * LIMIT - 1)  # with which the page before may end
        cursor = cursor_after(PATH, filters, last_shown)
        deep, first = (
            ground.ours("list_books", event("GET", PATH, f"{PATH}?{query}"), database="books")
            for query in (f"{filters}&cursor={cursor}".lstrip("&"), filters)
        )
        shown = [book["id"] for book in json.loads(comparison.first_call(ground, deep)["body"])]
        assert len(shown) == LIMIT, "this is not the page that it should be"
        assert last_shown - one_in <= shown[0] < last_shown, "this is not the page that it should be"
        measured = comparison.warm(ground, deep, first)
        yield Figure(f"{name}: page {page:,} / page 1", measured.median, 1.3, measured.spread(1e3, "ms"))
