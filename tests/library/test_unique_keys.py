"""The revisions that make category names and ISBNs unique by their keys, over rows of the release before."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from infra.deployed.migrations import upgrade
from infra.local.postgres import Cluster

BOOKS = {"0306406152": "9780306406157", "9780306406157": "9780306406157", "080442957X": "9780804429573"}
CATEGORIES = ["Sci-Fi", " Sci-Fi", "Café", "Cafe\u0301", "\u2003Sci-Fi\u00a0", "Poetry"]
BOOK = "INSERT INTO books (title, author, isbn, published_date) VALUES ('T', 'A', :isbn, '2026-01-31')"


@pytest.fixture
def before(cluster: Cluster) -> Iterator[str]:
    """The address of a database at the revision of the release before."""
    admin = sa.create_engine(cluster.owner_url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with admin.connect() as db:
        db.execute(sa.text("CREATE DATABASE keys"))
        url = cluster.owner_url.rpartition("/")[0] + "/keys"
        upgrade(url, "0007")
        yield url
        db.execute(sa.text("DROP DATABASE keys"))


def test_rows_that_share_a_key_keep_their_value_and_are_listed(
    before: str, caplog: pytest.LogCaptureFixture
) -> None:
    engine = sa.create_engine(before, poolclass=sa.NullPool)
    with engine.begin() as db:
        db.execute(
            sa.text("INSERT INTO categories (name) VALUES (:name)"), [{"name": name} for name in CATEGORIES]
        )
        db.execute(sa.text(BOOK), [{"isbn": isbn} for isbn in BOOKS])
    with caplog.at_level(logging.WARNING):
        upgrade(before)
    listed = [each.getMessage() for each in caplog.records if "share" in each.getMessage()]
    assert [each.rpartition(": ")[2] for each in listed] == ["2, 4, 5", "1"]
    with engine.begin() as db:
        names = db.execute(sa.text("SELECT name, name_key FROM categories ORDER BY id")).all()
        assert [name for name, _ in names] == CATEGORIES
        assert [key for _, key in names] == [
            "Sci-Fi", "Sci-Fi\x1f2", "Café", "Café\x1f4", "Sci-Fi\x1f5", "Poetry"
        ]  # fmt: skip
        keys = dict(db.execute(sa.text("SELECT isbn, isbn_key FROM books")).all())
        assert keys == BOOKS | {"0306406152": "0306406152"}
        db.execute(sa.text("UPDATE categories SET name = name WHERE id = 2"))  # it keeps its key
        db.execute(sa.text("DELETE FROM categories WHERE id = 1"))
        db.execute(sa.text("UPDATE books SET isbn = '9780131103627' WHERE isbn = '9780306406157'"))
        names = db.execute(sa.text("SELECT id, name_key FROM categories WHERE id IN (2, 5)")).all()
        assert dict(names) == {2: "Sci-Fi", 5: "Sci-Fi\x1f5"}
        keys = dict(db.execute(sa.text("SELECT isbn, isbn_key FROM books")).all())
        assert keys["0306406152"] == "9780306406157"
    engine.dispose()


@pytest.mark.parametrize("isbn", ["0306406152", "080442957X", "0131103628", "0000000000"])
def test_an_isbn_13_knows_its_isbn_10(db: sa.Connection, isbn: str) -> None:
    assert db.scalar(sa.text("SELECT isbn_10(isbn_key(:isbn))"), {"isbn": isbn}) == isbn
    assert db.scalar(sa.text("SELECT isbn_10(:isbn)"), {"isbn": isbn}) is None


@pytest.mark.parametrize(
    ("insert", "key"),
    [
        ("INSERT INTO categories (name) VALUES (' Poetry')", "SELECT name_key FROM categories WHERE id = 1"),
        (BOOK.replace(":isbn", "'9780306406157'"), "SELECT isbn_key FROM books WHERE id = 1"),
    ],
)
def test_a_row_that_takes_the_key_during_the_backfill_keeps_it(before: str, insert: str, key: str) -> None:
    engine = sa.create_engine(before, poolclass=sa.NullPool)
    with engine.begin() as db:
        db.execute(sa.text("INSERT INTO categories (name) VALUES ('Poetry')"))
        db.execute(sa.text(BOOK), {"isbn": "0306406152"})
    upgrade(before, "0010")
    waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'keys' AND wait_event = 'transactionid'"
    seen = engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as db, seen.connect() as other, ThreadPoolExecutor(1) as threads:
        db.execute(sa.text(insert))
        filled = threads.submit(upgrade, before, "0011")
        while not filled.done() and not other.scalar(sa.text(waits)):
            pass
        db.commit()
        filled.result()
        assert db.scalar(sa.text(key)) in ("Poetry\x1f1", "0306406152")
    engine.dispose()


def test_a_table_of_thousands_of_categories_takes_no_time(before: str) -> None:
    engine = sa.create_engine(before, poolclass=sa.NullPool)
    with engine.begin() as db:
        rows = "SELECT 'No. ' || n FROM generate_series(1, 8000) AS n"
        db.execute(sa.text(f"INSERT INTO categories (name) {rows}"))
        db.execute(sa.text("ALTER DATABASE keys SET statement_timeout = '5s'"))  # one takes a hundredth
    upgrade(before)
    with engine.begin() as db:
        assert db.scalar(sa.text("SELECT count(*) FROM categories WHERE name_key = name")) == 8000
    engine.dispose()


@pytest.mark.parametrize(
    ("table", "statement"),
    [
        ("categories_name", "INSERT INTO categories (name) VALUES (E' Caf\\u00e9'), (E'Cafe\\u0301 ')"),
        ("books_isbn", BOOK.replace(":isbn", "'080442957X'") + ", ('T', 'A', '9780804429573', '2026-01-31')"),
    ],
)
def test_the_release_before_meets_a_constraint_that_it_knows(
    db: sa.Connection, table: str, statement: str
) -> None:
    """It writes no key, and answers 400 by the constraint's name."""
    with pytest.raises(sa.exc.DBAPIError) as refused:
        db.execute(sa.text(statement))
    assert refused.value.orig is not None
    assert refused.value.orig.args[0]["n"] == f"uq_{table}"
    db.rollback()
