"""Changes of an account's e-mail address: requested, verified, undone."""

from shared.identity.mail_tokens import InvalidMailToken, Purpose, Spent, reserve, void, void_undo_since
from shared.identity.users import email_key
from shared.jobs import enqueue
from shared.models.users import User
from shared.runtime.settings import settings

from sqlalchemy.orm import Session

from accounts import known_addresses, sign_in_sessions
from accounts.mailed_links import refuse_taken, void_outstanding
from accounts.schemas import EventKind


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
