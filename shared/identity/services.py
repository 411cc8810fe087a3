"""Services and their secrets: 256 random bits, stored as a hash."""

import re
from collections.abc import Collection
from hashlib import sha256
from secrets import token_hex, token_urlsafe

from shared.database.sessions import execute_and_commit, execute_deferred, invalidate
from shared.http.fields import MAX_ID
from shared.identity.callers import NO_SESSION, session_cache_key
from shared.models.services import Service
from shared.models.users import User

from sqlalchemy import delete, func, or_, update
from sqlalchemy.orm import Session


def add_service(db: Session, name: str, scopes: Collection[str]) -> tuple[Service, str]:
    """Adds a service and its row among users. Returns it and its secret."""
    unnamed = f"new-service {token_hex(16)}"  # unique, and no user can choose it
    user = User(username="", username_key=unnamed, kind="service")
    db.add(user)
    db.flush()
    username = f"service:{user.id}"  # no registration takes a colon
    renamed = update(User).where(User.id == user.id).values(username=username, username_key=username)
    execute_deferred(db, renamed)
    secret = token_urlsafe(32)
    service = Service(
        id=user.id, name=name, scope=" ".join(sorted(set(scopes))), secret_hash=_hash_of(secret)
    )
    db.add(service)
    db.flush()
    return service, secret


def add_secret(db: Session, service_id: int) -> str | None:
    """Returns a new secret, which ends the one before the last; None if there is no such service.

    Of racing calls each ends one.
    """
    secret = token_urlsafe(32)
    newer = {Service.previous_secret_hash: Service.secret_hash, Service.secret_hash: _hash_of(secret)}
    row = update(Service).where(Service.id == service_id).values(newer)
    return secret if db.scalar(row.returning(Service.id)) is not None else None


def remove_service(db: Session, service_id: int) -> bool:
    """Removes a service. Its user, inactive from now on, keeps what the service owns. False without one."""
    removed = db.scalar(delete(Service).where(Service.id == service_id).returning(Service.id))
    if removed is None:
        return False
    execute_deferred(db, update(User).where(User.id == service_id).values(is_active=False))
    invalidate(db, session_cache_key(service_id, NO_SESSION))
    return True


def authenticate(db: Session, client_id: str, secret: str) -> tuple[int, list[str]] | None:
    """Returns the service's id and scopes, None if the secret is not one of its two newest.

    One statement decides and records the use. It commits, so that nothing is held while the key signs.
    """
    service_id = _id_in(client_id)
    if service_id is None:
        return None
    given = _hash_of(secret)
    is_theirs = or_(Service.secret_hash == given, Service.previous_secret_hash == given)
    used = update(Service).where(Service.id == service_id, is_theirs).values(last_used_at=func.now())
    row = execute_and_commit(db, used.returning(Service.scope), {})
    return (service_id, row.scope.split()) if row is not None else None


def _id_in(client_id: str) -> int | None:
    found = re.fullmatch("service-([1-9][0-9]{0,18})", client_id)
    return int(found[1]) if found and int(found[1]) <= MAX_ID else None


def _hash_of(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
