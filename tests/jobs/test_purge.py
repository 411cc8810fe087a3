"""Rows that have expired are deleted, in batches, while requests run."""

from shared.models import map_all

import pytest
import sqlalchemy as sa

import purge_rows
from infra.local.postgres import Cluster
from tests.jobs.conftest import Context, add_user

FILL = {
    "idempotency_records": "INSERT INTO idempotency_records (caller, route, key, fingerprint, created_at)"
    " SELECT 'c', 'r', n, '', now() - interval '{age}' FROM generate_series(1, {n}) n",
    "sign_in_windows": "INSERT INTO sign_in_windows (key, calls, admitted, expires_at)"
    " SELECT int8send(n), '{{}}', true, now() + interval '1 day' - interval '{age}'"
    " FROM generate_series(1, {n}) n",
    "sign_in_addresses": "INSERT INTO sign_in_addresses (user_id, address, expires_at)"
    " SELECT 1, int8send(n), now() + interval '1 day' - interval '{age}' FROM generate_series(1, {n}) n",
    "refresh_families": "INSERT INTO refresh_families (user_id, expires_at)"
    " SELECT 1, now() + interval '1 day' - interval '{age}' FROM generate_series(1, {n}) n",
    "account_events": "INSERT INTO account_events (kind, at)"
    " SELECT 'signed_in', now() - interval '364 days' - interval '{age}' FROM generate_series(1, {n}) n",
    "mail_tokens": "INSERT INTO mail_tokens (token_hash, purpose, user_id, email, email_key, expires_at)"
    " SELECT int8send(n), 'undo', 1, 'a', 'a', now() + interval '1 day' - interval '{age}'"
    " FROM generate_series(1, {n}) n",
    "jobs": "INSERT INTO jobs (kind, done_at) SELECT 'x', now() - interval '{age}'"
    " FROM generate_series(1, {n}) n",
}


def fill(db: sa.Connection, table: str, age: str, number: int) -> None:
    db.execute(sa.text(FILL[table].format(age=age, n=number)))
    db.commit()


def count(db: sa.Connection, table: str) -> int:
    db.commit()
    return int(db.scalar(sa.text(f"SELECT count(*) FROM {table}")) or 0)


def test_every_table_whose_rows_expire_is_purged() -> None:
    expire = {name for name, table in map_all().tables.items() if "expires_at" in table.columns}
    assert expire | {"account_events", "idempotency_records", "jobs"} == set(FILL) | {"refresh_tokens"}
    assert {model.__tablename__ for model in purge_rows.EXPIRED} == set(FILL)


@pytest.mark.parametrize("table", sorted(FILL))
def test_what_has_expired_goes_and_the_rest_stays(db: sa.Connection, table: str) -> None:
    add_user(db)
    expired = 2 * purge_rows.BATCH + 1
    fill(db, table, "25 hours", expired)
    assert purge_rows.handler({}, Context())[table] == expired
    assert count(db, table) == 0
    fill(db, table, "23 hours", 3)
    assert not any(purge_rows.handler({}, Context()).values())
    assert count(db, table) == 3


def test_an_unfinished_job_stays(db: sa.Connection) -> None:
    db.execute(sa.text("INSERT INTO jobs (kind, run_at) VALUES ('x', now() - interval '1 year')"))
    db.commit()
    purge_rows.handler({}, Context())
    assert count(db, "jobs") == 1


def test_a_row_that_a_request_holds_waits(db: sa.Connection, cluster: Cluster) -> None:
    fill(db, "idempotency_records", "25 hours", 3)
    with sa.create_engine(cluster.owner_url, poolclass=sa.NullPool).begin() as request:
        request.execute(sa.text("UPDATE idempotency_records SET created_at = now() WHERE key = '1'"))
        assert purge_rows.handler({}, Context())["idempotency_records"] == 2
    assert count(db, "idempotency_records") == 1


def test_it_ends_in_time(db: sa.Connection) -> None:
    fill(db, "jobs", "25 hours", 1)
    assert not any(purge_rows.handler({}, Context(seconds=1)).values())
