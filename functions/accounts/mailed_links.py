"""Mails of an account, the end of mailed links, and addresses that are taken."""

from typing import Any

from shared.identity.mail_tokens import Purpose, is_reserved, void
from shared.identity.users import email_key, name_key
from shared.jobs import Mail, enqueue
from shared.models.users import User
from shared.runtime.settings import settings

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from accounts.account_errors import EmailExists


def notify(db: Session, kind: Mail, user_id: int, **payload: Any) -> None:
    """Enqueues a mail to the user, if this deployment sends mail."""
    if settings().mail_from is not None:
        enqueue(db, kind, user_id, **payload)


def void_outstanding(db: Session, user_id: int) -> None:
    """Ends all links of the user but undo. Hold the user's row, and clear its `pending_email`.

    Source: Sudhodanan and Paverd, "Pre-hijacked Accounts", USENIX Security 2022.
    """
    void(db, user_id, Purpose.RECOVERY, Purpose.VERIFICATION, Purpose.INVITATION)


def refuse_taken(db: Session, email: str, user_id: int) -> None:
    """Refuses an e-mail address that another user has, signs in with or can restore.

    That is their address, their imported username, or one that an undo link reserves for them. Before a user
    gets an address, flush it: the unique key then waits for the transaction that leaves the address, and this
    check sees what it reserved. Errors: EmailExists.
    """
    key = email_key(email)
    names = User.username_key.in_({name_key(email), key})
    another = exists().where(or_(User.email_key == key, names), User.id != user_id)
    if db.scalar(select(or_(another, is_reserved(email, user_id)))):
        raise EmailExists
