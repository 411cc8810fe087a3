"""Migrations go forth and back; what they make is compared with the models in tests/contract."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic import command

from infra.deployed.migrations import config, upgrade
from infra.local.postgres import Cluster


@pytest.fixture
def empty_database(cluster: Cluster) -> Iterator[str]:
    admin = sa.create_engine(cluster.owner_url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with admin.connect() as db:
        db.execute(sa.text("CREATE DATABASE migrated"))
        yield cluster.owner_url.rpartition("/")[0] + "/migrated"
        db.execute(sa.text("DROP DATABASE migrated"))


def test_every_migration_can_be_taken_back(empty_database: str) -> None:
    upgrade(empty_database)
    command.downgrade(config(empty_database), "base")
    with sa.create_engine(empty_database, poolclass=sa.NullPool).connect() as db:
        assert sa.inspect(db).get_table_names() == ["alembic_version"]
    upgrade(empty_database)


def test_a_new_database_has_no_user(empty_database: str) -> None:
    upgrade(empty_database)
    with sa.create_engine(empty_database, poolclass=sa.NullPool).connect() as db:
        assert db.scalar(sa.text("SELECT count(*) FROM users")) == 0


def test_the_apps_role_cannot_change_the_schema(cluster: Cluster) -> None:
    with sa.create_engine(cluster.app_url, poolclass=sa.NullPool).connect() as db:
        for statement in (
            "CREATE TABLE mine (id int)",
            "DROP TABLE users",
            "ALTER TABLE users ADD COLUMN x int",
        ):
            with pytest.raises(sa.exc.ProgrammingError):
                db.execute(sa.text(statement))
            db.rollback()
        timeouts = [db.scalar(sa.text(f"SHOW {name}")) for name in ("lock_timeout", "statement_timeout")]
        assert timeouts == ["5s", "8s"]
