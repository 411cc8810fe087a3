"""From the job that a route enqueues to the mail, the token's hash and the settled job."""

import json
from hashlib import sha256
from typing import Any

from shared.database.engines import engine
from shared.jobs import MAX_ATTEMPTS
from shared.models.jobs import Job
from shared.models.mail import MailToken

import pytest
import sqlalchemy as sa

import take_jobs
from tests.accounts.environments import overlap
from tests.jobs.conftest import PAGES, SENDER, Context, Jobs, add_job, add_user, token_of


def hashes(db: sa.Connection) -> list[bytes]:
    db.commit()
    return list(db.scalars(sa.select(MailToken.token_hash)))


@pytest.mark.parametrize(
    ("kind", "columns", "by_address", "page"),
    [
        ("verification", {}, False, "verify"),
        ("verification", {}, True, "verify"),
        ("recovery", {"password_hash": "$argon2id$"}, True, "reset"),
        ("invitation", {}, False, "invitation"),
        ("email_change", {"pending_email": "alice@example.com", "email_key": "old@x.org"}, False, "verify"),
    ],
)
def test_a_mail_has_a_link_whose_tokens_hash_is_stored(
    jobs: Jobs, db: sa.Connection, kind: str, columns: dict[str, Any], by_address: bool, page: str
) -> None:
    user_id = add_user(db, **columns)
    if by_address:
        add_job(kind, email="ALICE@EXAMPLE.COM")
    else:
        add_job(kind, user_id)
    jobs.run()
    [mail] = jobs.mails()
    assert mail.source == SENDER
    assert [each.lower() for each in mail.destinations["ToAddresses"]] == ["alice@example.com"]
    assert f"{PAGES}/{page}#token=" in mail.body
    assert '"alice"' in mail.body
    assert hashes(db) == [sha256(token_of(mail).encode()).digest()]
    [job] = jobs.rows()
    assert (job.attempts, job.claimed_until, job.last_error) == (1, None, None)
    assert job.done_at is not None
    assert token_of(mail) not in str(job)


@pytest.mark.parametrize("kind", ["password_changed", "password_reset", "email_changed"])
def test_a_notice_has_no_token(jobs: Jobs, db: sa.Connection, kind: str) -> None:
    add_job(kind, add_user(db), email="old@example.com")
    jobs.run()
    [mail] = jobs.mails()
    expected = "old@example.com" if kind == "email_changed" else "Alice@example.com"
    assert mail.destinations["ToAddresses"] == [expected]
    assert "#token=" not in mail.body
    assert hashes(db) == []


@pytest.mark.parametrize(
    ("kind", "columns", "payload", "reason"),
    [
        ("recovery", {}, {"email": "nobody@example.com"}, "unknown user or address"),
        ("recovery", {}, {"email": "no address \ud83d\ude00"}, "unknown user or address"),
        ("recovery", {"is_active": False}, {"email": "alice@example.com"}, "the user is not active"),
        ("verification", {"verified_email_key": "alice@example.com"}, {}, "the address is verified"),
        ("email_change", {}, {}, "the user has no such address"),
        ("email_changed", {}, {}, "the user has no such address"),
        ("recovery", {}, {"other": "x"}, "unknown user or address"),
        ("invitation", {"password_hash": "$argon2id$"}, {}, "no longer due"),
    ],
)
def test_a_job_that_leads_to_no_mail_says_why(
    jobs: Jobs, db: sa.Connection, kind: str, columns: dict[str, Any], payload: dict[str, str], reason: str
) -> None:
    user_id = add_user(db, **columns)
    add_job(kind, None if payload else user_id, **payload)
    jobs.run()
    assert jobs.mails() == []
    [job] = jobs.rows()
    assert (job.last_error, job.claimed_until) == (f"no mail: {reason}", None)
    assert job.done_at is not None
    assert "to" not in job.payload


def test_without_a_sender_jobs_end(jobs: Jobs, db: sa.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    add_job("verification", add_user(db))
    monkeypatch.delenv("MAIL_FROM")
    jobs.run()
    [job] = jobs.rows()
    assert job.last_error == "no mail: no sender is configured (MailFrom)"
    assert hashes(db) == []


def test_three_mails_an_hour_of_each_kind_go_to_an_address(jobs: Jobs, db: sa.Connection) -> None:
    user_id = add_user(db, password_hash="$argon2id$")
    for _ in range(4):
        add_job("recovery", email="alice@example.com")
        add_job("verification", user_id)
        add_job("password_changed", user_id)
    jobs.run()
    add_job("recovery", email="ALICE@example.com")
    jobs.run()
    sent = [job.kind for job in jobs.rows() if job.last_error is None]
    assert sorted(sent) == ["password_changed"] * 4 + ["recovery"] * 3 + ["verification"] * 3
    over = {job.last_error for job in jobs.rows() if job.last_error}
    assert over == {"no mail: over the limit of an hour"}
    jobs.pass_time("1 hour")
    add_job("recovery", email="alice@example.com")
    jobs.run()
    assert len(jobs.mails()) == 11


def test_of_two_takes_at_once_each_job_is_in_one_and_the_limit_holds(
    jobs: Jobs, db: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_user(db, password_hash="$argon2id$")
    for _ in range(4):
        add_job("recovery", email="alice@example.com")
    engines = iter((engine(timeout=9), engine(timeout=11)))  # a connection for each
    monkeypatch.setattr("take_jobs.engine", lambda: next(engines))
    monkeypatch.setattr("take_jobs.ROUND", 2)
    taken = overlap(db, "LOCK TABLE jobs IN EXCLUSIVE MODE", jobs.take, jobs.take)
    ids = [mail["id"] for record in taken for mail in record["responsePayload"]["mails"]]
    assert sorted(ids) == [1, 2, 3]
    assert jobs.rows()[3].last_error == "no mail: over the limit of an hour"


def test_a_token_that_cannot_be_stored_stops_no_other_mail(
    jobs: Jobs, db: sa.Connection, logs: list[dict[str, Any]]
) -> None:
    user_id = add_user(db)
    for kind in ("recovery", "verification"):
        add_job(kind, user_id)
    db.execute(sa.text("ALTER TABLE mail_tokens ADD CONSTRAINT refused CHECK (purpose <> 'recovery')"))
    db.commit()
    jobs.run()
    db.execute(sa.text("ALTER TABLE mail_tokens DROP CONSTRAINT refused"))
    db.commit()
    assert [(job.kind, job.done_at is None) for job in jobs.rows()] == [
        ("recovery", True),
        ("verification", False),
    ]
    assert [line["job"] for line in logs if line["message"] == "A job has no token"] == [1]
    jobs.pass_time("1 hour")
    jobs.run()
    assert len(jobs.mails()) == 2


def test_a_batch_has_a_hundred_mails_and_the_rest_waits(jobs: Jobs, db: sa.Connection) -> None:
    for number in range(130):
        email = f"e{number}@example.com"
        add_user(db, username=f"u{number}", username_key=f"u{number}", email=email, email_key=email)
    for number in range(130):
        add_job("verification", number + 1)
    add_job("verification", 99999)
    taken = jobs.take()
    assert [len(taken["responsePayload"]["mails"]), len(hashes(db))] == [100, 100]
    assert [job.attempts for job in jobs.rows()] == [1] * 100 + [0] * 31
    assert len(jobs.take()["responsePayload"]["mails"]) == 30
    assert jobs.rows()[-1].last_error == "no mail: unknown user or address"


def test_a_batch_of_the_longest_mails_has_100_kilobytes(jobs: Jobs, db: sa.Connection) -> None:
    for number in range(100):
        email = f"{'😀' * 60}{number:04}@{'x' * 60}.{'y' * 60}.{'z' * 58}.test"
        add_user(db, username=f"{number:050}", username_key=f"{number}", email=email, email_key=email)
        add_job("verification", number + 1)
    taken = jobs.take()["responsePayload"]
    assert 50 < len(taken["mails"]) < 100
    assert len(json.dumps(taken)) <= 100_100


def test_five_thousand_jobs_without_a_mail_are_settled_in_one_take(jobs: Jobs, db: sa.Connection) -> None:
    add_user(db)
    flood = "INSERT INTO jobs (kind, payload) SELECT 'recovery', jsonb_build_object('email', n || '@x.org')"
    db.execute(sa.text(f"{flood} FROM generate_series(1, 5000) n"))
    db.commit()
    add_job("verification", 1)
    assert len(jobs.take()["responsePayload"]["mails"]) == 1
    assert sum(job.done_at is not None for job in jobs.rows()) == 5000


def test_no_round_begins_once_the_time_is_over(jobs: Jobs, db: sa.Connection) -> None:
    add_job("verification", add_user(db))
    assert take_jobs.handler({}, Context(seconds=1)) == {"mails": []}
    assert jobs.rows()[0].attempts == 0


def test_jobs_of_other_kinds_stay_for_others(jobs: Jobs, db: sa.Connection) -> None:
    db.execute(sa.insert(Job).values(kind="deletion", payload={}))
    db.commit()
    jobs.run()
    assert jobs.rows()[0].attempts == 0


def test_a_dead_job_is_not_taken(jobs: Jobs, db: sa.Connection) -> None:
    db.execute(sa.insert(Job).values(kind="verification", user_id=add_user(db), attempts=MAX_ATTEMPTS))
    db.commit()
    jobs.run()
    assert jobs.mails() == []
