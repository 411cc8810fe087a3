"""Mail tokens in the database: when one is issued, what spends it, what voids it."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from shared.database.engines import engine
from shared.identity import mail_tokens
from shared.identity.mail_tokens import InvalidMailToken, Purpose
from shared.models.mail import MailToken
from shared.models.users import User

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

EMAIL = "alice@example.com"


@pytest.fixture
def writing(db: sa.Connection) -> Iterator[Session]:
    with Session(engine(), expire_on_commit=False) as session:
        yield session


def add_user(db: Session, **columns: Any) -> User:
    given = {"username": "alice", "username_key": "alice", "email": EMAIL, "email_key": EMAIL}
    user = User(**given | columns)
    db.add(user)
    db.flush()
    return user


@pytest.mark.parametrize(
    ("purpose", "columns", "due"),
    [
        (Purpose.VERIFICATION, {}, True),
        (Purpose.VERIFICATION, {"verified_email_key": EMAIL}, False),
        (Purpose.VERIFICATION, {"email_key": "old@example.com", "pending_email": EMAIL}, True),
        (Purpose.VERIFICATION, {"email_key": "old@example.com"}, False),
        (Purpose.VERIFICATION, {"is_active": False}, False),
        (Purpose.RECOVERY, {"password_hash": "$argon2id$"}, True),
        (Purpose.RECOVERY, {"email_key": "new@example.com"}, False),
        (Purpose.RECOVERY, {"is_active": False}, False),
        (Purpose.INVITATION, {}, True),
        (Purpose.INVITATION, {"password_hash": "$argon2id$"}, False),
        (Purpose.UNDO, {}, False),  # nothing is reserved
    ],
)
def test_a_token_is_issued_only_while_it_is_due(
    writing: Session, purpose: Purpose, columns: dict[str, Any], due: bool
) -> None:
    user = add_user(writing, **columns)
    token = mail_tokens.issue(writing, purpose, user.id, EMAIL)
    assert (token is not None) == due
    stored = writing.scalars(sa.select(MailToken)).all()
    assert [each.token_hash for each in stored] == ([sha256(token.encode()).digest()] if token else [])


def test_a_token_is_spent_once_and_for_its_purpose_alone(writing: Session) -> None:
    user = add_user(writing)
    token = mail_tokens.issue(writing, Purpose.RECOVERY, user.id, EMAIL)
    assert token is not None
    with pytest.raises(InvalidMailToken):
        mail_tokens.spend(writing, token, Purpose.VERIFICATION, Purpose.UNDO)
    spent = mail_tokens.spend(writing, token, Purpose.INVITATION, Purpose.RECOVERY)
    assert (spent.user.id, spent.email) == (user.id, EMAIL)
    with pytest.raises(InvalidMailToken):
        mail_tokens.spend(writing, token, Purpose.RECOVERY)


@pytest.mark.parametrize(
    ("purpose", "hours"),
    [(Purpose.VERIFICATION, 24), (Purpose.RECOVERY, 1), (Purpose.INVITATION, 168), (Purpose.UNDO, 168)],
)
def test_a_token_ends_with_its_lifetime(writing: Session, purpose: Purpose, hours: int) -> None:
    user = add_user(writing)
    mail_tokens.reserve(writing, user.id, EMAIL)
    token = mail_tokens.issue(writing, purpose, user.id, EMAIL)
    assert token is not None
    age = sa.update(MailToken).values(expires_at=MailToken.expires_at - sa.text(f"interval '{hours} hours'"))
    mail_tokens.find(writing, token, purpose)
    writing.execute(age)
    for use in (mail_tokens.find, mail_tokens.spend):
        with pytest.raises(InvalidMailToken):
            use(writing, token, purpose)


def test_an_undo_ends_the_links_of_the_addresses_left_after_it(writing: Session) -> None:
    user = add_user(writing)
    tokens = {}
    for name in ("first", "second", "third"):
        mail_tokens.reserve(writing, user.id, f"{name}@example.com")
    for name in ("third", "second", "first"):  # mails go out in any order
        tokens[name] = mail_tokens.issue(writing, Purpose.UNDO, user.id, f"{name}@example.com")
    mail_tokens.void_undo_since(writing, user.id, "second@example.com")
    for name, token in tokens.items():
        assert token is not None
        if name == "first":
            mail_tokens.find(writing, token, Purpose.UNDO)
        else:
            with pytest.raises(InvalidMailToken):
                mail_tokens.find(writing, token, Purpose.UNDO)
        reserved = writing.scalar(sa.select(mail_tokens.is_reserved(f"{name}@example.com", None)))
        assert reserved == (name == "first")
    assert not writing.scalar(sa.select(mail_tokens.is_reserved("first@example.com", user.id)))
