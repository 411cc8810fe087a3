"""Register, login, refresh, logout, and the password."""

from urllib.parse import urlencode

from shared.identity.keys import signing_key

import bcrypt
import jwt
import pytest
import sqlalchemy as sa

from accounts import passwords
from tests.accounts.conftest import PASSWORD, Person, refresh, registration, sign_in
from tests.client import Answer, Client

type Pair = dict[str, str]


def logout(anyone: Client, token: str) -> Answer:
    return anyone.post("/api/v1/auth/logout", json={"refresh_token": token})


def later(db: sa.Connection, interval: str) -> None:
    """Let time pass for every refresh token."""
    for table, columns in {
        "refresh_tokens": ("spent_at", "expires_at"),
        "refresh_families": ("expires_at",),
    }.items():
        moved = ", ".join(f"{column} = {column} - interval '{interval}'" for column in columns)
        db.execute(sa.text(f"UPDATE {table} SET {moved}"))
    db.commit()


class TestRegister:
    def test_answers_201_with_the_private_view(self, anyone: Client) -> None:
        answer = anyone.post("/api/v1/auth/register", json=registration(name="Alice"))
        user = answer.json()
        assert answer.status == 201
        assert {**user, "created_at": ""} == {
            "id": 1,
            "username": "alice",
            "name": "Alice",
            "email": "alice@example.com",
            "is_active": True,
            "role": "user",
            "created_at": "",
        }
        assert user["created_at"].endswith("Z")
        assert answer.headers["location"] == "/api/v1/users/1"
        assert answer.headers["etag"] == anyone.get(answer.headers["location"]).headers["etag"]

    @pytest.mark.parametrize(
        ("changed", "error"),
        [
            ({"email": "other@example.com"}, "username_exists"),
            ({"email": "other@example.com", "username": "ALICE"}, "username_exists"),
            ({"username": "other"}, "email_exists"),
            ({"username": "other", "email": "ALICE@EXAMPLE.COM"}, "email_exists"),
            ({"username": "other", "email": "\uff21lice@example.com"}, "email_exists"),  # fullwidth A
        ],
    )
    def test_names_are_unique_without_regard_to_case_or_form(
        self, anyone: Client, alice: Person, changed: dict[str, str], error: str
    ) -> None:
        answer = anyone.post("/api/v1/auth/register", json=registration(**changed))
        assert (answer.status, answer.error) == (400, error)

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"username": "al"}, "username"),
            ({"username": "a" * 51}, "username"),
            ({"username": "al ice"}, "username"),
            ({"username": "alice\n"}, "username"),
            ({"email": "alice"}, "email"),
            ({"email": "a@b@c.example"}, "email"),
            ({"password": "short12"}, "password"),
            ({"password": "x" * 129}, "password"),
            ({"password": "Password1"}, "password"),
            ({"password": "1234567890"}, "password"),
            ({"role": "admin"}, "role"),
            ({"is_active": True}, "is_active"),
        ],
    )
    def test_names_the_field_and_no_value(self, anyone: Client, changed: dict[str, str], field: str) -> None:
        answer = anyone.post("/api/v1/auth/register", json=registration(**changed))
        assert (answer.status, answer.error) == (422, "validation_error")
        [error] = answer.json()["details"]["errors"]
        assert (set(error), error["loc"]) == ({"loc", "msg", "type"}, ["body", field])

    def test_the_password_is_kept_as_an_argon2id_hash(self, alice: Person, db: sa.Connection) -> None:
        kept = db.scalar(sa.text("SELECT password_hash FROM users"))
        assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")

    def test_of_racing_registrations_one_wins(self, anyone: Client) -> None:
        answers = [anyone.post("/api/v1/auth/register", json=registration()) for _ in range(3)]
        assert [answer.status for answer in answers] == [201, 400, 400]


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
    @pytest.mark.parametrize("more", [{}, {"grant_type": "password", "scope": "a b", "client_id": "web"}])
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
        access = jwt.decode(pair["access_token"], key, audience="routewise", **options)
        assert set(access) == {"iss", "aud", "sub", "exp", "iat", "jti", "type", "role"}
        assert (access["sub"], access["type"], access["role"]) == ("1", "access", "user")
        assert access["exp"] - access["iat"] == 1800
        refresh = jwt.decode(pair["refresh_token"], key, audience="routewise:refresh", **options)
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
            ("application/x-www-form-urlencoded", b"", (422, "validation_error")),
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


class TestRefresh:
    @pytest.fixture
    def pair(self, anyone: Client, alice: Person) -> Pair:
        return sign_in(anyone).json()

    def test_gives_a_new_pair_and_spends_the_old_token(self, anyone: Client, pair: Pair) -> None:
        answer = refresh(anyone, pair["refresh_token"])
        assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
        assert answer.json()["refresh_token"] != pair["refresh_token"]
        again = refresh(anyone, pair["refresh_token"])
        assert (again.status, again.error) == (401, "invalid_refresh_token")
        assert again.headers["www-authenticate"] == "Bearer"

    def test_a_spent_token_seen_within_10_s_is_a_race_and_the_family_lives(
        self, anyone: Client, pair: Pair, db: sa.Connection
    ) -> None:
        second = refresh(anyone, pair["refresh_token"]).json()
        later(db, "9 seconds")
        assert refresh(anyone, pair["refresh_token"]).status == 401
        assert refresh(anyone, second["refresh_token"]).status == 200

    def test_one_seen_later_ends_the_whole_family(
        self, anyone: Client, pair: Pair, db: sa.Connection
    ) -> None:
        other = sign_in(anyone).json()
        second = refresh(anyone, pair["refresh_token"]).json()
        later(db, "11 seconds")
        assert refresh(anyone, pair["refresh_token"]).error == "invalid_refresh_token"
        assert refresh(anyone, second["refresh_token"]).error == "invalid_refresh_token"
        assert refresh(anyone, other["refresh_token"]).status == 200  # another family

    @pytest.mark.parametrize("token", ["", "x", "\ud800", "a.b.c"])
    def test_refuses_what_it_never_gave(self, anyone: Client, pair: Pair, token: str) -> None:
        assert refresh(anyone, token).status in (401, 422)

    def test_refuses_an_access_token(self, anyone: Client, pair: Pair) -> None:
        assert refresh(anyone, pair["access_token"]).error == "invalid_refresh_token"

    def test_a_token_lives_7_days_and_a_family_30(
        self, anyone: Client, pair: Pair, db: sa.Connection
    ) -> None:
        token = pair["refresh_token"]
        for _ in range(4):
            later(db, "6 days 23 hours")
            token = refresh(anyone, token).json()["refresh_token"]
        later(db, "2 days 5 hours")  # 30 days and an hour after the sign-in, within the token's own 7 days
        assert refresh(anyone, token).error == "invalid_refresh_token"
        fresh = sign_in(anyone).json()["refresh_token"]
        later(db, "7 days 1 hour")
        assert refresh(anyone, fresh).error == "invalid_refresh_token"

    def test_refuses_an_inactive_user(self, anyone: Client, pair: Pair, db: sa.Connection) -> None:
        db.execute(sa.text("UPDATE users SET is_active = false"))
        db.commit()
        answer = refresh(anyone, pair["refresh_token"])
        assert (answer.status, answer.error) == (403, "user_inactive")

    def test_no_token_is_kept_but_its_hash(self, pair: Pair, db: sa.Connection) -> None:
        kept = db.execute(sa.text("SELECT * FROM refresh_tokens, refresh_families")).all()
        assert pair["refresh_token"] not in str(kept)

    def test_expired_families_are_cleared_away_by_sign_ins(
        self, anyone: Client, pair: Pair, db: sa.Connection
    ) -> None:
        later(db, "31 days")
        sign_in(anyone)
        assert db.scalar(sa.text("SELECT count(*) FROM refresh_families")) == 1

    def test_a_failed_commit_does_not_spend_it(self, anyone: Client, pair: Pair, db: sa.Connection) -> None:
        db.execute(
            sa.text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'refused at commit'; END $$"
            )
        )
        db.execute(
            sa.text(
                "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON refresh_tokens DEFERRABLE"
                " INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()"
            )
        )
        db.commit()
        assert refresh(anyone, pair["refresh_token"]).error == "database_error"
        db.execute(sa.text("DROP FUNCTION refuse CASCADE"))
        db.commit()
        assert refresh(anyone, pair["refresh_token"]).status == 200


class TestLogout:
    def test_ends_the_family(self, anyone: Client, alice: Person) -> None:
        first = sign_in(anyone).json()["refresh_token"]
        second = refresh(anyone, first).json()["refresh_token"]
        assert (logout(anyone, second).status, logout(anyone, second).body) == (204, b"")
        assert refresh(anyone, second).error == "invalid_refresh_token"

    def test_an_unknown_token_is_204_too(self, anyone: Client) -> None:
        assert logout(anyone, "unknown").status == 204


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
