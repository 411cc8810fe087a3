"""A function may end at any step, and SES may refuse: no job is lost, at worst a mail comes twice."""

import re
from collections.abc import Iterator
from typing import Any

from shared.database.engines import engine
from shared.identity.mail_tokens import reserve
from shared.jobs import MAX_ATTEMPTS

import botocore.exceptions
import pytest
import sqlalchemy as sa
from botocore.stub import Stubber
from sqlalchemy.orm import Session

import deliver_mail
import settle_jobs
from claims import CLAIM, MAX_ERROR
from mail_jobs import PURPOSES
from mail_texts import TEXTS, render
from tests.jobs.conftest import PAGES, SENDER, Context, Jobs, add_job, add_user

AFTER_CLAIM = f"{CLAIM.total_seconds() + 1} seconds"


@pytest.fixture
def due(jobs: Jobs, db: sa.Connection) -> Jobs:
    """Two mails are due."""
    user_id = add_user(db)
    add_job("verification", user_id)
    add_job("password_changed", user_id)
    return jobs


class TestKilled:
    def test_in_take_jobs_before_the_claim(self, due: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
        def killed(*_: Any) -> None:
            raise SystemExit

        monkeypatch.setattr("take_jobs.claim", killed)
        with pytest.raises(SystemExit):
            due.take()
        monkeypatch.undo()
        assert [job.attempts for job in due.rows()] == [0, 0]

    @pytest.mark.parametrize("step", ["take", "deliver"])
    def test_after_a_step_the_claim_ends_and_the_job_is_due_again(self, due: Jobs, step: str) -> None:
        taken = due.take()
        if step == "deliver":
            due.deliver(taken)
        due.run()
        sent_by_the_first = 2 * (step == "deliver")
        assert len(due.mails()) == sent_by_the_first  # nobody takes a job that is claimed
        due.pass_time(AFTER_CLAIM)
        due.run()
        assert len(due.mails()) == sent_by_the_first + 2
        assert [(job.attempts, job.done_at is None) for job in due.rows()] == [(2, False)] * 2

    def test_in_settle_jobs_before_its_commit(self, due: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
        delivered = due.deliver(due.take())

        def killed(*_: Any) -> None:
            raise SystemExit

        monkeypatch.setattr("settle_jobs.retry", killed)
        with pytest.raises(SystemExit):
            due.settle(delivered)
        assert [job.done_at for job in due.rows()] == [None, None]

    def test_deliver_as_a_whole_makes_all_its_jobs_due_again(
        self, due: Jobs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("ACCOUNT_PAGES")
        due.run()
        assert {job.last_error for job in due.rows()} == {"Deliver: 'ACCOUNT_PAGES'"}
        assert {job.claimed_until for job in due.rows()} == {None}

    def test_deliver_never_began(self, due: Jobs) -> None:
        """Lambda drops an event that waited for too long, and says so without an answer of the function."""
        taken = due.take()
        record = due.deliver(taken)
        record["requestContext"]["condition"] = "EventAgeExceeded"
        del record["responsePayload"], record["responseContext"]
        due.settle(record)
        assert {job.last_error for job in due.rows()} == {"Deliver: EventAgeExceeded"}


def test_a_claim_that_has_passed_settles_nothing(due: Jobs) -> None:
    late = due.deliver(due.take())
    due.pass_time(AFTER_CLAIM)
    again = due.take()
    late["responsePayload"] = {"sent": [], "failed": [{"id": 1, "attempt": 1, "error": "late"}]}
    due.settle(late)
    assert [job.last_error for job in due.rows()] == [None, None]
    due.settle(due.deliver(again))
    due.settle(late)
    assert [(job.last_error, job.done_at is None) for job in due.rows()] == [(None, False)] * 2


def test_pauses_double_up_to_an_hour_and_then_the_job_is_dead(
    due: Jobs, sender: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sender.delete_email_identity(EmailIdentity=SENDER)
    minutes = []
    for _ in range(MAX_ATTEMPTS):
        due.run()
        [job, _] = due.rows()
        pause = job.run_at.timestamp() - now(due)
        minutes.append(round(pause / 60))
        due.pass_time(f"{pause + 1} seconds")
    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60]
    due.run()
    assert due.rows()[0].attempts == MAX_ATTEMPTS
    assert '"DeadJobs":[2.0]' in capsys.readouterr().out
    assert due.mails() == []


def now(jobs: Jobs) -> float:
    return float(jobs._db.scalar(sa.text("SELECT extract(epoch FROM now())")) or 0)


def test_an_identity_that_is_not_verified_is_a_failure_that_says_so(due: Jobs, sender: Any) -> None:
    sender.delete_email_identity(EmailIdentity=SENDER)
    due.run()
    assert all("MessageRejected" in job.last_error for job in due.rows())
    assert all(len(job.last_error) <= MAX_ERROR for job in due.rows())


@pytest.fixture
def stubbed(sender: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    with Stubber(deliver_mail._ses()) as stub:
        yield stub


@pytest.mark.parametrize("code", sorted(deliver_mail.ACCOUNT_ERRORS))
def test_throttling_and_a_paused_account_stop_the_batch(due: Jobs, stubbed: Stubber, code: str) -> None:
    stubbed.add_client_error("send_email", code, "Sending paused for this account")
    due.run()
    stubbed.assert_no_pending_responses()
    assert {job.last_error for job in due.rows()} == {f"{code}: Sending paused for this account"}


def test_an_error_that_names_the_address_is_kept_without_it(due: Jobs, stubbed: Stubber) -> None:
    for _ in range(2):
        stubbed.add_client_error("send_email", "MessageRejected", "not verified: Alice@example.com")
    due.run()
    assert {job.last_error for job in due.rows()} == {"MessageRejected: not verified: the recipient"}


def test_one_refused_mail_does_not_stop_the_others(due: Jobs, stubbed: Stubber) -> None:
    stubbed.add_client_error("send_email", "BadRequestException", "Domain contains illegal character")
    stubbed.add_response("send_email", {"MessageId": "1"})
    due.run()
    assert [job.done_at is None for job in due.rows()] == [True, False]


def test_a_batch_that_takes_too_long_ends_in_time(due: Jobs, stubbed: Stubber) -> None:
    answer = deliver_mail.handler(due.take(), Context(seconds=10))
    assert answer["sent"] == []
    assert {each["error"] for each in answer["failed"]} == {"not sent: the time is over"}


def test_ses_out_of_reach_is_a_failure(due: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(**_: Any) -> None:
        raise botocore.exceptions.EndpointConnectionError(endpoint_url="https://email.test")

    monkeypatch.setattr(deliver_mail._ses(), "send_email", unreachable)
    due.run()
    assert all("EndpointConnectionError" in job.last_error for job in due.rows())


def test_an_empty_take_opens_no_connection_downstream(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = jobs.take()
    with monkeypatch.context() as patch:
        patch.setattr(deliver_mail, "_ses", None)
        patch.setattr(settle_jobs, "engine", None)
        jobs.settle(jobs.deliver(taken))


def test_no_line_and_no_job_holds_a_token(
    jobs: Jobs, db: sa.Connection, sender: Any, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str], logs: Any,
) -> None:  # fmt: skip
    """Once SES refuses each mail, then Deliver fails as a whole, and at last the mails are sent."""
    user_id = add_user(db, pending_email="new@example.com")
    with Session(engine()) as writing, writing.begin():
        reserve(writing, user_id, "old@example.com")
    for kind in set(PURPOSES) - {"email_changed"}:
        add_job(kind, user_id)
    add_job("email_changed", user_id, email="old@example.com")
    tokens = []

    def run() -> None:
        taken = jobs.take()
        tokens.extend(mail["token"] for mail in taken["responsePayload"]["mails"] if mail["token"])
        jobs.settle(jobs.deliver(taken))
        jobs.pass_time("1 hour")

    sender.delete_email_identity(EmailIdentity=SENDER)
    run()
    with monkeypatch.context() as patch:
        patch.delenv("ACCOUNT_PAGES")
        run()
    sender.create_email_identity(EmailIdentity=SENDER)
    run()
    assert len(jobs.mails()) == len(PURPOSES)
    assert len(tokens) == 3 * sum(purpose is not None for purpose in PURPOSES.values())
    printed = str(logs) + str(capsys.readouterr()) + str(jobs.rows())
    assert "MessageRejected" in printed
    assert [token for token in tokens if token in printed] == []


@pytest.mark.parametrize("kind", sorted(file.stem for file in TEXTS.glob("*.txt")))
def test_what_users_chose_is_escaped(kind: str) -> None:
    of = kind.removesuffix("_without_undo")
    token = "a-token" if of == kind and PURPOSES[of] else None
    mail = {"kind": of, "username": '<b>"x"</b>', "to": "<i>@example.com", "token": token}
    subject, text, html = render(mail, PAGES)
    assert '<b>"x"</b>' in text
    assert not re.search("<b>|<i>", html)
    assert "&lt;b&gt;&quot;x&quot;&lt;/b&gt;" in html
    assert "$" not in subject + text + html
    assert "?" not in "".join(re.findall(r"https?://\S+", text))
