"""Paging by cursor costs the same on page 1 and page 50,000 of a million books.

Prints the ratio of the medians, measured in pairs, in turns. Run by `make bench`.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from infra.local import postgres
from infra.migrations import upgrade
from infra.migrations.bootstrap import create_roles
from shared.database import close_connections
from tests.client import Client
from tests.performance.cursors import cursor_after

BOOKS, LIMIT, DEEP_PAGE, PAIRS = 1_000_000, 20, 50_000, 200
FILL = """
    INSERT INTO authors (name) SELECT 'author ' || n FROM generate_series(1, 1000) n;
    INSERT INTO users (username, username_key) SELECT 'u' || n, 'u' || n FROM generate_series(1, 10) n;
    INSERT INTO books (title, author, isbn, published_date, author_id)
        SELECT 'title ' || n, 'author', lpad(n::text, 13, '0'), '2026-01-01', 1 + n % 1000
        FROM generate_series(1, {books}) n;
    INSERT INTO reviews (book_id, user_id, rating, body)
        SELECT n, 1 + n % 10, 1 + n % 5, 'fine' FROM generate_series(1, {books}, 2) n;
"""


def seconds(api: Client, path: str) -> float:
    started = time.perf_counter()
    answer = api.get(path)
    took = time.perf_counter() - started
    assert (answer.status, len(answer.json())) == (200, LIMIT)
    return took


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
        last_shown = BOOKS - (DEEP_PAGE - 1) * LIMIT + 1
        deep = f"/api/v1/books?cursor={cursor_after('/api/v1/books', last_shown)}"
        shown = [book["id"] for book in api.get(deep).json()]
        assert shown[0] == last_shown - 1, "this is not the page it should be"
        first = "/api/v1/books"
        for _ in range(20):
            seconds(api, first), seconds(api, deep)
        pairs = [(seconds(api, first), seconds(api, deep)) for _ in range(PAIRS)]
        one, many = (statistics.median(side) for side in zip(*pairs, strict=True))
        close_connections()
    sys.stdout.write(
        f"page {DEEP_PAGE:,} / page 1 of {BOOKS:,} books by cursor: {many / one:.2f} "
        f"(medians {many * 1000:.2f} and {one * 1000:.2f} ms, target < 1.3)\n"
    )


main()
