"""How often sign-in may be tried, by an address and to an account; in Postgres and in Redis."""

import re
from typing import Any

import pytest
import sqlalchemy as sa

from accounts import passwords, sign_in_limits
from tests.accounts.conftest import PASSWORD, Person, register, registration
from tests.accounts.guesses import AWAY, HOME, LIMIT, SHARE, guess, others, sign_in, wrong
from tests.support.client import Client
from tests.support.rate_limit_headers import left
from tests.support.redis_server import SetEnv


@pytest.fixture(autouse=True)
def limited(alice: Person, set_env: SetEnv, store: str) -> None:
    """Alice is there, and nothing is counted yet."""
    set_env(SIGN_IN_RATE_LIMIT=str(LIMIT))


class TestByAddress:
    def test_a_password_is_tried_so_often_and_no_more(self) -> None:
        assert wrong(LIMIT + 1) == [401] * LIMIT + [429]
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
        real = passwords._verify
        monkeypatch.setattr(passwords, "_verify", lambda *given: hashed.append("") or real(*given))
        wrong(LIMIT + 3)
        assert len(hashed) == LIMIT

    def test_0_is_off(self, set_env: SetEnv) -> None:
        set_env(SIGN_IN_RATE_LIMIT="0")
        assert guess(*[HOME] * 12) == [401] * 12

    def test_a_window_slides(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sign_in_limits._count, "__defaults__", (1.0,))
        assert wrong(LIMIT) == [401] * LIMIT
        while wrong(1) == [429]:
            pass


class TestByAccount:
    @pytest.fixture(autouse=True)
    def _known(self, limited: None) -> None:
        """Alice has signed in from home."""
        assert sign_in(PASSWORD, HOME).status == 200

    def test_many_addresses_cannot_guess_one_password(self) -> None:
        assert guess(*others(SHARE + 3)) == [401] * SHARE + [429] * 3
        refused = sign_in("wrong password", AWAY.format(99))
        policies = f'"default";q={LIMIT};w=60, "account";q={SHARE};w=60'
        assert refused.headers["ratelimit-policy"] == policies
        assert re.fullmatch(r'"default";r=\d+;t=\d+, "account";r=0;t=\d+', refused.headers["ratelimit"])
        assert "retry-after" in refused.headers
        assert sign_in(PASSWORD, AWAY.format(98)).status == 429

    @pytest.mark.parametrize(("limit", "share"), [(4, 2), (5, 3), (1, 1)])
    def test_each_of_its_names_has_half_of_the_limit(self, set_env: SetEnv, limit: int, share: int) -> None:
        set_env(SIGN_IN_RATE_LIMIT=str(limit))
        for name, first in (
            ("alice", 1),
            ("alice@example.com", 50),
            ("nobody", 100),
            ("no@example.com", 150),
        ):
            assert guess(*others(share + 1, first), name=name) == [401] * share + [429], name

    def test_an_address_that_has_signed_in_before_is_not_locked_out(self) -> None:
        assert guess(*others(SHARE + 1)) == [401] * SHARE + [429]
        assert sign_in(PASSWORD, HOME).status == 200
        assert sign_in("wrong password", HOME).status == 401

    def test_an_address_that_was_last_used_long_ago_is_not_known(self, db: sa.Connection) -> None:
        db.execute(sa.text("UPDATE sign_in_addresses SET expires_at = now() - interval '1 s'"))
        db.commit()
        assert guess(HOME, *others(SHARE - 1)) == [401] * SHARE
        assert sign_in(PASSWORD, HOME).status == 429

    def test_that_it_has_signed_in_to_another_account_is_no_help(self, anyone: Client) -> None:
        register(anyone, "bob")
        assert sign_in(PASSWORD, AWAY.format(99), "bob").status == 200
        assert guess(*others(SHARE)) == [401] * SHARE
        assert sign_in(PASSWORD, AWAY.format(99)).status == 429

    def test_a_success_is_no_failure(self) -> None:
        assert [sign_in(PASSWORD, each).status for each in others(SHARE + 2)] == [200] * (SHARE + 2)
        assert guess(*others(SHARE + 1, first=50)) == [401] * SHARE + [429]

    def test_known_addresses_and_other_accounts_do_not_count(self) -> None:
        assert guess(*[HOME] * (LIMIT - 1)) == [401] * (LIMIT - 1)
        assert guess(*others(SHARE), name="bob") == [401] * SHARE
        assert guess(*others(SHARE)) == [401] * SHARE

    def test_an_account_that_is_not_there_is_answered_alike(self) -> None:
        assert guess(*others(SHARE + 2), name="nobody") == [401] * SHARE + [429] * 2

    def test_spelling_makes_no_other_account(self) -> None:
        spelt = ["alice", "ALICE", "Alice", "aLICE"]
        statuses = [guess(AWAY.format(number), name=name)[0] for number, name in enumerate(spelt)]
        assert statuses == [401] * SHARE + [429] * 2


class TestWithoutKnownAddress:
    """An account that has never signed in, as an imported one; alice here registered without limits."""

    def test_guesses_lock_no_owner_out(self) -> None:
        for each in others(3):
            guess(*[each] * LIMIT)
        assert sign_in(PASSWORD, HOME).status == 200

    def test_an_address_that_has_failed_has_no_other_try(self) -> None:
        assert guess(*others(SHARE)) == [401] * SHARE
        assert guess(*others(SHARE)) == [429] * SHARE
        assert sign_in(PASSWORD, AWAY.format(1)).status == 429

    def test_an_address_has_one_try_for_all_names(self) -> None:
        for name in ("alice", "alice@example.com"):
            assert guess(*others(SHARE), name=name)[0] == 401
        assert guess(HOME) == [401]
        assert guess(HOME, name="alice@example.com") == [429]
        assert guess(HOME) == [429]

    def test_a_refused_try_is_no_failure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        guess(*others(SHARE))
        with monkeypatch.context() as patched:
            patched.setattr(sign_in_limits, "EXTRA_TRIES", 1)
            assert guess(*others(2, first=50)) == [401, 429]
        assert sign_in(PASSWORD, AWAY.format(51)).status == 200

    def test_the_tries_of_a_day_are_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sign_in_limits, "EXTRA_TRIES", 3)
        assert guess(*others(SHARE + 5)) == [401] * (SHARE + 3) + [429] * 2
        assert sign_in(PASSWORD, HOME).status == 429

    def test_a_success_spends_no_try(self, monkeypatch: pytest.MonkeyPatch, db: sa.Connection) -> None:
        monkeypatch.setattr(sign_in_limits, "EXTRA_TRIES", 1)
        assert guess(*others(SHARE)) == [401] * SHARE
        assert sign_in(PASSWORD, HOME).status == 200
        db.execute(sa.text("DELETE FROM sign_in_addresses"))
        db.commit()
        assert guess(AWAY.format(50)) == [401]

    def test_registration_makes_its_address_known(self, anyone: Client) -> None:
        bob = anyone.post("/api/v1/auth/register", json=registration(username="bob", email="b@example.com"),
                          address=HOME)  # fmt: skip
        assert bob.status == 201
        assert guess(*others(SHARE + 1), name="bob") == [401] * SHARE + [429]
        assert sign_in(PASSWORD, HOME, "bob").status == 200


class TestPassword:
    """The current password, which the caller of PUT /users/me/password gives."""

    @staticmethod
    def change(alice: Person, current: str, address: str = HOME, new: str = "a new passphrase") -> int:
        body = {"current_password": current, "new_password": new}
        return alice.client.put("/api/v1/users/me/password", json=body, address=address).status

    def test_is_guessed_so_often_and_no_more(self, alice: Person) -> None:
        addresses = others(LIMIT + 2)
        assert [self.change(alice, "wrong", each) for each in addresses] == [401] * LIMIT + [429] * 2
        assert self.change(alice, PASSWORD) == 429
        assert sign_in(PASSWORD, HOME).status == 200  # sign-in has a window of its own

    def test_names_its_window_beside_the_routes(self, alice: Person, set_env: SetEnv) -> None:
        set_env(RATE_LIMIT="100")
        body = {"current_password": "wrong", "new_password": "a new passphrase"}
        answer = alice.client.put("/api/v1/users/me/password", json=body)
        assert answer.headers["ratelimit-policy"] == f'"default";q=100;w=60, "account";q={LIMIT};w=60'
        assert answer.headers["ratelimit"] == f'"default";r=99;t=60, "account";r={LIMIT - 1};t=60'

    def test_that_is_right_does_not_count(self, alice: Person) -> None:
        for number in range(LIMIT + 1):
            old, new = f"passphrase {number - 1}" if number else PASSWORD, f"passphrase {number}"
            assert self.change(alice, old, new=new) == 204

    def test_makes_its_address_the_only_known_one(self, alice: Person) -> None:
        for each in (HOME, AWAY.format(1)):
            assert sign_in(PASSWORD, each).status == 200
        assert self.change(alice, PASSWORD, AWAY.format(2)) == 204
        assert guess(*others(SHARE, first=50)) == [401] * SHARE
        addresses = (HOME, AWAY.format(1), AWAY.format(2))
        assert [sign_in("a new passphrase", each).status for each in addresses] == [429, 429, 200]
