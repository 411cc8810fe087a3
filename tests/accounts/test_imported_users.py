"""Users that another system knew before: their names, and their passwords."""

from urllib.parse import urlencode

from shared.identity.mail_tokens import Purpose

import bcrypt
import pytest
import sqlalchemy as sa

from accounts.passwords import hash_password
from tests.accounts.conftest import PASSWORD, Person, follow_link, mailed, registration
from tests.conftest import NewUser
from tests.support.client import Client

NAME = "carol@example.com"
LOGIN = "/api/v1/auth/login"


def sign_in(password: str, **name: str) -> int:
    return Client().post(LOGIN, json={**name, "password": password}).status


def bcrypted(password: str) -> str:
    return bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode()


class TestNames:
    @pytest.fixture
    def carol(self, new_user: NewUser) -> Client:
        return new_user(NAME, password_hash=hash_password(PASSWORD))

    def test_a_username_with_an_at_signs_in(self, carol: Client) -> None:
        form = urlencode({"username": NAME, "password": PASSWORD}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        assert Client().post(LOGIN, body=form, headers=headers).status == 200
        assert sign_in(PASSWORD, username="Carol@Example.COM") == 200
        assert sign_in("wrong", username=NAME) == 401

    def test_it_is_another_users_where_it_is_their_address(self, carol: Client, new_user: NewUser) -> None:
        new_user("other", email=NAME, email_key=NAME, password_hash=hash_password("of the other"))
        assert sign_in("of the other", username=NAME) == 200
        assert sign_in(PASSWORD, username=NAME) == 401

    def test_nobody_takes_it_over(self, carol: Client, alice: Person) -> None:
        for email in (NAME, "CAROL@example.com"):
            answer = Client().post("/api/v1/auth/register", json=registration(username="eve", email=email))
            assert (answer.status, answer.error) == (400, "email_exists")
            change = {"email": email, "current_password": PASSWORD}
            answer = alice.client.put("/api/v1/users/me", json=change)
            assert (answer.status, answer.error) == (400, "email_exists")

    def test_its_own_user_may_have_it_as_address(self, carol: Client) -> None:
        change = {"email": NAME, "current_password": PASSWORD}
        carols_id = carol.put("/api/v1/users/me", json=change).json()["id"]
        follow_link(carol, "email/verify", mailed(Purpose.VERIFICATION, carols_id, NAME))
        assert sign_in(PASSWORD, username=NAME) == sign_in(PASSWORD, email=NAME) == 200

    def test_an_address_that_nobody_has_finds_nobody(self, new_user: NewUser) -> None:
        new_user("dave", password_hash=hash_password(PASSWORD))  # without an address
        assert sign_in(PASSWORD, email=NAME) == sign_in(PASSWORD, username=NAME) == 401


class TestPasswords:
    @pytest.mark.parametrize("password", ["x" * 4096, "short", "\x01\x1b bell\x07", "password1"])
    @pytest.mark.parametrize("hashed", [bcrypted, hash_password])
    def test_an_old_one_signs_in_and_is_the_current_one(
        self, new_user: NewUser, password: str, hashed: object
    ) -> None:
        carol = new_user("carol", password_hash=hashed(password))  # type: ignore[operator]
        assert sign_in(password, username="carol") == 200
        body = {"current_password": password, "new_password": "a new passphrase"}
        assert carol.put("/api/v1/users/me/password", json=body).status == 204

    @pytest.mark.parametrize("password", ["\x00", "a\x00b", "\ud800", "x" * 4097])
    def test_what_no_system_hashed_is_refused(self, alice: Person, password: str) -> None:
        assert sign_in(password, username="alice") == 422
        body = {"current_password": password, "new_password": "a new passphrase"}
        assert alice.client.put("/api/v1/users/me/password", json=body).status == 422

    @pytest.mark.parametrize("password", ["x" * 129, "a bell \x07 rings"])
    def test_a_new_one_is_as_strict_as_before(self, anyone: Client, password: str) -> None:
        answer = anyone.post("/api/v1/auth/register", json=registration(password=password))
        assert (answer.status, answer.error) == (422, "validation_error")


class TestUnicode:
    COMPOSED, DECOMPOSED, WIDE = "caf\u00e9 au lait", "cafe\u0301 au lait", "\uff43af\u00e9 au lait"

    @pytest.mark.parametrize("registered", [COMPOSED, DECOMPOSED, WIDE])
    def test_a_new_password_is_known_in_every_form(self, anyone: Client, registered: str) -> None:
        assert anyone.post("/api/v1/auth/register", json=registration(password=registered)).status == 201
        for typed in (self.COMPOSED, self.DECOMPOSED, self.WIDE):
            assert sign_in(typed, username="alice") == 200

    def test_one_that_was_hashed_as_given_is_hashed_normalized(
        self, anyone: Client, alice: Person, db: sa.Connection, new_user: NewUser
    ) -> None:
        for number, hashed in enumerate((bcrypted(self.DECOMPOSED), raw_argon2(self.DECOMPOSED))):
            name = f"old_{number}"
            new_user(name, password_hash=hashed)
            assert sign_in(self.COMPOSED, username=name) == 401
            assert sign_in(self.DECOMPOSED, username=name) == 200
            assert sign_in(self.COMPOSED, username=name) == 200

    @pytest.mark.parametrize("password", ["\uff50assword1", "a\u0301b\u0301c\u0301d\u0301", "\ufb03" * 43])
    def test_a_new_one_is_measured_and_compared_normalized(self, anyone: Client, password: str) -> None:
        """A common one in wide letters; one that composing makes too short; one that expands to 129."""
        answer = anyone.post("/api/v1/auth/register", json=registration(password=password))
        assert (answer.status, answer.error) == (422, "validation_error")


def raw_argon2(password: str) -> str:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(password)
