"""Every list finds its page in an index, however many rows there are."""

import importlib
import json
from collections.abc import Iterator
from typing import Any

from shared.models import map_all
from shared.redis.cache import memory

import pytest
import sqlalchemy as sa

from infra.local.postgres import Cluster
from tests.conftest import FILLED_BY_A_MIGRATION
from tests.support.client import ROOT, ROUTES, Client, route_for
from tests.support.sample_calls import merged_from
from tests.support.statements import recorded

LIMIT = 20
MOST = 50 * LIMIT  # rows read or sorted for a page: those shown, and what is counted of each
DOMAINS = [
    importlib.import_module(f"tests.{file.parent.name}.bulk_rows")
    for file in sorted(ROOT.glob("tests/*/bulk_rows.py"))
    if file.parent.name != "sample"
]
# operation: paths that between them use every filter, as user 1
LISTS = {operation: paths for domain in DOMAINS for operation, paths in domain.LISTS.items()}


def test_every_list_is_looked_at() -> None:
    there = {path.stem for path in (ROOT / "functions").glob("*/*.py")}
    lists = {row["operation_id"] for row in ROUTES if row["kind"] == "list"} & there
    assert lists == set(LISTS), (
        "add the others to LISTS, and their rows to FILL, in tests/<domain>/bulk_rows.py"
    )


@pytest.fixture(scope="module")
def full(cluster: Cluster) -> Iterator[sa.Connection]:
    """The app's own connection to a database with a hundred thousand rows in every table."""
    names = (table.name for table in map_all().sorted_tables if table.name != FILLED_BY_A_MIGRATION)
    tables = ", ".join(names)
    owner = sa.create_engine(cluster.owner_url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    app = sa.create_engine(cluster.app_url, poolclass=sa.NullPool)
    with owner.connect() as db:
        db.execute(sa.text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
        db.execute(sa.text("SET session_replication_role = replica"))  # the rows refer to what is there
        for statement in (each for domain in DOMAINS for each in domain.FILL):
            db.execute(sa.text(statement))
        db.execute(sa.text("VACUUM ANALYZE"))
        memory.cache_clear()
        with app.connect() as reader:
            yield reader
        db.execute(sa.text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
        memory.cache_clear()


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
            elif "Relation Name" in node and not _asks_whose_rows(node, path):
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


def _asks_whose_rows(node: dict[str, Any], path: str) -> bool:
    """A list that merges rows of several owners reads once who they are, in the index alone."""
    route = route_for("GET", path.partition("?")[0])
    owners = node["Relation Name"] == merged_from(route["operation_id"])
    return owners and node["Node Type"] == "Index Only Scan"
