"""The deletion of an account with its rows. A job removes the likes, retweets and follows that name it."""

from shared.database import execute_deferred, invalidate
from shared.identity.callers import caller_cache_keys
from shared.models.idempotency import IdempotencyRecord
from shared.models.users import User, deleted_subjects, leaving_users

from fastapi import Request
from sqlalchemy import and_, delete, insert, or_, select
from sqlalchemy.orm import Session

from accounts import account_events, sign_in_sessions
from accounts.account_errors import LastAdmin
from accounts.owned_rows import remove_rows
from accounts.queries import get_user_profile


def lock_account(db: Session, user_id: int) -> User | None:
    """Returns the user, None if there is none. The user's row and those of the active admins are locked.

    So of two admins who are deleted at once, the second one's deletion sees the first. Errors: LastAdmin.
    """
    is_admin = and_(User.role == "admin", User.is_active)
    is_named = and_(User.id == user_id, User.is_person)
    rows = select(User).where(or_(is_named, is_admin)).order_by(User.id)
    locked = db.scalars(rows.with_for_update(key_share=True)).all()
    user = next((each for each in locked if each.id == user_id), None)
    if user is not None and user.role == "admin" and user.is_active and len(locked) == 1:
        raise LastAdmin
    return user


def delete_account(db: Session, request: Request, user: User, by: int) -> None:
    """Deletes the user, whose row is locked. `by`: the actor's id. Errors: ServiceUnavailable.

    A call under way that adds a row of the user's holds the user's row by its foreign key. The last statement
    waits for it, and the row goes with the user's. A later call finds no user to name.
    """
    sign_in_sessions.end_all_sessions(db, user.id)
    if remove_rows(db, request, user.id):
        if lock_account(db, user.id) is None:
            return
        sign_in_sessions.end_all_sessions(db, user.id)
    invalidate(db, get_user_profile.key(user.id), *caller_cache_keys(user, ()))
    _forget_answers(db, user)
    execute_deferred(db, insert(leaving_users).values(user_id=user.id))
    if user.issuer and user.subject:
        tombstone = insert(deleted_subjects).values(issuer=user.issuer, subject=user.subject)
        execute_deferred(db, tombstone)
    account_events.record(db, request, "deleted", user.id, by=by)
    db.execute(delete(User).where(User.id == user.id))


def _forget_answers(db: Session, user: User) -> None:
    """Deletes the stored answers to the user, and the one that made the user.

    That one is another caller's: an address's that registered, or an admin's. It has the time of the row.
    """
    own = IdempotencyRecord.caller == str(user.id)
    made = IdempotencyRecord.headers["Location"].astext == f"/api/v1/users/{user.id}"
    for which in (own, and_(IdempotencyRecord.created_at == user.created_at, made)):
        execute_deferred(db, delete(IdempotencyRecord).where(which))
