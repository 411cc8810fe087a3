"""Claims of jobs: a job belongs to the function that claimed it until it is settled or the claim ends.

The claim is the only retry: Lambda and the schedule repeat nothing (infra/stacks/jobs.yaml). Statements take
arrays, since a text of over 16 KB would pin RDS Proxy.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from shared.jobs import IS_DUE
from shared.models.jobs import Job

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

CLAIM = timedelta(minutes=5)  # exceeds the event ages and timeouts of Deliver and SettleJobs together
MAX_ERROR = 500  # characters of an error that are kept

CLAIM_JOBS = text("""
    UPDATE jobs SET attempts = attempts + 1, claimed_until = now() + CAST(:length AS interval),
                    payload = payload || jsonb_build_object('to', taken.recipient)
    FROM unnest(CAST(:ids AS bigint[]), CAST(:recipients AS text[])) AS taken (id, recipient)
    WHERE jobs.id = taken.id
""")
END_WITHOUT_MAIL = text("""
    UPDATE jobs SET done_at = now(), claimed_until = NULL, payload = payload - 'to',
                    last_error = 'no mail: ' || ended.reason
    FROM unnest(CAST(:ids AS bigint[]), CAST(:reasons AS text[])) AS ended (id, reason)
    WHERE jobs.id = ended.id
""")
# Each of the next two changes a job only under the claim that it was handed.
FINISH = text("""
    UPDATE jobs SET done_at = now(), claimed_until = NULL, last_error = NULL
    FROM unnest(CAST(:ids AS bigint[]), CAST(:attempts AS integer[])) AS sent (id, attempt)
    WHERE jobs.id = sent.id AND jobs.attempts = sent.attempt AND done_at IS NULL
""")
RETRY = text("""
    UPDATE jobs SET run_at = now() + interval '1 minute' * least(60, 2 ^ (attempts - 1)),
                    claimed_until = NULL, last_error = failed.error
    FROM unnest(CAST(:ids AS bigint[]), CAST(:attempts AS integer[]), CAST(:errors AS text[]))
         AS failed (id, attempt, error)
    WHERE jobs.id = failed.id AND jobs.attempts = failed.attempt AND done_at IS NULL
""")


def lock_due(db: Session, kinds: Collection[str], most: int) -> Sequence[Row[Any]]:
    """Locks jobs that are due and returns them, the oldest first. It skips those that another one holds."""
    columns = (Job.id, Job.kind, Job.user_id, Job.payload, Job.attempts)
    oldest = select(*columns).where(IS_DUE, Job.kind.in_(kinds)).order_by(Job.run_at, Job.id).limit(most)
    return db.execute(oldest.with_for_update(skip_locked=True)).all()


def claim(db: Session, recipients: Mapping[int, str]) -> None:
    """Claims jobs by their ids, and notes the recipient of each mail, by the address's key."""
    values = {"ids": list(recipients), "recipients": list(recipients.values()), "length": CLAIM}
    db.execute(CLAIM_JOBS, values)


def end_without_mail(db: Session, reasons: Mapping[int, str]) -> None:
    db.execute(END_WITHOUT_MAIL, {"ids": list(reasons), "reasons": list(reasons.values())})


def finish(db: Session, sent: Sequence[Mapping[str, Any]]) -> None:
    db.execute(FINISH, _claims(sent))


def retry(db: Session, failed: Sequence[Mapping[str, Any]]) -> None:
    """Makes jobs due again after a pause, which doubles up to an hour."""
    db.execute(RETRY, _claims(failed) | {"errors": [each["error"][:MAX_ERROR] for each in failed]})


def _claims(settled: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"ids": [each["id"] for each in settled], "attempts": [each["attempt"] for each in settled]}
