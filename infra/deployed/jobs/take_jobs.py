"""Takes the jobs that are due: ends those that lead to no mail, and returns the mails of the rest.

Lambda passes the result to Deliver. Only the result has the tokens; the database has their hashes.
"""

import json
import os
from collections.abc import Sequence
from typing import Any

from shared.database.engines import engine
from shared.identity.mail_tokens import Purpose, issue
from shared.jobs import IS_DEAD, IS_DUE
from shared.models.jobs import Job
from shared.runtime.observability import logger, measure

from sqlalchemy import Row, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from claims import claim, end_without_mail, lock_due
from mail_jobs import PURPOSES, Mail, plan

MAX_MAILS, MAX_BYTES = 100, 100_000  # of a batch: Lambda's records hold one another, up to 256 KB
TOKEN_BYTES = 60
ROUND = 1000  # jobs looked up at once
RESERVE = 15_000  # milliseconds kept for the tokens and the answer


def handler(event: object, context: Any) -> dict[str, list[dict[str, Any]]]:
    """Returns the mails with their tokens."""
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
        # Two at once would each send the mails that the limit of an hour allows.
        db.execute(select(func.pg_advisory_xact_lock(func.hashtext("jobs"))))
        jobs = lock_due(db, PURPOSES, ROUND)
        mails, reasons = plan(db, jobs) if os.environ.get("MAIL_FROM") else ([], _unconfigured(jobs))
        batch: list[Mail] = []
        for mail in mails:
            size += len(json.dumps(mail.message(None))) + TOKEN_BYTES
            is_full = len(taken) + len(batch) == MAX_MAILS or size > MAX_BYTES
            if is_full:
                break
            batch.append(mail)
        claim(db, {mail.job_id: mail.key for mail in batch})
        end_without_mail(db, reasons)
        db.commit()
        taken += batch
        if len(jobs) < ROUND:
            break
    return taken


def _unconfigured(jobs: Sequence[Row[Any]]) -> dict[int, str]:
    return {job.id: "no sender is configured (MailFrom)" for job in jobs}


def _message(db: Session, mail: Mail) -> dict[str, Any] | None:
    """Returns the mail with its token, or None if the job ends here or its token cannot be stored.

    In the second case the job is due again after its claim.
    """
    purpose = PURPOSES[mail.kind]
    try:
        token = issue(db, purpose, mail.user_id, mail.email) if purpose else None
        # The owner of an address hears that it was left, even if no link can restore it.
        is_due = token is not None or purpose in (None, Purpose.UNDO)
        if not is_due:
            end_without_mail(db, {mail.job_id: "no longer due"})
        db.commit()
    except SQLAlchemyError:  # such as a timeout of the lock on the user's row
        db.rollback()
        logger().exception("A job has no token", job=mail.job_id)
        return None
    return mail.message(token) if is_due else None


def _measure(db: Session) -> None:
    age = func.extract("epoch", func.now() - func.min(Job.run_at).filter(IS_DUE))
    dead = func.count().filter(IS_DEAD)
    found = db.execute(select(age.label("age"), dead.label("dead")).where(Job.done_at.is_(None))).one()
    measure("OldestJob", float(found.age or 0), "Seconds")
    measure("DeadJobs", found.dead, "Count")
