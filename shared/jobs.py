"""Jobs: a route enqueues work in its own transaction; functions outside of the request path do it.

`infra/deployed/jobs` has the functions. A job may run twice.
"""

from collections.abc import Sequence
from typing import Any, Literal

from shared.database.sessions import execute_deferred
from shared.models.jobs import Job

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

MAX_ATTEMPTS = 8  # over about two hours
LISTED = 100  # dead jobs

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

_is_open = and_(Job.done_at.is_(None), or_(Job.claimed_until.is_(None), Job.claimed_until < func.now()))
IS_DUE = and_(_is_open, Job.attempts < MAX_ATTEMPTS, Job.run_at <= func.now())
IS_DEAD = and_(_is_open, Job.attempts >= MAX_ATTEMPTS)
STATES = {
    "due": IS_DUE,
    "waiting": and_(_is_open, Job.attempts < MAX_ATTEMPTS, Job.run_at > func.now()),
    "claimed": and_(Job.done_at.is_(None), Job.claimed_until >= func.now()),
    "dead": IS_DEAD,
    "done": Job.done_at.is_not(None),
}


def enqueue(db: Session, kind: Mail, user_id: int | None = None, **payload: Any) -> None:
    """Adds a job that commits with the route's writes, without a round trip of its own."""
    job = insert(Job).values(kind=kind, user_id=user_id, payload=payload)
    execute_deferred(db, job.inline())  # a returned id would not wait


def count_by_state(db: Session) -> dict[str, int]:
    counted = select(*(func.count().filter(each).label(state) for state, each in STATES.items()))
    return dict(db.execute(counted.select_from(Job)).mappings().one())


def manage_dead(db: Session, do: str, ids: Sequence[int]) -> dict[str, Any]:
    """Makes dead jobs due (`rerun`) or deletes them (`drop`): those of the ids, or all if there are none.

    Any other word changes nothing. Returns the number of changed jobs, the numbers by state, and the newest
    dead jobs.
    """
    change = {"rerun": _rerun_dead, "drop": _drop_dead}.get(do)
    changed = change(db, ids) if change else 0
    return {"changed": changed, "states": count_by_state(db), "dead": _list_dead(db)}


def _list_dead(db: Session) -> list[dict[str, Any]]:
    """Returns dead jobs, the newest first, without payloads, which have addresses."""
    columns = (Job.id, Job.kind, Job.user_id, Job.attempts, Job.last_error)
    newest = select(*columns).where(IS_DEAD).order_by(Job.id.desc()).limit(LISTED)
    return [dict(each) for each in db.execute(newest).mappings()]


def _chosen(ids: Sequence[int]) -> ColumnElement[bool]:
    return and_(IS_DEAD, Job.id.in_(ids)) if ids else IS_DEAD


def _rerun_dead(db: Session, ids: Sequence[int]) -> int:
    due = update(Job).values(attempts=0, claimed_until=None, run_at=func.now())
    return len(db.scalars(due.where(_chosen(ids)).returning(Job.id)).all())


def _drop_dead(db: Session, ids: Sequence[int]) -> int:
    return len(db.scalars(delete(Job).where(_chosen(ids)).returning(Job.id)).all())
