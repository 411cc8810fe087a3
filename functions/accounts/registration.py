"""Idempotency-Key at registration: the caller is an address, and a repeat has to know the password."""

import json
from typing import Annotated

from shared.database import WriteSession
from shared.database.sessions import commit_early
from shared.idempotency import IdempotencyKey, claim_and_store
from shared.models.idempotency import IdempotencyRecord
from shared.models.users import User
from shared.runtime.settings import settings

from fastapi import Depends, Request
from sqlalchemy import select

from accounts.account_errors import RegistrationClosed
from accounts.passwords import is_right
from accounts.schemas import Registration
from accounts.sign_in_limits import Attempt


async def _claimed(
    request: Request, body: Registration, db: WriteSession, key: IdempotencyKey = None
) -> Registration:
    if settings().registration != "open":
        raise RegistrationClosed
    attempt = Attempt(request)

    def may_replay(record: IdempotencyRecord) -> bool:
        user_id = json.loads(record.body or b"")["id"]
        password_hash = db.scalar(select(User.password_hash).where(User.id == user_id))
        attempt.count_password(db, user_id)
        db.rollback()  # nothing is held while the password is hashed
        if is_right(body.password, password_hash):
            attempt.take_back()
            commit_early(db)  # a replay rolls back
            return True
        return False

    if key is not None:
        caller = f"address:{attempt.address.hex()}"
        await claim_and_store(request, caller, db, key, secret="password", may_replay=may_replay)  # noqa: S106
    return body


ClaimedRegistration = Annotated[Registration, Depends(_claimed)]
