"""Every list finds its page in an index, however many rows there are."""

import json
from collections.abc import Iterator
from typing import Any

from shared.cache import cache
from shared.models import map_all

import pytest
import sqlalchemy as sa

from infra.local.postgres import Cluster
from tests.client import ROOT, ROUTES, Client
from tests.statements import recorded

ROWS, LIMIT = 100_000, 20
MOST = 50 * LIMIT  # rows read or sorted for a page: those shown, and what is counted of each
MOMENT = "timestamptz '2026-01-01' + n * interval '1 minute'"
BLOCK = "1 + n / 10001"  # rows of one owner come one after another: the first one's are behind all others'
SERIES = f"FROM generate_series(1, {ROWS}) n"
FILL = f"""
    INSERT INTO users (username, username_key, role) SELECT 'u' || n, 'u' || n, 'admin' {SERIES};
    INSERT INTO follows (follower_id, followed_id, created_at) SELECT 1, n, {MOMENT} {SERIES} WHERE n > 1;
    INSERT INTO follows (follower_id, followed_id, created_at) SELECT n, 1, {MOMENT} {SERIES} WHERE n > 1;
    INSERT INTO follows (follower_id, followed_id) SELECT 2, n * 1000 FROM generate_series(1, 30) n;
    INSERT INTO items (name, description) SELECT 'item', '' {SERIES};
    INSERT INTO authors (name) SELECT 'author' {SERIES};
    INSERT INTO categories (name) SELECT 'category ' || n {SERIES};
    INSERT INTO books (title, author, isbn, published_date, author_id)
        SELECT 'title', 'author', lpad(n::text, 13, '0'), '2026-01-01', 1 + n % 10 {SERIES};
    INSERT INTO book_categories (book_id, category_id) SELECT n, 1 + n % 10 {SERIES};
    INSERT INTO reviews (book_id, user_id, rating, body) SELECT 1 + n % 10, n, 5, '' {SERIES};
    INSERT INTO projects (name, owner_id) SELECT 'project', {BLOCK} {SERIES};
    INSERT INTO issues (project_id, title, status)
        SELECT {BLOCK}, 'issue', (ARRAY['open', 'closed'])[1 + n % 2] {SERIES};
    INSERT INTO posts (content, owner_id, timestamp) SELECT 'post', {BLOCK}, {MOMENT} {SERIES};
    INSERT INTO likes (post_id, user_id) SELECT 1 + n % 10000, n {SERIES};
    INSERT INTO retweets (post_id, user_id) SELECT 1 + n % 10000, n {SERIES}
"""

# operation: paths that between them use every filter, as user 1
LISTS = {
    "list_items": ["/api/v1/items"],
    "list_books": [
        "/api/v1/books",
        "/api/v1/books?author_id=7",
        "/api/v1/books?category_id=7",
        "/api/v1/books?isbn=0000000005000",
    ],
    "list_authors": ["/api/v1/authors"],
    "list_categories": ["/api/v1/categories"],
    "list_reviews": ["/api/v1/books/7/reviews"],
    "list_users": ["/api/v1/users", "/api/v1/users?is_active=true"],
    "list_followers": ["/api/v1/users/1/followers"],
    "list_following": ["/api/v1/users/1/following"],
    "list_user_posts": ["/api/v1/users/1/posts"],
    "list_projects": ["/api/v1/projects"],
    "list_issues": ["/api/v1/projects/1/issues", "/api/v1/projects/1/issues?status=open"],
    "list_posts": ["/api/v1/posts"],
    "list_posts_with_counts": ["/api/v1/posts/with_counts"],
    "get_feed": ["/api/v1/feed"],
}


def test_every_list_is_looked_at() -> None:
    there = {path.stem for path in (ROOT / "functions").glob("*/*.py")}
    lists = {row["operation_id"] for row in ROUTES if row["kind"] == "list"} & there
    assert lists == set(LISTS)


@pytest.fixture(scope="module")
def full(cluster: Cluster) -> Iterator[sa.Connection]:
    """The app's own connection to a database with a hundred thousand rows in every table."""
    tables = ", ".join(table.name for table in map_all().sorted_tables)
    owner = sa.create_engine(cluster.owner_url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    app = sa.create_engine(cluster.app_url, poolclass=sa.NullPool)
    with owner.connect() as db:
        db.execute(sa.text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
        db.execute(sa.text("SET session_replication_role = replica"))  # the rows refer to what is there
        for statement in FILL.split(";"):
            db.execute(sa.text(statement))
        db.execute(sa.text("VACUUM ANALYZE"))
        cache.cache_clear()
        with app.connect() as reader:
            yield reader
        db.execute(sa.text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
        cache.cache_clear()


@pytest.mark.slow
@pytest.mark.parametrize("path", [path for paths in LISTS.values() for path in paths])
@pytest.mark.parametrize("user", [1, 2], ids=["user_1", "user_2"])
def test_a_page_is_found_in_an_index(full: sa.Connection, path: str, user: int) -> None:
    """The first page and the second: no table is read through, and no more than some pages are sorted."""
    api = Client().as_user(user)
    path = f"{path}{'&' if '?' in path else '?'}limit={LIMIT}"
    if second := _explained(full, api, path):
        _explained(full, api, second)


def _explained(db: sa.Connection, api: Client, path: str) -> str:
    """Call it, and explain what it sent with its real parameters; the next page's path."""
    with recorded() as sent:
        answer = api.get(path)
    assert answer.status in (200, 404), answer.body
    for statement, parameters in sent:
        [[plan]] = db.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
        plan = json.loads(plan) if isinstance(plan, str) else plan
        for node in _nodes(plan[0]["Plan"]):
            told = f"{path}: {json.dumps(node)}"
            if node["Node Type"] == "Sort":
                assert _rows(node["Plans"][0]) <= MOST, told
            elif "Relation Name" in node and not _asks_whom_one_follows(node, path):
                assert node["Node Type"] != "Seq Scan", told
                assert _rows(node) <= MOST, told
    return answer.headers.get("link", "").partition(">")[0].lstrip("<")


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for each in node.get("Plans", []):
        yield from _nodes(each)


def _rows(node: dict[str, Any]) -> float:
    """What it gave and what it threw away."""
    return (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]


def _asks_whom_one_follows(node: dict[str, Any], path: str) -> bool:
    """A feed reads the caller's follows once, in the index alone."""
    is_feed = path.startswith("/api/v1/feed")
    return is_feed and node["Relation Name"] == "follows" and node["Node Type"] == "Index Only Scan"
