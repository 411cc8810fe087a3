"""Where the limits of sign-in count: in Postgres, and while Redis fails."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from accounts import passwords
from tests.accounts.conftest import PASSWORD, Person
from tests.accounts.guesses import HOME, LIMIT, guess, sign_in, wrong
from tests.support.redis_server import Server, SetEnv, forget
from tests.support.statements import recorded


@pytest.fixture(autouse=True)
def limited(alice: Person, set_env: SetEnv) -> None:
    """Alice is there, and nothing is counted yet."""
    set_env(SIGN_IN_RATE_LIMIT=str(LIMIT))


class TestPostgres:
    """Without Redis."""

    @pytest.fixture(autouse=True)
    def _without(self, set_env: SetEnv) -> None:
        set_env(REDIS_URL="")

    def test_the_count_outlives_the_refusal_that_it_is_part_of(self, db: sa.Connection) -> None:
        guess(HOME)
        # The address's on the route and on the account, the name's.
        assert db.scalars(sa.text("SELECT cardinality(calls) FROM sign_in_windows")).all() == [1, 1, 1]

    def test_nothing_is_open_while_a_password_is_hashed(
        self, db: sa.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        counted: list[Any] = []
        real = passwords._verify

        def verify(*given: Any) -> bool:
            counted.append(db.scalar(sa.text("SELECT count(*) FROM sign_in_windows")))
            busy = sa.text(
                "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%' AND pid <> :own"
            )
            own = db.scalar(sa.text("SELECT pg_backend_pid()"))
            counted.append(db.scalar(busy, {"own": own}))
            db.rollback()
            return real(*given)

        monkeypatch.setattr(passwords, "_verify", verify)
        guess(HOME)
        assert counted == [3, 0]

    def test_a_known_address_costs_no_statement_more_than_none(self) -> None:
        sign_in(PASSWORD, HOME)
        with recorded() as statements:
            guess(HOME)
        assert len(statements) == 3  # the address is counted, the user is read, the failure is recorded

    def test_no_table_holds_an_address_or_a_name(self, db: sa.Connection) -> None:
        sign_in(PASSWORD, HOME)
        guess(HOME)
        for table in ("sign_in_windows", "sign_in_addresses", "account_events"):
            rows = str(db.execute(sa.text(f"SELECT * FROM {table}")).all())
            assert HOME not in rows and "alice" not in rows


class TestOutage:
    """Postgres counts while Redis fails. Each admits its limit, so an outage grants one more at most."""

    @pytest.fixture
    def down(self, with_redis: Server, set_env: SetEnv) -> Iterator[Callable[[bool], None]]:
        def switch(is_down: bool) -> None:
            set_env(REDIS_URL="redis://127.0.0.1:1" if is_down else with_redis.url)

        yield switch
        switch(False)

    def test_grants_no_third_limit_however_often_it_comes_and_goes(
        self, down: Callable[[bool], None]
    ) -> None:
        answers = []
        for is_down in (False, True, False, True, False):
            down(is_down)
            answers += wrong(LIMIT)
        assert answers.count(401) == 2 * LIMIT

    def test_what_postgres_counted_lasts(self, down: Callable[[bool], None]) -> None:
        down(True)
        assert wrong(LIMIT + 1) == [401] * LIMIT + [429]
        forget()
        assert wrong(1) == [429]
