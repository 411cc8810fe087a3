"""Login, and the password."""

import re
from urllib.parse import urlencode

from shared.identity.keys import signing_key
from shared.runtime.product import NAME

import bcrypt
import jwt
import pytest
import sqlalchemy as sa

from accounts import passwords
from tests.accounts.conftest import PASSWORD, Person, refresh, sign_in
from tests.support.client import Answer, Client


class TestLogin:
    @pytest.mark.parametrize(
        "name",
        [
            {"username": "alice"},
            {"username": "ALICE"},
            {"email": "alice@example.com"},
            {"email": "Alice@Example.COM"},
        ],
    )
    def test_takes_either_name_in_json(self, anyone: Client, alice: Person, name: dict[str, str]) -> None:
        answer = anyone.post("/api/v1/auth/login", json={**name, "password": PASSWORD})
        assert answer.status == 200
        assert answer.headers["cache-control"] == "no-store"
        pair = answer.json()
        assert set(pair) == {"access_token", "refresh_token", "token_type", "expires_in"}
        assert (pair["token_type"], pair["expires_in"]) == ("bearer", 1800)

    @pytest.mark.parametrize("name", ["alice", "alice@example.com"])
    @pytest.mark.parametrize(
        "more",
        [
            {},
            {"grant_type": "password", "scope": "a b", "client_id": "web"},
            {"grant_type": "", "scope": "", "client_secret": "not checked", "audience": "x", "resource": "y"},
            {"anything": "else", "empty": ""},
        ],
    )
    def test_takes_the_password_form_of_oauth2(
        self, anyone: Client, alice: Person, name: str, more: dict[str, str]
    ) -> None:
        form = urlencode({"username": name, "password": PASSWORD, **more}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        assert anyone.post("/api/v1/auth/login", body=form, headers=headers).status == 200

    def test_its_access_token_has_the_claims_of_the_contract(self, anyone: Client, alice: Person) -> None:
        pair = sign_in(anyone).json()
        key = jwt.PyJWK(signing_key().public_jwk)
        options = {"issuer": "https://issuer.test", "algorithms": ["RS256"]}
        access = jwt.decode(pair["access_token"], key, audience=NAME, **options)
        assert set(access) == {"iss", "aud", "sub", "exp", "iat", "jti", "type", "role", "sid"}
        assert (access["sub"], access["type"], access["role"]) == ("1", "access", "user")
        assert re.fullmatch("[1-9][0-9]*", access["sid"])
        assert access["exp"] - access["iat"] == 1800
        refresh = jwt.decode(pair["refresh_token"], key, audience=f"{NAME}:refresh", **options)
        assert (refresh["type"], refresh["exp"] - refresh["iat"]) == ("refresh", 7 * 24 * 3600)

    @pytest.mark.parametrize(("username", "password"), [("alice", "wrong password"), ("nobody", PASSWORD)])
    def test_says_no_more_than_that_it_failed(
        self, anyone: Client, alice: Person, username: str, password: str
    ) -> None:
        answer = sign_in(anyone, username, password)
        assert (answer.status, answer.error) == (401, "invalid_credentials")
        assert answer.json()["message"] == "Invalid credentials"
        assert answer.headers["www-authenticate"] == "Bearer"  # no access token was refused

    def test_an_inactive_user_hears_so_after_the_right_password_only(
        self, anyone: Client, alice: Person, db: sa.Connection
    ) -> None:
        db.execute(sa.text("UPDATE users SET is_active = false"))
        db.commit()
        answer = sign_in(anyone)
        assert (answer.status, answer.error, answer.json()["message"]) == (
            403,
            "user_inactive",
            "User is not active",
        )
        assert sign_in(anyone, password="wrong password").status == 401

    @pytest.mark.parametrize(
        ("body", "status", "error"),
        [
            ({"password": PASSWORD}, 422, "validation_error"),
            ({"username": "a", "email": "b", "password": PASSWORD}, 422, "validation_error"),
            ({"username": "alice", "password": PASSWORD, "admin": True}, 422, "validation_error"),
            ({"username": "\ud800", "password": PASSWORD}, 422, "validation_error"),
            ([], 422, "validation_error"),
        ],
    )
    def test_refuses_what_is_no_sign_in(self, anyone: Client, body: object, status: int, error: str) -> None:
        answer = anyone.post("/api/v1/auth/login", json=body)
        assert (answer.status, answer.error) == (status, error)

    @pytest.mark.parametrize(
        ("content_type", "body", "expected"),
        [
            ("application/json", b"{", (400, "invalid_json")),
            ("application/json", b"", (400, "invalid_json")),
            ("text/plain", b"x", (415, "unsupported_media_type")),
            ("application/x-www-form-urlencoded", b"\xff", (400, "invalid_json")),
            ("application/x-www-form-urlencoded", b"username=a&password=%ff", (400, "invalid_json")),
            ("application/x-www-form-urlencoded", b"", (422, "validation_error")),
            ("application/x-www-form-urlencoded", b"username=&password=b", (422, "validation_error")),
            *(
                (
                    "application/x-www-form-urlencoded",
                    b"username=alice&password=correct+horse+battery&" + repeated,
                    (422, "validation_error"),
                )
                for repeated in (b"username=alice", b"scope=a&scope=a", b"x=&x=", b"password=")
            ),
            (
                "application/x-www-form-urlencoded",
                b"username=a&password=b&grant_type=x",
                (422, "validation_error"),
            ),
        ],
    )
    def test_refuses_bodies_of_another_kind(
        self, anyone: Client, content_type: str, body: bytes, expected: tuple[int, str]
    ) -> None:
        answer = anyone.post("/api/v1/auth/login", body=body, headers={"Content-Type": content_type})
        assert (answer.status, answer.error) == expected

    def test_verifies_a_bcrypt_hash_and_upgrades_it(
        self, anyone: Client, alice: Person, db: sa.Connection
    ) -> None:
        imported = bcrypt.hashpw(b"imported password", bcrypt.gensalt(4)).decode()
        db.execute(sa.text("UPDATE users SET password_hash = :hash"), {"hash": imported})
        db.commit()
        assert sign_in(anyone, password="wrong password").status == 401
        assert sign_in(anyone, password="imported password").status == 200
        assert db.scalar(sa.text("SELECT password_hash FROM users")).startswith("$argon2id$")
        assert sign_in(anyone, password="imported password").status == 200

    def test_hashes_anew_when_parameters_rise(self, anyone: Client, alice: Person, db: sa.Connection) -> None:
        weaker = passwords.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
        db.execute(sa.text("UPDATE users SET password_hash = :hash"), {"hash": weaker})
        db.commit()
        assert sign_in(anyone).status == 200
        assert "m=19456,t=2,p=1" in db.scalar(sa.text("SELECT password_hash FROM users"))


class TestChangePassword:
    def change(self, person: Person, current: str, new: str = "a new passphrase") -> Answer:
        body = {"current_password": current, "new_password": new}
        return person.client.put("/api/v1/users/me/password", json=body)

    def test_takes_the_new_one_and_ends_every_session(self, anyone: Client, alice: Person) -> None:
        tokens = [sign_in(anyone).json()["refresh_token"] for _ in range(2)]
        assert self.change(alice, PASSWORD).status == 204
        assert [refresh(anyone, token).status for token in tokens] == [401, 401]
        assert sign_in(anyone).status == 401
        assert sign_in(anyone, password="a new passphrase").status == 200

    def test_asks_for_the_current_one(self, anyone: Client, alice: Person) -> None:
        answer = self.change(alice, "wrong password")
        assert (answer.status, answer.error) == (401, "invalid_credentials")
        assert sign_in(anyone).status == 200

    def test_refuses_a_common_one(self, alice: Person) -> None:
        assert self.change(alice, PASSWORD, "password1").status == 422
