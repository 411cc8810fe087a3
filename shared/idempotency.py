"""Idempotency-Key: repeated calls have one effect and one answer.

The request's first statement claims (caller, route, key). A second call waits on the primary key until the
first commits, and then replays its answer. The record commits together with the effect.
"""

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Annotated

from shared.database.sessions import WriteSession, execute_deferred
from shared.http.body import canonical_json
from shared.http.envelope import Replay
from shared.http.errors import IdempotencyInProgress, IdempotencyKeyReused, LockTimeout, ValidationFailed
from shared.http.route import on_answer
from shared.identity.callers import CurrentUser
from shared.models.idempotency import LIFETIME
from shared.models.idempotency import IdempotencyRecord as Record

from fastapi import Depends, Header, Request
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from starlette.responses import Response

KEY = (
    "1 to 255 visible ASCII characters that the caller chooses. Within 24 hours, repeated calls with the same"
    " key have one effect and get the first answer."
)


IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", description=KEY)]


async def _claim_and_store(
    request: Request, caller: CurrentUser, db: WriteSession, key: IdempotencyKey = None
) -> None:
    """Claims the key, if the caller sent one. The finished answer is stored together with COMMIT."""
    if key is not None:
        await claim_and_store(request, str(caller.id), db, key)


Idempotent = Depends(_claim_and_store)


async def _refuse(request: Request, caller: CurrentUser) -> None:
    """Errors: ValidationFailed."""
    if "idempotency-key" in request.headers:
        msg = "The answer shows a secret, which no record may keep"
        raise ValidationFailed([{"loc": ("header", "Idempotency-Key"), "msg": msg, "type": "not_repeatable"}])


NotIdempotent = Depends(_refuse)


async def claim_and_store(
    request: Request,
    caller: str,
    db: Session,
    key: str,
    secret: str = "",
    may_replay: Callable[[Record], bool] = lambda record: True,
) -> None:
    """Claims the caller's key, and stores the finished answer together with COMMIT.

    The field `secret` of the body is left out of the record, which a hash would not hide; `may_replay`
    compares it instead. Errors: Replay, IdempotencyKeyReused, IdempotencyInProgress, ValidationFailed.
    """
    if not re.fullmatch(r"[\x21-\x7E]{1,255}", key):
        msg = "Idempotency-Key should be 1 to 255 visible ASCII characters"
        raise ValidationFailed(
            [{"loc": ("header", "Idempotency-Key"), "msg": msg, "type": "string_pattern_mismatch"}]
        )
    names = {"caller": caller, "route": f"{request.method} {request.scope['route'].path}", "key": key}
    fingerprint = _fingerprint(request, await _canonical_body(request, secret))
    if not _claim(db, names, fingerprint):
        record = db.scalars(select(Record).filter_by(**names)).one()
        # The release before this one took the bytes as they came; 24 h later no such record is left.
        if record.fingerprint not in {fingerprint, _fingerprint(request, await request.body())}:
            raise IdempotencyKeyReused
        replay = _replay(record)
        raise replay if may_replay(record) else IdempotencyKeyReused

    def store(response: Response) -> None:
        headers = {name: response.headers[name] for name in ("Location", "ETag") if name in response.headers}
        answer = {"status": response.status_code, "headers": headers, "body": bytes(response.body)}
        execute_deferred(db, update(Record).filter_by(**names).values(answer))

    on_answer(request, store)


async def _canonical_body(request: Request, secret: str) -> bytes:
    if not await request.body():
        return b""
    value = await request.json()
    if secret and isinstance(value, dict):
        value = {name: each for name, each in value.items() if name != secret}
    return canonical_json(value)


def _claim(db: Session, names: dict[str, str], fingerprint: bytes) -> bool:
    """Returns False if an earlier request has the key. Errors: IdempotencyInProgress."""
    emptied = {"status": None, "headers": None, "body": None}
    values = {"fingerprint": fingerprint, "created_at": func.now(), **emptied}
    claim = (
        insert(Record)
        .values(**names, **values)
        .on_conflict_do_update(
            index_elements=list(names),
            set_=values,
            where=Record.created_at < func.now() - LIFETIME,
        )
        .returning(Record.key)
    )
    try:
        return db.execute(claim).scalar_one_or_none() is not None
    except LockTimeout:
        raise IdempotencyInProgress from None


def _fingerprint(request: Request, body: bytes) -> bytes:
    # The path is part of it: the same key for another parent's child is another request. It is not validated
    # yet, and may hold a lone surrogate.
    return sha256(request.scope["path"].encode("utf-8", "surrogatepass") + b"\n" + body).digest()


def _replay(record: Record) -> Replay:
    assert record.status is not None and record.body is not None  # committed together with its answer
    headers = (record.headers or {}) | {"Idempotent-Replayed": "true"}
    return Replay(Response(record.body, record.status, headers, media_type="application/json"))
