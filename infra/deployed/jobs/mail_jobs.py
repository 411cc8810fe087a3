"""The mail that each kind of job leads to, or the reason for none.

Users and earlier mails are looked up for many jobs at once, so a job without a mail costs little.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.identity.mail_tokens import Purpose
from shared.identity.users import email_key
from shared.models.users import User

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

# The purpose of the token in the mail, None for a mail without one.
PURPOSES = {
    "verification": Purpose.VERIFICATION,
    "recovery": Purpose.RECOVERY,
    "invitation": Purpose.INVITATION,
    "email_change": Purpose.VERIFICATION,
    "password_changed": None,
    "password_reset": None,
    "email_changed": Purpose.UNDO,
}
LIMITED = ("verification", "recovery", "invitation", "email_change")
HOURLY_LIMIT = 3  # mails of one kind to one address

MAILED = text("""
    SELECT kind, payload ->> 'to' AS recipient, count(*) AS mails FROM jobs
    WHERE payload ->> 'to' = ANY(CAST(:keys AS text[])) AND id <> ALL(CAST(:ids AS bigint[]))
      AND greatest(done_at, claimed_until) > now() - interval '1 hour'
    GROUP BY 1, 2
""")
USERS = select(
    User.id,
    User.username,
    User.email,
    User.email_key,
    User.pending_email,
    User.is_active,
    User.email_verified.label("email_verified"),
).where(text("id = ANY(CAST(:ids AS bigint[])) OR email_key = ANY(CAST(:keys AS text[]))"))


@dataclass(frozen=True)
class Mail:
    job_id: int
    attempt: int
    kind: str
    user_id: int
    username: str
    email: str
    key: str  # of the address

    def message(self, token: str | None) -> dict[str, Any]:
        """Returns the mail as Deliver takes it. The domain is in ASCII, as SES asks for."""
        local = self.email.rpartition("@")[0]
        to = f"{local}@{self.key.rpartition('@')[2]}"
        said = {"id": self.job_id, "attempt": self.attempt, "kind": self.kind}
        return said | {"to": to, "username": self.username, "token": token}


def plan(db: Session, jobs: Sequence[Row[Any]]) -> tuple[list[Mail], dict[int, str]]:
    """Returns the mails that jobs lead to, and the reason why each other job leads to none."""
    mails, reasons = [], {}
    users = _Users(db, jobs)
    for job in jobs:
        found = users.recipient(job)
        if isinstance(found, str):
            reasons[job.id] = found
        else:
            user, email = found
            key = email_key(email)
            mails.append(Mail(job.id, job.attempts + 1, job.kind, user.id, user.username, email, key))
    mailed = _mailed(db, mails)
    for mail in mails:
        mailed[mail.kind, mail.key] += 1
        if mail.kind in LIMITED and mailed[mail.kind, mail.key] > HOURLY_LIMIT:
            reasons[mail.job_id] = "over the limit of an hour"
    return [mail for mail in mails if mail.job_id not in reasons], reasons


class _Users:
    """The users whom jobs name, by id or by the address as it was given."""

    def __init__(self, db: Session, jobs: Sequence[Row[Any]]) -> None:
        ids = [job.user_id for job in jobs if job.user_id is not None]
        keys = [email_key(job.payload.get("email", "")) for job in jobs if job.user_id is None]
        found = db.execute(USERS, {"ids": ids, "keys": keys}).all()
        self._by_id: dict[int, Any] = {user.id: user for user in found}
        self._by_key: dict[str | None, Any] = {user.email_key: user for user in found}

    def recipient(self, job: Row[Any]) -> tuple[Any, str] | str:
        """Returns the user and the address that the mail goes to, or the reason for no mail."""
        if job.user_id is not None:
            user = self._by_id.get(job.user_id)
        else:
            user = self._by_key.get(email_key(job.payload.get("email", "")))
        if user is None:
            return "unknown user or address"
        email = user.email
        if job.kind == "email_change":
            email = user.pending_email
        elif job.kind == "email_changed":
            email = job.payload.get("email")
        if email is None:
            return "the user has no such address"
        if job.kind in LIMITED and not user.is_active:
            return "the user is not active"
        if job.kind == "verification" and user.email_verified:
            return "the address is verified"
        return user, email


def _mailed(db: Session, mails: Sequence[Mail]) -> Counter[tuple[str, str]]:
    """Counts the last hour's other mails to the same addresses, by kind and address."""
    values = {"keys": [mail.key for mail in mails], "ids": [mail.job_id for mail in mails]}
    return Counter({(row.kind, row.recipient): row.mails for row in db.execute(MAILED, values)})
