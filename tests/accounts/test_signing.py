"""The key is asked for those who may have its signature alone, and nobody waits for it."""

from collections.abc import Callable
from hashlib import sha256

from shared.identity.keys import FileKey

import pytest
import sqlalchemy as sa

from infra.deployed.migrations.bootstrap import APP_ROLE
from tests.accounts.conftest import PASSWORD, Person, refresh, sign_in
from tests.support.client import Answer, Client

LOCK_ALL = (
    "SELECT FROM users, refresh_families, refresh_tokens FOR UPDATE NOWAIT",
    "SELECT FROM users FOR UPDATE NOWAIT",
)
OPEN_TRANSACTIONS = sa.text(
    f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{APP_ROLE}' AND datname = current_database()"
    " AND xact_start IS NOT NULL"
)


@pytest.fixture
def at_the_key(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Has something happen whenever the key is used, for its public half or a signature."""

    def hook(happen: Callable[[], None]) -> None:
        public_jwk, sign = FileKey.__dict__["public_jwk"], FileKey.sign

        def hooked_jwk(key: FileKey) -> object:
            happen()
            return public_jwk.func(key)

        def hooked_sign(key: FileKey, message: bytes) -> bytes:
            happen()
            return sign(key, message)

        monkeypatch.setattr(FileKey, "public_jwk", property(hooked_jwk))
        monkeypatch.setattr(FileKey, "sign", hooked_sign)

    return hook


type Hook = Callable[[Callable[[], None]], None]


def test_no_row_is_locked_and_no_transaction_open_while_the_key_signs(
    anyone: Client, alice: Person, db: sa.Connection, at_the_key: Hook
) -> None:
    used = 0

    def look() -> None:
        nonlocal used
        used += 1
        for statement in LOCK_ALL:
            db.execute(sa.text(statement))
        assert db.scalar(OPEN_TRANSACTIONS) == 0
        db.rollback()

    at_the_key(look)
    pair = sign_in(anyone)
    assert pair.status == 200
    assert refresh(anyone, pair.json()["refresh_token"]).status == 200
    assert used == 8  # two tokens each, each with the key's name and a signature


def test_who_is_refused_costs_no_use_of_the_key(
    anyone: Client, alice: Person, db: sa.Connection, at_the_key: Hook
) -> None:
    spent, revoked, expired, inactive = (sign_in(anyone).json()["refresh_token"] for _ in range(4))
    refresh(anyone, refresh(anyone, spent).json()["refresh_token"])
    anyone.post("/api/v1/auth/logout", json={"refresh_token": revoked})
    hashed = {"hash": sha256(expired.encode()).digest()}
    db.execute(sa.text("UPDATE refresh_tokens SET expires_at = now() WHERE token_hash = :hash"), hashed)
    db.commit()

    def refuse() -> None:
        raise AssertionError("the key was used")

    at_the_key(refuse)

    def statuses(*answers: Answer) -> list[int]:
        return [answer.status for answer in answers]

    assert statuses(*(refresh(anyone, token) for token in ("x", spent, revoked, expired))) == [401] * 4
    assert statuses(sign_in(anyone, password="wrong password"), sign_in(anyone, "nobody")) == [401, 401]
    db.execute(sa.text("UPDATE users SET is_active = false"))
    db.commit()
    assert statuses(refresh(anyone, inactive), sign_in(anyone)) == [403, 403]


def test_a_token_spent_while_the_key_signed_is_a_race_however_long_it_took(
    anyone: Client, alice: Person, db: sa.Connection, at_the_key: Hook
) -> None:
    token = sign_in(anyone).json()["refresh_token"]

    def spend() -> None:
        long_ago = "now() - interval '11 seconds'"
        db.execute(sa.text(f"UPDATE refresh_tokens SET spent_at = {long_ago}"))
        db.execute(sa.text(f"UPDATE refresh_families SET generation = 1, last_used_at = {long_ago}"))
        db.commit()

    at_the_key(spend)
    assert refresh(anyone, token).error == "invalid_refresh_token"
    assert db.scalar(sa.text("SELECT revoked_at FROM refresh_families")) is None


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ("UPDATE users SET is_active = false", "user_inactive"),
        ("UPDATE users SET password_hash = NULL", "invalid_credentials"),
        ("DELETE FROM users", "invalid_credentials"),
    ],
)
def test_what_changed_while_the_key_signed_counts_at_sign_in(
    anyone: Client, alice: Person, db: sa.Connection, at_the_key: Hook, change: str, error: str
) -> None:
    def once() -> None:
        db.execute(sa.text(change))
        db.commit()

    at_the_key(once)
    assert sign_in(anyone, password=PASSWORD).error == error
    assert db.scalar(sa.text("SELECT count(*) FROM refresh_families")) == 0


@pytest.mark.parametrize(
    "change", ["UPDATE refresh_families SET revoked_at = now()", "DELETE FROM users"], ids=["ended", "gone"]
)
def test_what_changed_while_the_key_signed_counts_at_refresh(
    anyone: Client, alice: Person, db: sa.Connection, at_the_key: Hook, change: str
) -> None:
    token = sign_in(anyone).json()["refresh_token"]

    def once() -> None:
        db.execute(sa.text(change))
        db.commit()

    at_the_key(once)
    assert refresh(anyone, token).error == "invalid_refresh_token"
    live = "SELECT count(*) FROM refresh_tokens WHERE spent_at IS NULL"
    assert db.scalar(sa.text(live)) == (1 if "revoked" in change else 0)
