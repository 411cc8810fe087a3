"""Every deployment gets its answer, and the database what the answer says.

The master user is as RDS has it: no superuser, but it may create roles.
"""

import logging
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from shared.settings import settings

import pytest
import sqlalchemy as sa

import infra.migrations
from custom_resource import MARGIN
from infra.local import postgres
from infra.local.postgres import Cluster
from migrate import handler
from tests.client import ROOT
from tests.operations.conftest import CloudFormation

BUILD = {"Release": "test-0123456789abcdef", "Stage": "test"}

pytestmark = pytest.mark.timeout(120, method="thread")  # the function has the alarm to itself


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with postgres.cluster(tmp_path_factory.mktemp("rds")) as running:
        with committing(running.owner_url) as db:
            db.execute(sa.text("CREATE ROLE master LOGIN CREATEROLE CREATEDB PASSWORD 'm'"))
            db.execute(sa.text("CREATE ROLE rds_iam NOLOGIN"))
            db.execute(sa.text("GRANT rds_iam TO master WITH ADMIN OPTION"))
        yield running


def committing(url: str) -> sa.Connection:
    return sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT").connect()


@pytest.fixture
def url(server: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The master's, at an empty database of its own."""
    with committing(server.owner_url) as db:
        db.execute(sa.text("CREATE DATABASE cloud OWNER master"))
        url = f"postgresql+pg8000://master:m@127.0.0.1:{server.port}/cloud"
        monkeypatch.setenv("DATABASE_URL", url)
        settings.cache_clear()
        yield url
        db.execute(sa.text("DROP DATABASE cloud WITH (FORCE)"))
        settings.cache_clear()


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The module of a migration 0002 that this test writes."""
    copied = shutil.copytree(ROOT / "infra/migrations", tmp_path / "migrations")
    for other in (copied / "versions").glob("*.py"):
        if other.name != "0001_items.py":
            other.unlink()
    monkeypatch.setattr(infra.migrations, "HERE", copied)
    return copied / "versions" / "0002_later.py"


def migration(body: str) -> str:
    return (
        f"from alembic import op\nrevision = '0002'\ndown_revision = '0001'\ndef upgrade():\n    {body}\n"
        "def downgrade(): ...\n"
    )


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as db:
        return [tuple(row) for row in db.execute(sa.text(query))]


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
    assert owners == [("routewise_migration",)]
    assert rows(url, "SELECT pg_has_role('routewise_app', 'rds_iam', 'MEMBER')") == [(True,)]
    assert rows(url, "SELECT has_table_privilege('routewise_app', 'items', 'INSERT')") == [(True,)]
    assert rows(url, "SELECT has_schema_privilege('routewise_app', 'public', 'CREATE')") == [(False,)]
    assert rows(url, "SELECT pg_has_role('routewise_app', 'routewise_migration', 'MEMBER')") == [(False,)]


def test_tables_from_before_the_roles_get_their_owner(url: str, cloudformation: CloudFormation) -> None:
    with committing(url) as master:
        master.execute(sa.text("CREATE TABLE from_before (id int)"))
    assert cloudformation.call(handler, "Create", **BUILD, Revision="0001")["Status"] == "SUCCESS"
    owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'from_before'"
    assert rows(url, owner) == [("routewise_migration",)]
    assert rows(url, "SELECT has_table_privilege('routewise_app', 'from_before', 'SELECT')") == [(True,)]


def test_a_second_deployment_changes_nothing(url: str, cloudformation: CloudFormation) -> None:
    for kind in ("Create", "Update"):
        answer = cloudformation.call(handler, kind, **BUILD, Revision="0001")
        assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", "Schema")


def test_a_new_migration_is_applied(url: str, later: Path, cloudformation: CloudFormation) -> None:
    cloudformation.call(handler, "Create", **BUILD, Revision="0001")
    later.write_text(migration("op.execute('CREATE TABLE later (id int)')"))
    answer = cloudformation.call(handler, "Update", **BUILD, Revision="0002")
    assert answer["Status"] == "SUCCESS"
    assert rows(url, "SELECT has_table_privilege('routewise_app', 'later', 'SELECT')") == [(True,)]


def test_a_rollback_leaves_the_newer_schema(url: str, later: Path, cloudformation: CloudFormation) -> None:
    later.write_text(migration("op.execute('CREATE TABLE later (id int)')"))
    cloudformation.call(handler, "Create", **BUILD, Revision="0002")
    assert cloudformation.call(handler, "Update", **BUILD, Revision="0001")["Status"] == "SUCCESS"
    later.unlink()  # CloudFormation brings the old code back first
    assert cloudformation.call(handler, "Update", **BUILD, Revision="0001")["Status"] == "SUCCESS"
    assert rows(url, "SELECT version_num FROM alembic_version") == [("0002",)]
    assert rows(url, "SELECT count(*) FROM later") == [(0,)]


@pytest.mark.parametrize(
    ("statement", "words"),
    [("DROP TABLE nowhere", 'table "nowhere" does not exist'), ("SELECT 1/0", "SQLSTATE 22012")],
    ids=["by-its-message", "by-its-code-where-that-may-quote-a-row"],
)
def test_a_migration_that_fails_says_why_and_leaves_nothing(
    url: str, later: Path, cloudformation: CloudFormation, statement: str, words: str
) -> None:
    later.write_text(migration(f"op.execute('CREATE TABLE half (id int)'); op.execute('{statement}')"))
    answer = cloudformation.call(handler, "Create", **BUILD, Revision="0002")
    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == f"The migration to 0002 failed: {words}"
    assert rows(url, "SELECT to_regclass('half'), to_regclass('items')") == [(None, None)]


def test_a_migration_that_runs_out_of_time_is_answered_and_ended(
    url: str, later: Path, cloudformation: CloudFormation
) -> None:
    later.write_text(migration("op.execute('SELECT pg_sleep(600)')"))
    answer = cloudformation.call(handler, "Create", seconds=MARGIN + 2, **BUILD, Revision="0002")
    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == "It did not end within 2 seconds and was stopped"
    running = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    while rows(url, running):  # the server looks for its client every two seconds
        time.sleep(0.1)
    later.unlink()
    assert cloudformation.call(handler, "Create", **BUILD, Revision="0001")["Status"] == "SUCCESS"


def test_a_revision_that_was_not_shipped_is_refused(url: str, cloudformation: CloudFormation) -> None:
    answer = cloudformation.call(handler, "Create", **BUILD, Revision="9999")
    assert (answer["Status"], answer["Reason"]) == (
        "FAILED",
        "The revision 9999 is not among the migrations of this build",
    )


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
    monkeypatch.setattr(infra.migrations, "PAUSE", 0)
    logger = logging.getLogger("infra.migrations")
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


@pytest.mark.parametrize(
    ("release", "reason"),
    [
        (
            "unstamped",
            "This build has no release stamp: build it with `make build STAGE=...`, not `sam build`",
        ),
        (
            "dev-0123456789abcdef",
            "This is the build dev-0123456789abcdef, of another stage than test: `make build STAGE=...`",
        ),
    ],
)
def test_a_build_that_is_not_this_stages_is_refused(
    url: str, cloudformation: CloudFormation, release: str, reason: str
) -> None:
    answer = cloudformation.call(handler, "Create", Revision="0001", Release=release, Stage="test")
    assert (answer["Status"], answer["Reason"]) == ("FAILED", reason)
    assert rows(url, "SELECT to_regclass('items')") == [(None,)]


def test_a_migration_made_by_hand_is_found_done(
    url: str, later: Path, cloudformation: CloudFormation
) -> None:
    """The way for one that takes longer than the function may."""
    cloudformation.call(handler, "Create", **BUILD, Revision="0001")
    later.write_text(migration("op.execute('CREATE TABLE later (id int)')"))
    infra.migrations.upgrade(url)
    answer = cloudformation.call(handler, "Update", **BUILD, Revision="0002")
    assert (answer["Status"], answer["Data"]) == ("SUCCESS", {"Revision": "0002"})
    assert rows(url, "SELECT tableowner FROM pg_tables WHERE tablename = 'later'") == [
        ("routewise_migration",)
    ]


def test_a_database_out_of_reach_is_answered(
    monkeypatch: pytest.MonkeyPatch, cloudformation: CloudFormation
) -> None:
    monkeypatch.setattr(infra.migrations, "PATIENCE", 0)
    monkeypatch.setenv("DATABASE_URL", "postgresql://master@127.0.0.1:1/cloud")
    settings.cache_clear()
    answer = cloudformation.call(handler, "Create", **BUILD, Revision="0001")
    settings.cache_clear()
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("The migration to 0001 failed: ")


def test_a_missing_setting_is_answered(
    monkeypatch: pytest.MonkeyPatch, cloudformation: CloudFormation
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    settings.cache_clear()
    answer = cloudformation.call(handler, "Create", **BUILD, Revision="0001")
    settings.cache_clear()
    assert (answer["Status"], "DATABASE_URL is not set" in answer["Reason"]) == ("FAILED", True)


def test_a_package_that_was_not_shipped_is_answered(
    monkeypatch: pytest.MonkeyPatch, cloudformation: CloudFormation
) -> None:
    monkeypatch.setitem(sys.modules, "infra.migrations", None)
    answer = cloudformation.call(handler, "Create", **BUILD, Revision="0001")
    assert (answer["Status"], "infra.migrations" in answer["Reason"]) == ("FAILED", True)


def test_the_end_of_the_stack_asks_nothing_of_the_database(
    monkeypatch: pytest.MonkeyPatch, cloudformation: CloudFormation
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    settings.cache_clear()
    assert cloudformation.call(handler, "Delete", **BUILD, Revision="0001")["Status"] == "SUCCESS"
    settings.cache_clear()


def test_an_answer_that_was_not_taken_is_sent_again(cloudformation: CloudFormation) -> None:
    cloudformation.refuse = 2
    assert cloudformation.call(handler, "Delete", **BUILD, Revision="0001")["Status"] == "SUCCESS"
