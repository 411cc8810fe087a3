"""Every deployment gets its schema, however the database was before."""

import logging
from pathlib import Path

import pytest
import sqlalchemy as sa

import infra.deployed.migrations
from infra.deployed.migrations.bootstrap import APP_ROLE, MIGRATION_ROLE
from infra.local.postgres import Cluster
from migrate import handler
from tests.operations.conftest import CloudFormation
from tests.operations.databases import BUILD, committing, migration, rows

pytestmark = pytest.mark.timeout(120, method="thread")  # the function has the alarm to itself


def test_an_empty_database_gets_its_roles_and_its_schema(url: str, cloudformation: CloudFormation) -> None:
    answer = cloudformation.call(handler, "Create", **BUILD, Revision="0001")
    assert (answer["Status"], answer["Data"]) == ("SUCCESS", {"Revision": "0001"})
    assert (answer["StackId"], answer["RequestId"], answer["LogicalResourceId"]) == (
        "stack",
        "request",
        "Schema",
    )
    assert cloudformation.content_types == [""]  # anything else breaks the signature of the URL
    owners = rows(url, "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
    assert owners == [(MIGRATION_ROLE,)]
    assert rows(url, f"SELECT pg_has_role('{APP_ROLE}', 'rds_iam', 'MEMBER')") == [(True,)]
    others = "schemaname = 'public' AND tablename <> 'alembic_version'"
    [(table,), *_] = rows(url, f"SELECT tablename FROM pg_tables WHERE {others}")
    assert rows(url, f"SELECT has_table_privilege('{APP_ROLE}', '{table}', 'INSERT')") == [(True,)]
    assert rows(url, f"SELECT has_schema_privilege('{APP_ROLE}', 'public', 'CREATE')") == [(False,)]
    assert rows(url, f"SELECT pg_has_role('{APP_ROLE}', '{MIGRATION_ROLE}', 'MEMBER')") == [(False,)]


def test_tables_from_before_the_roles_get_their_owner(url: str, cloudformation: CloudFormation) -> None:
    with committing(url) as master:
        master.execute(sa.text("CREATE TABLE from_before (id int)"))
    assert cloudformation.call(handler, "Create", **BUILD, Revision="0001")["Status"] == "SUCCESS"
    owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'from_before'"
    assert rows(url, owner) == [(MIGRATION_ROLE,)]
    assert rows(url, f"SELECT has_table_privilege('{APP_ROLE}', 'from_before', 'SELECT')") == [(True,)]


def test_a_second_deployment_changes_nothing(url: str, cloudformation: CloudFormation) -> None:
    for kind in ("Create", "Update"):
        answer = cloudformation.call(handler, kind, **BUILD, Revision="0001")
        assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", "Schema")


def test_a_new_migration_is_applied(url: str, later: Path, cloudformation: CloudFormation) -> None:
    cloudformation.call(handler, "Create", **BUILD, Revision="0001")
    later.write_text(migration("op.execute('CREATE TABLE later (id int)')"))
    answer = cloudformation.call(handler, "Update", **BUILD, Revision="0002")
    assert answer["Status"] == "SUCCESS"
    assert rows(url, f"SELECT has_table_privilege('{APP_ROLE}', 'later', 'SELECT')") == [(True,)]


def test_a_rollback_leaves_the_newer_schema(url: str, later: Path, cloudformation: CloudFormation) -> None:
    later.write_text(migration("op.execute('CREATE TABLE later (id int)')"))
    cloudformation.call(handler, "Create", **BUILD, Revision="0002")
    assert cloudformation.call(handler, "Update", **BUILD, Revision="0001")["Status"] == "SUCCESS"
    later.unlink()  # CloudFormation brings the old code back first
    assert cloudformation.call(handler, "Update", **BUILD, Revision="0001")["Status"] == "SUCCESS"
    assert rows(url, "SELECT version_num FROM alembic_version") == [("0002",)]
    assert rows(url, "SELECT count(*) FROM later") == [(0,)]


class Giver(logging.Handler):
    """Gives the right to sign in once it has been missed."""

    def __init__(self, master: sa.Connection) -> None:
        super().__init__()
        self._master = master

    def emit(self, record: logging.LogRecord) -> None:
        self._master.execute(sa.text("ALTER ROLE master LOGIN"))


def test_a_right_to_sign_in_that_counts_late_is_waited_for(
    server: Cluster, url: str, monkeypatch: pytest.MonkeyPatch, cloudformation: CloudFormation
) -> None:
    monkeypatch.setattr(infra.deployed.migrations, "PAUSE", 0)
    logger = logging.getLogger("infra.deployed.migrations")
    with committing(server.owner_url) as owner:
        owner.execute(sa.text("ALTER ROLE master NOLOGIN"))
        giver = Giver(owner)
        logger.addHandler(giver)
        try:
            answer = cloudformation.call(handler, "Create", **BUILD, Revision="0001")
        finally:
            logger.removeHandler(giver)
            owner.execute(sa.text("ALTER ROLE master LOGIN"))
    assert answer["Status"] == "SUCCESS"


def test_a_migration_made_by_hand_is_found_done(
    url: str, later: Path, cloudformation: CloudFormation
) -> None:
    """The way for one that takes longer than the function may."""
    cloudformation.call(handler, "Create", **BUILD, Revision="0001")
    later.write_text(migration("op.execute('CREATE TABLE later (id int)')"))
    infra.deployed.migrations.upgrade(url)
    answer = cloudformation.call(handler, "Update", **BUILD, Revision="0002")
    assert (answer["Status"], answer["Data"]) == ("SUCCESS", {"Revision": "0002"})
    assert rows(url, "SELECT tableowner FROM pg_tables WHERE tablename = 'later'") == [(MIGRATION_ROLE,)]
