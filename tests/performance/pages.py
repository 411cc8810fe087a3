"""Paging by cursor costs the same on page 1 and on a deep page of a million books.

Prints the ratio of the medians, measured in pairs, in turns. Run by `make bench`.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from shared.database.sessions import close_connections

import sqlalchemy as sa

from infra.local import postgres
from infra.migrations import upgrade
from infra.migrations.bootstrap import create_roles
from tests.client import Client
from tests.performance.cursors import cursor_after

BOOKS, LIMIT, PAIRS = 1_000_000, 20, 200
FILL = """
    INSERT INTO authors (name) SELECT 'author ' || n FROM generate_series(1, 1000) n;
    INSERT INTO categories (name) SELECT 'category ' || n FROM generate_series(1, 10) n;
    INSERT INTO users (username, username_key) SELECT 'u' || n, 'u' || n FROM generate_series(1, 10) n;
    INSERT INTO books (title, author, isbn, published_date, author_id)
        SELECT 'title ' || n, 'author', lpad(n::text, 13, '0'), '2026-01-01', 1 + n % 1000
        FROM generate_series(1, {books}) n;
    INSERT INTO book_categories (book_id, category_id)
        SELECT n, 1 + n % 10 FROM generate_series(1, {books}) n;
    INSERT INTO reviews (book_id, user_id, rating, body)
        SELECT n, 1 + n % 10, 1 + n % 5, 'fine' FROM generate_series(1, {books}, 2) n;
"""


def seconds(api: Client, path: str) -> float:
    started = time.perf_counter()
    answer = api.get(path)
    took = time.perf_counter() - started
    assert (answer.status, len(answer.json())) == (200, LIMIT)
    return took


def compare(api: Client, name: str, path: str, deep_page: int, last_shown: int) -> None:
    """`last_shown`: the id with which the page before ends."""
    filters = path.partition("?")[2]
    deep = f"{path}{'&' if filters else '?'}cursor={cursor_after('/api/v1/books', filters, last_shown)}"
    shown = [book["id"] for book in api.get(deep).json()]
    assert shown[0] < last_shown <= shown[0] + 1000, "this is not the page it should be"
    for _ in range(20):
        seconds(api, path), seconds(api, deep)
    pairs = [(seconds(api, path), seconds(api, deep)) for _ in range(PAIRS)]
    one, many = (statistics.median(side) for side in zip(*pairs, strict=True))
    sys.stdout.write(
        f"{name}: page {deep_page:,} / page 1 by cursor: {many / one:.2f} "
        f"(medians {many * 1000:.2f} and {one * 1000:.2f} ms, target < 1.3)\n"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, postgres.cluster(Path(folder)) as cluster:
        create_roles(cluster.owner_url, cluster.app_password)
        upgrade(cluster.owner_url)
        os.environ |= {"DATABASE_URL": cluster.app_url, "LOG_LEVEL": "ERROR"}
        owner = sa.create_engine(cluster.owner_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with owner.connect() as db:
            for statement in FILL.format(books=BOOKS).split(";")[:-1]:
                db.execute(sa.text(statement))
            db.execute(sa.text("VACUUM ANALYZE"))
        api = Client()
        for name, path, deep_page, last_shown in (
            ("all books", "/api/v1/books", 50_000, BOOKS - 49_999 * LIMIT + 1),
            ("one category", "/api/v1/books?category_id=2", 5_000, BOOKS - 10 * 4_999 * LIMIT + 1),
            ("one author", "/api/v1/books?author_id=2", 49, BOOKS - 1000 * 48 * LIMIT + 1),
        ):
            compare(api, name, path, deep_page, last_shown)
        close_connections()


main()
