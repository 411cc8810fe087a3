"""Takes the jobs that are due: ends those that lead to no mail, and returns the mails of the rest.

Lambda hands what it returns to `deliver_mail`. Only that message has the tokens; the database has hashes.
"""

import json
import os
from typing import Any

from shared.database.engines import engine
from shared.identity.mail_tokens import issue
from shared.jobs import IS_DEAD, IS_DUE
from shared.models.jobs import Job
from shared.runtime.observability import logger, measure

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from claims import claim, end_without_mail, lock_due
from mail_jobs import PURPOSES, Mail, plan

MAX_MAILS, MAX_BYTES = 100, 100_000  # of a batch: Lambda's records hold one another, up to 256 KB
TOKEN_BYTES = 60
ROUND = 1000  # jobs looked up at once
RESERVE = 15_000  # milliseconds kept for the tokens and the answer


def handler(event: object, context: Any) -> dict[str, list[dict[str, Any]]]:
    with Session(engine()) as db:
        mails = _take(db, context)
        messages = [message for mail in mails if (message := _message(db, mail)) is not None]
        _measure(db)
    return {"mails": messages}


def _take(db: Session, context: Any) -> list[Mail]:
    """Claims a batch of mails. Each round of jobs is one transaction."""
    taken: list[Mail] = []
    size, is_full = 0, False
    while not is_full and context.get_remaining_time_in_millis() > RESERVE:
        # Two at once would each let the limit of an hour through.
        db.execute(select(func.pg_advisory_xact_lock(func.hashtext("jobs"))))
        jobs = lock_due(db, PURPOSES, ROUND)
        mails, reasons = plan(db, jobs) if os.environ.get("MAIL_FROM") else ([], _unconfigured(jobs))
        batch: list[Mail] = []
        for mail in mails:
            size += len(json.dumps(mail.message(None))) + TOKEN_BYTES
            is_full = is_full or len(taken) + len(batch) == MAX_MAILS or size > MAX_BYTES
            batch += [] if is_full else [mail]
        claim(db, {mail.job_id: mail.key for mail in batch})
        end_without_mail(db, reasons)
        db.commit()
        taken += batch
        if len(jobs) < ROUND:
            break
    return taken


def _unconfigured(jobs: Any) -> dict[int, str]:
    return {job.id: "no sender is configured (MailFrom)" for job in jobs}


def _message(db: Session, mail: Mail) -> dict[str, Any] | None:
    """Returns the mail with its token. If it cannot, the job ends, or is due again after its claim."""
    purpose = PURPOSES[mail.kind]
    try:
        token = purpose and issue(db, purpose, mail.user_id, mail.email)
        if purpose and token is None and mail.kind != "email_changed":
            end_without_mail(db, {mail.job_id: "no longer due"})
        db.commit()
    except SQLAlchemyError:  # such as a timeout of the lock on the user's row
        db.rollback()
        logger().exception("A job has no token", job=mail.job_id)
        return None
    return mail.message(token) if token or not purpose or mail.kind == "email_changed" else None


def _measure(db: Session) -> None:
    age = func.extract("epoch", func.now() - func.min(Job.run_at).filter(IS_DUE))
    dead = func.count().filter(IS_DEAD)
    found = db.execute(select(age.label("age"), dead.label("dead")).where(Job.done_at.is_(None))).one()
    measure("OldestJob", float(found.age or 0), "Seconds")
    measure("DeadJobs", found.dead, "Count")
