"""A job commits with the writes of the route that enqueues it."""

from shared.database.driver.pipeline import PipelinedConnection
from shared.database.engines import engine
from shared.jobs import enqueue
from shared.models.jobs import Job
from shared.runtime.settings import settings

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.sample.models import Gadget


def test_a_job_commits_with_the_transaction(db: sa.Connection) -> None:
    with Session(engine()) as session:
        enqueue(session, "recovery", email="mona@example.com")
        session.rollback()
        enqueue(session, "verification", user_id=7)
        session.commit()
    job = db.execute(sa.select(Job)).one()
    assert (job.kind, job.user_id, job.payload, job.attempts) == ("verification", 7, {}, 0)
    assert (job.claimed_until, job.last_error, job.done_at) == (None, None, None)


@pytest.mark.parametrize("jobs", [0, 1, 2])
def test_jobs_take_no_round_trip(db: sa.Connection, monkeypatch: pytest.MonkeyPatch, jobs: int) -> None:
    if not settings().pipelines:
        pytest.skip("the driver as it comes defers nothing")
    round_trips = []
    monkeypatch.setattr(PipelinedConnection, "after_round_trip", lambda self, sql, _: round_trips.append(sql))
    with Session(engine()) as session:
        session.add(Gadget(name="pen"))
        for _ in range(jobs):
            enqueue(session, "recovery", email="mona@example.com")
        session.commit()
    assert [len(each) for each in round_trips] == [2, 1 + jobs]
    assert db.scalar(sa.select(sa.func.count()).select_from(Job)) == jobs
