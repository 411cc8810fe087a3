"""An operator lists the dead jobs, makes them due again or deletes them."""

from typing import Any

from shared.jobs import MAX_ATTEMPTS

import pytest
import sqlalchemy as sa

import manage_jobs
from tests.jobs.conftest import Jobs, add_job, add_user


@pytest.fixture
def dead(jobs: Jobs, db: sa.Connection) -> Jobs:
    """The jobs 1 and 2 are dead, 3 is due and 4 is done."""
    user_id = add_user(db)
    for _ in range(4):
        add_job("password_changed", user_id)
    died = f"UPDATE jobs SET attempts = {MAX_ATTEMPTS}, last_error = 'refused' WHERE id < 3"
    db.execute(sa.text(died))
    db.execute(sa.text("UPDATE jobs SET done_at = now() WHERE id = 4"))
    db.commit()
    return jobs


def call(do: str, *ids: int) -> dict[str, Any]:
    return manage_jobs.handler({"do": do, "ids": list(ids)}, None)


def test_the_list_has_the_dead_and_no_address(dead: Jobs) -> None:
    assert call("list") == {
        "changed": 0,
        "states": {"due": 1, "waiting": 0, "claimed": 0, "dead": 2, "done": 1},
        "dead": [
            {"id": each, "kind": "password_changed", "user_id": 1, "attempts": 8, "last_error": "refused"}
            for each in (2, 1)
        ],
    }


def test_dead_jobs_run_again(dead: Jobs) -> None:
    assert call("rerun", 1, 3, 4)["changed"] == 1
    dead.run()
    assert len(dead.mails()) == 2
    assert [job.done_at is None for job in dead.rows()] == [False, True, False, False]
    assert call("rerun")["changed"] == 1


def test_dead_jobs_are_dropped(dead: Jobs) -> None:
    assert call("drop", 2, 3, 4)["changed"] == 1
    assert call("drop")["changed"] == 1
    assert [job.id for job in dead.rows()] == [3, 4]
