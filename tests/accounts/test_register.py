"""Register."""

import pytest
import sqlalchemy as sa

from tests.accounts.conftest import Person, registration, sign_in
from tests.support.client import Client


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
            "email_verified": False,
            "pending_email": None,
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

    @pytest.mark.parametrize("password", ["quietbird", "12 34 56 78 9!", "тихая птица", "long words " * 11])
    def test_a_password_may_be_of_any_characters_and_long(self, anyone: Client, password: str) -> None:
        answer = anyone.post("/api/v1/auth/register", json=registration(password=password))
        assert answer.status == 201
        assert sign_in(anyone, password=password).status == 200

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
