"""The job functions pin no connection of RDS Proxy, however many jobs there are."""

import pytest
import sqlalchemy as sa

import manage_jobs
import purge_rows
import settle_jobs
import take_jobs
from infra.emulator.destinations import record
from infra.local.postgres import Cluster
from tests.integration.conftest import database_settings
from tests.integration.wire import Recorder
from tests.jobs.conftest import Context, add_job, add_user

JOBS = 1000  # looked up at once


def test_no_job_function_pins_the_proxy(
    db: sa.Connection, cluster: Cluster, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_id = add_user(db)
    flood = "INSERT INTO jobs (kind, payload) SELECT 'recovery', jsonb_build_object('email', n || '@x.org')"
    db.execute(sa.text(f"{flood} FROM generate_series(1, {JOBS}) n"))
    db.commit()
    add_job("verification", user_id)
    url = cluster.app_url.replace(f":{cluster.port}/", f":{recorder.port}/")
    with database_settings(monkeypatch, DATABASE_URL=url):
        taken = take_jobs.handler({}, Context())
        assert len(taken["mails"]) == 1
        failed = [{"id": each, "attempt": 1, "error": "refused"} for each in range(1, JOBS + 1)]
        settle_jobs.handler(record("deliver", {}, {"sent": taken["mails"], "failed": failed}), None)
        purge_rows.handler({}, Context())
        manage_jobs.handler({"do": "rerun", "ids": [1, 2]}, None)
    assert len(recorder.statements) > 10
    assert recorder.violations == []
