"""The limits of sign-in: by address, as of every route, and by account, against guesses from many addresses.

Nobody can lock an owner out of an account. Past the account's limit, addresses that have signed in to it
still get in; an account that knows no address gives each address that has not failed on it another try.
Redis counts or, without it, Postgres: a window in memory would admit the limit in each environment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import ceil
from typing import Any

from shared.database.engines import engine
from shared.database.postgres_windows import PostgresWindows
from shared.database.sessions import commit_early
from shared.http.event import caller_address
from shared.http.rate_limit import Event, enforce, window_of
from shared.redis.sliding_windows import WINDOW, Verdict, Windows, redis_windows
from shared.runtime.settings import settings

from fastapi import Request
from sqlalchemy import ColumnElement, Row
from sqlalchemy.orm import Session

from accounts import known_addresses

NAMES = 2  # of an account: each has its share of the limit, so that no guess tells whose the other is
POLICY = "account"  # the name of these limits in the headers; the route's own is "default"
DAY = 24 * 3600.0  # seconds
# Tries of an account past its limit in a day: three addresses that use theirs in every window leave some.
EXTRA_TRIES = 5_000


def by_address(event: Event) -> Verdict | None:
    """Counts up to SIGN_IN_RATE_LIMIT calls of a route by one address; a count in Postgres is committed."""
    limit = settings().sign_in_rate_limit
    if not limit:
        return None
    with Session(engine()) as db:
        return _count(db, window_of(event, caller_address(event)), limit).verdict


@dataclass(frozen=True)
class Counted:
    windows: Windows
    key: str
    verdict: Verdict

    def take_back(self) -> None:
        if self.verdict.is_admitted:
            self.windows.take_back(self.key, self.verdict.call)


class Attempt:
    """A password that the caller's address tries on an account; `address` is a digest."""

    def __init__(self, request: Request) -> None:
        self._scope = request.scope
        self.address = _digest(caller_address(request.scope["aws.event"]))
        self._counted: list[Counted] = []

    def count_sign_in(self, db: Session, name: str, user: Row[*tuple[Any, ...]]) -> None:
        """Counts a sign-in, once, as the failure that it may become, and commits that.

        `name` is the form in which names are compared, `user` its row: id, is_email, and the columns of
        `known_addresses.columns`. Errors: RateLimited.
        """
        limit = settings().sign_in_rate_limit
        if not limit or self._counted or user.is_known:
            return
        # Unknown names count in the same windows, so that timing reveals no account.
        account = f"{user.id}" if user.id else f"nobody {name}"
        by_address = self._count(db, account, self.address.hex(), limit)
        by_name = self._count(db, account, "email" if user.is_email else "username", ceil(limit / NAMES))
        if by_name.verdict.is_admitted:
            return
        has_extra = user.id and not user.has_addresses and by_address.verdict.counted == 1
        if has_extra and self._count(db, account, "extra", EXTRA_TRIES, DAY).verdict.is_admitted:
            return
        by_address.take_back()  # a call that is refused is no failure
        commit_early(db)
        enforce(self._scope, by_name.verdict, POLICY)

    def count_password(self, db: Session, user_id: int) -> None:
        """Counts a current password, once, as the failure that it may become. Errors: RateLimited."""
        limit = settings().sign_in_rate_limit
        if limit and not self._counted:
            enforce(self._scope, self._count(db, f"{user_id}", "password", limit).verdict, POLICY)

    def take_back(self) -> None:
        """Removes the count of what was no failure."""
        for each in self._counted:
            each.take_back()

    def succeed(self, db: Session, user_id: int) -> None:
        """Takes the count back and records the address as known. Hold the user's row."""
        self.take_back()
        if settings().sign_in_rate_limit:
            known_addresses.record(db, user_id, self.address)

    def refresh(self, db: Session, user_id: int) -> None:
        """Keeps the address, if it is known: a refresh token alone makes none known."""
        if settings().sign_in_rate_limit:
            known_addresses.renew(db, user_id, self.address)

    def change_password(self, db: Session, user_id: int) -> None:
        """As `succeed`, and forgets all other addresses. Hold the user's row."""
        self.succeed(db, user_id)
        known_addresses.forget(db, user_id, but=self.address)

    def columns(self) -> Sequence[ColumnElement[bool]]:
        """The columns that `count_sign_in` reads, of the user that is selected."""
        return known_addresses.columns(self.address)

    def _count(self, db: Session, account: str, what: str, limit: int, seconds: float = WINDOW) -> Counted:
        counted = _count(db, f"sign-ins:{_digest(account).hex()}:{what}", limit, seconds)
        self._counted.append(counted)
        return counted


def _count(db: Session, key: str, limit: int, seconds: float = WINDOW) -> Counted:
    """Counts in Redis or, where that fails, in Postgres, so an outage grants one more limit at most."""
    windows: Windows | None = redis_windows(seconds)
    verdict = windows.count(key, limit) if windows else None
    if windows is None or verdict is None:
        windows = postgres = PostgresWindows(db, seconds)
        verdict = postgres.count(key, limit)
    return Counted(windows, key, verdict)


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
