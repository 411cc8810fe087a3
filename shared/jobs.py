"""Jobs: a route enqueues work in its own transaction; functions outside of the request path do it.

`infra/deployed/jobs` has the functions. A job may run twice.
"""

from typing import Any, Literal

from shared.database.sessions import execute_deferred
from shared.models.jobs import Job

from sqlalchemy import insert
from sqlalchemy.orm import Session

# The mails. `verification` and `recovery` name a user or an address as it was given (`email=`).
type Mail = Literal[
    "verification",
    "recovery",
    "invitation",
    "email_change",  # verifies a pending address
    "password_changed",
    "password_reset",
    "email_changed",  # tells the old address (`email=`)
]


def enqueue(db: Session, kind: Mail, user_id: int | None = None, **payload: Any) -> None:
    """Adds a job that commits with the route's writes, without a round trip of its own."""
    job = insert(Job).values(kind=kind, user_id=user_id, payload=payload)
    execute_deferred(db, job.inline())  # a returned id would not wait
