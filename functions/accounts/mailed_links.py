"""The effects of mailed links on an account."""

from typing import Any

from shared.identity.mail_tokens import InvalidMailToken, Purpose, Spent, reserve, void, void_undo_since
from shared.identity.users import email_key
from shared.jobs import Mail, enqueue
from shared.models.users import User
from shared.runtime.settings import settings

from sqlalchemy.orm import Session

from accounts import known_addresses, sign_in_sessions
from accounts.queries import refuse_taken
from accounts.schemas import EventKind


def notify(db: Session, kind: Mail, user_id: int, **payload: Any) -> None:
    """Enqueues a mail to the user, if this deployment sends mail."""
    if settings().mail_from is not None:
        enqueue(db, kind, user_id, **payload)


def void_outstanding(db: Session, user_id: int) -> None:
    """Ends all links of the user but undo. Hold the user's row, and clear its `pending_email`.

    Source: Sudhodanan and Paverd, "Pre-hijacked Accounts", USENIX Security 2022.
    """
    void(db, user_id, Purpose.RECOVERY, Purpose.VERIFICATION, Purpose.INVITATION)


def request_address(db: Session, user: User, email: str) -> None:
    """Has a new address wait for its verification. The current one ends the wait for another.

    Without mail a new address takes effect at once, unverified. Errors: EmailExists.
    """
    if user.pending_email is not None:
        void(db, user.id, Purpose.VERIFICATION, email=user.pending_email)
        user.pending_email = None
    if email_key(email) == user.email_key:
        user.email = email
    elif settings().mail_from is None:
        _take(db, user, email, is_verified=False)
    else:
        refuse_taken(db, email, user.id)
        enqueue(db, "email_change", user.id)
        user.pending_email = email


def verify_address(db: Session, spent: Spent) -> EventKind:
    """Verifies the account's address, or moves the account to the pending one. Returns what to record.

    Errors: InvalidMailToken, EmailExists.
    """
    user, old, was_verified = spent.user, spent.user.email, spent.user.email_verified
    if email_key(spent.email) == user.email_key:
        user.verified_email_key = user.email_key
        return "email_verified"
    if spent.email != user.pending_email:
        raise InvalidMailToken
    user.pending_email = None
    _take(db, user, spent.email, is_verified=True)
    if old is not None:
        if was_verified:
            reserve(db, user.id, old)
        enqueue(db, "email_changed", user.id, email=old)
    void_outstanding(db, user.id)
    return "email_changed"


def restore_address(db: Session, spent: Spent) -> None:
    """Gives the account back to the owner of an earlier address, who then sets a password.

    Errors: EmailExists.
    """
    user = spent.user
    user.password_hash = user.pending_email = None
    _take(db, user, spent.email, is_verified=True)
    void_undo_since(db, user.id, spent.email)
    void_outstanding(db, user.id)
    sign_in_sessions.end_all_sessions(db, user.id)
    known_addresses.forget(db, user.id)
    enqueue(db, "recovery", user.id)


def _take(db: Session, user: User, email: str, *, is_verified: bool) -> None:
    user.email, user.email_key = email, email_key(email)
    user.verified_email_key = user.email_key if is_verified else None
    db.flush()
    refuse_taken(db, email, user.id)
