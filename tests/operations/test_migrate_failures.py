"""A migration that cannot be is answered in words, and the database is as the answer says."""

import sys
import time
from pathlib import Path

from shared.runtime.settings import settings

import pytest

import infra.deployed.migrations
from custom_resource import MARGIN
from migrate import handler
from tests.operations.conftest import CloudFormation
from tests.operations.databases import BUILD, migration, rows

pytestmark = pytest.mark.timeout(120, method="thread")  # the function has the alarm to itself


@pytest.mark.parametrize(
    ("statement", "words"),
    [("DROP TABLE nowhere", 'table "nowhere" does not exist'), ("SELECT 1/0", "SQLSTATE 22012")],
    ids=["by-its-message", "by-its-code-where-that-may-quote-a-row"],
)
def test_a_migration_that_fails_says_why_and_leaves_nothing_of_its_revision(
    url: str, later: Path, cloudformation: CloudFormation, statement: str, words: str
) -> None:
    later.write_text(migration(f"op.execute('CREATE TABLE half (id int)'); op.execute('{statement}')"))
    answer = cloudformation.call(handler, "Create", **BUILD, Revision="0002")
    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == f"The migration to 0002 failed: {words}"
    assert rows(url, "SELECT to_regclass('half'), version_num FROM alembic_version") == [(None, "0001")]


def test_a_migration_that_runs_out_of_time_is_answered_and_ended(
    url: str, later: Path, cloudformation: CloudFormation
) -> None:
    later.write_text(migration("op.execute('SELECT pg_sleep(600)')"))
    answer = cloudformation.call(handler, "Create", seconds=MARGIN + 1, **BUILD, Revision="0002")
    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == "It did not end within 1 seconds and was stopped"
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
    assert rows(url, "SELECT to_regclass('alembic_version')") == [(None,)]


def test_a_database_out_of_reach_is_answered(
    monkeypatch: pytest.MonkeyPatch, cloudformation: CloudFormation
) -> None:
    monkeypatch.setattr(infra.deployed.migrations, "PATIENCE", 0)
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
    monkeypatch.setitem(sys.modules, "infra.deployed.migrations", None)
    answer = cloudformation.call(handler, "Create", **BUILD, Revision="0001")
    assert (answer["Status"], "infra.deployed.migrations" in answer["Reason"]) == ("FAILED", True)


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
