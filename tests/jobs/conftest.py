"""The job functions as Lambda calls them: each record goes to the next function. SES is moto's."""

import json
import re
from collections.abc import Iterator
from typing import Any

from shared.database.engines import engine
from shared.jobs import enqueue
from shared.models.users import User

import boto3
import pytest
import sqlalchemy as sa
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends
from sqlalchemy.orm import Session

import deliver_mail
import settle_jobs
import take_jobs
from infra.emulator.destinations import record

SENDER, PAGES, REGION = "no-reply@mail.test", "https://app.example.com/account", "eu-north-1"


ALICE = {"username": "alice", "username_key": "alice", "email": "Alice@example.com"}


def add_user(db: sa.Connection, **columns: Any) -> int:
    row = ALICE | {"email_key": "alice@example.com"} | columns
    user_id = db.scalar(sa.insert(User).values(row).returning(User.id))
    db.commit()
    assert user_id is not None
    return user_id


def add_job(kind: Any, user_id: int | None = None, **payload: str) -> None:
    with Session(engine()) as db:
        enqueue(db, kind, user_id, **payload)
        db.commit()


def token_of(mail: Any) -> str:
    [found] = set(re.findall(r"#token=([\w-]+)", mail.body))
    return str(found)


class Context:
    def __init__(self, seconds: float = 60) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


class Jobs:
    """The three functions. Each step can be left out, as if its function had been killed."""

    def __init__(self, db: sa.Connection) -> None:
        self._db = db

    def take(self) -> dict[str, Any]:
        """The record that TakeJobs's success sends to Deliver."""
        return self._record("take", {}, take_jobs.handler({}, Context()))

    def deliver(self, taken: dict[str, Any]) -> dict[str, Any]:
        """The record of Deliver, whether it succeeded or not."""
        try:
            return self._record("deliver", taken, deliver_mail.handler(taken, Context()))
        except Exception as error:
            report = {"errorMessage": str(error), "errorType": type(error).__name__}
            return self._record("deliver", taken, report, "Unhandled")

    def settle(self, delivered: dict[str, Any]) -> None:
        settle_jobs.handler(delivered, Context())

    def run(self) -> None:
        self.settle(self.deliver(self.take()))

    def pass_time(self, interval: str) -> None:
        """Makes all times of jobs older."""
        columns = ", ".join(f"{each} = {each} - CAST(:i AS interval)" for each in ("run_at", "done_at"))
        claimed = "claimed_until = claimed_until - CAST(:i AS interval)"
        self._db.execute(sa.text(f"UPDATE jobs SET {columns}, {claimed}"), {"i": interval})
        self._db.commit()

    def rows(self) -> list[Any]:
        self._db.commit()
        return list(self._db.execute(sa.text("SELECT * FROM jobs ORDER BY id")))

    def mails(self) -> list[Any]:
        return list(ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages)

    @staticmethod
    def _record(name: str, request: Any, response: Any, error: str | None = None) -> dict[str, Any]:
        made = record(f"arn:aws:lambda:{REGION}:123456789012:function:{name}", request, response, error)
        return dict(json.loads(json.dumps(made)))


@pytest.fixture
def sender(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A verified identity."""
    environment = {"MAIL_FROM": SENDER, "ACCOUNT_PAGES": PAGES, "CONFIGURATION_SET": "mails"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        deliver_mail._ses.cache_clear()
        client = boto3.client("sesv2")
        client.create_email_identity(EmailIdentity=SENDER)
        yield client
    deliver_mail._ses.cache_clear()


@pytest.fixture
def jobs(db: sa.Connection, sender: Any) -> Jobs:
    return Jobs(db)
