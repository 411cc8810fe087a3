"""How often sign-in may be tried, by an address and to an account; in Postgres and in Redis."""

from typing import Any

from shared.redis import sliding_windows

import pytest
import sqlalchemy as sa

from accounts import passwords, sign_in_limits
from tests.accounts.conftest import PASSWORD, Person, register, registration
from tests.support.client import Answer, Client
from tests.support.rate_limit_headers import left
from tests.support.redis_server import SetEnv, forget
from tests.support.statements import recorded

LIMIT = 4
LOGIN, HOME, AWAY = "/api/v1/auth/login", "192.0.2.1", "198.51.100.{}"


@pytest.fixture(autouse=True)
def limited(alice: Person, set_env: SetEnv, store: str) -> None:
    """Alice is there, and nothing is counted yet."""
    set_env(SIGN_IN_RATE_LIMIT=str(LIMIT))


def sign_in(password: str, address: str, name: str = "alice") -> Answer:
    return Client().post(LOGIN, json={"username": name, "password": password}, address=address)


def guess(*addresses: str, name: str = "alice") -> list[int]:
    return [sign_in("wrong password", each, name).status for each in addresses]


def others(count: int, first: int = 1) -> list[str]:
    return [AWAY.format(number) for number in range(first, first + count)]


class TestByAddress:
    def test_a_password_is_tried_so_often_and_no_more(self) -> None:
        assert guess(*[HOME] * (LIMIT + 1)) == [401] * LIMIT + [429]
        refused = sign_in(PASSWORD, HOME)
        assert (refused.status, refused.error) == (429, "rate_limited")
        assert refused.headers["ratelimit-policy"] == f'"default";q={LIMIT};w=60'
        assert left(refused.headers) == 0
        assert "retry-after" in refused.headers

    @pytest.mark.parametrize("route", ["register", "login", "refresh"])
    def test_each_route_counts_what_is_no_request_too(self, route: str) -> None:
        bodies: list[dict[str, Any]] = [{"body": b"{"}, {"json": {}}, {"json": []}, {"body": b"x" * 2**21}]
        answers = [Client().post(f"/api/v1/auth/{route}", **body) for body in [*bodies, *bodies]]
        assert [each.status for each in answers] == [400, 422, 422, 413] + [429] * 4
        assert [left(each.headers) for each in answers] == [3, 2, 1, 0, 0, 0, 0, 0]

    def test_registrations_are_counted(self) -> None:
        def sign_up(number: int) -> int:
            name = f"person_{number}"
            body = registration(username=name, email=f"{name}@example.com")
            return Client().post("/api/v1/auth/register", json=body).status

        assert [sign_up(number) for number in range(LIMIT + 1)] == [201] * LIMIT + [429]

    def test_nothing_is_hashed_for_a_refused_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        hashed: list[str] = []
        real = passwords.verify
        monkeypatch.setattr(passwords, "verify", lambda *given: hashed.append("") or real(*given))
        guess(*[HOME] * (LIMIT + 3))
        assert len(hashed) == LIMIT

    def test_0_is_off(self, set_env: SetEnv) -> None:
        set_env(SIGN_IN_RATE_LIMIT="0")
        assert guess(*[HOME] * 12) == [401] * 12

    def test_a_window_slides(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for module in (sliding_windows, sign_in_limits):
            monkeypatch.setattr(module, "WINDOW", 1.0)
        assert guess(*[HOME] * LIMIT) == [401] * LIMIT
        while guess(HOME) == [429]:
            pass


class TestByAccount:
    def test_many_addresses_cannot_guess_one_password(self) -> None:
        assert guess(*others(LIMIT + 3)) == [401] * LIMIT + [429] * 3
        refused = sign_in("wrong password", AWAY.format(99))
        assert left(refused.headers) == 0
        assert "retry-after" in refused.headers
        assert sign_in(PASSWORD, AWAY.format(98)).status == 429

    def test_an_address_that_has_signed_in_before_is_not_locked_out(self) -> None:
        assert sign_in(PASSWORD, HOME).status == 200
        assert guess(*others(LIMIT + 1)) == [401] * LIMIT + [429]
        assert sign_in(PASSWORD, HOME).status == 200
        assert sign_in("wrong password", HOME).status == 401

    def test_that_it_has_signed_in_to_another_account_is_no_help(self, anyone: Client) -> None:
        register(anyone, "bob")
        assert sign_in(PASSWORD, HOME, "bob").status == 200
        assert guess(*others(LIMIT)) == [401] * LIMIT
        assert sign_in(PASSWORD, HOME).status == 429

    def test_a_success_is_no_failure(self) -> None:
        assert [sign_in(PASSWORD, each).status for each in others(LIMIT + 2)] == [200] * (LIMIT + 2)
        assert guess(*others(LIMIT + 1, first=50)) == [401] * LIMIT + [429]

    def test_known_addresses_and_other_accounts_do_not_count(self) -> None:
        assert sign_in(PASSWORD, HOME).status == 200
        assert guess(*[HOME] * (LIMIT - 1)) == [401] * (LIMIT - 1)
        assert guess(*others(LIMIT), name="bob") == [401] * LIMIT
        assert guess(*others(LIMIT)) == [401] * LIMIT

    def test_an_account_that_is_not_there_is_answered_alike(self) -> None:
        assert guess(*others(LIMIT + 1), name="nobody") == [401] * LIMIT + [429]

    def test_spelling_makes_no_other_account(self) -> None:
        spelt = ["alice", "ALICE", "Alice", "aLICE", "alicE"]
        statuses = [guess(AWAY.format(number), name=name)[0] for number, name in enumerate(spelt)]
        assert statuses == [401] * LIMIT + [429]


class TestPostgres:
    """Without Redis."""

    @pytest.fixture(autouse=True)
    def _without(self, set_env: SetEnv) -> None:
        set_env(REDIS_URL="")

    def test_the_count_outlives_the_refusal_that_it_is_part_of(self, db: sa.Connection) -> None:
        guess(HOME)
        assert db.scalar(sa.text("SELECT count(*) FROM sign_in_windows")) == 2  # the address's, the account's
        assert db.scalars(sa.text("SELECT cardinality(calls) FROM sign_in_windows")).all() == [1, 1]

    def test_nothing_is_open_while_a_password_is_hashed(
        self, db: sa.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        counted: list[Any] = []
        real = passwords.verify

        def verify(*given: Any) -> bool:
            counted.append(db.scalar(sa.text("SELECT count(*) FROM sign_in_windows")))
            busy = sa.text(
                "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%' AND pid <> :own"
            )
            own = db.scalar(sa.text("SELECT pg_backend_pid()"))
            counted.append(db.scalar(busy, {"own": own}))
            db.rollback()
            return real(*given)

        monkeypatch.setattr(passwords, "verify", verify)
        guess(HOME)
        assert counted == [2, 0]

    def test_a_known_address_costs_no_statement_more_than_none(self) -> None:
        sign_in(PASSWORD, HOME)
        with recorded() as statements:
            guess(HOME)
        assert len(statements) == 2  # the address is counted, the user is read

    def test_what_has_passed_leaves_the_tables(self, db: sa.Connection) -> None:
        sign_in(PASSWORD, HOME)
        guess(*others(2))
        for table in ("sign_in_windows", "sign_in_addresses"):
            db.execute(sa.text(f"UPDATE {table} SET expires_at = now() - interval '1 s'"))
        db.commit()
        for address in (HOME, *others(3, first=50)):
            assert sign_in(PASSWORD, address).status == 200
        live = "SELECT count(*) FROM {} WHERE expires_at < now()"
        assert db.scalar(sa.text(live.format("sign_in_windows"))) == 0
        assert db.scalar(sa.text(live.format("sign_in_addresses"))) == 0

    def test_no_table_holds_an_address_or_a_name(self, db: sa.Connection) -> None:
        sign_in(PASSWORD, HOME)
        guess(HOME)
        for table in ("sign_in_windows", "sign_in_addresses"):
            rows = str(db.execute(sa.text(f"SELECT * FROM {table}")).all())
            assert HOME not in rows and "alice" not in rows


def test_where_redis_fails_postgres_counts(
    with_redis: Any, monkeypatch: pytest.MonkeyPatch, set_env: SetEnv
) -> None:
    set_env(REDIS_URL="redis://127.0.0.1:1")
    assert guess(*[HOME] * (LIMIT + 1)) == [401] * LIMIT + [429]
    forget()
    assert guess(HOME) == [429]
