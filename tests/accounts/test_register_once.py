"""Idempotency-Key at registration."""

from hashlib import sha256

from shared.http.body import canonical_json

import pytest
import sqlalchemy as sa

from tests.accounts.conftest import PASSWORD, registration
from tests.contract.row_rules import impatient
from tests.support.client import Answer, Client
from tests.support.redis_server import SetEnv

HOME, AWAY = "192.0.2.1", "198.51.100.1"


def register(address: str = HOME, key: str = "k", **changed: str) -> Answer:
    headers = {"Idempotency-Key": key}
    body = registration(**changed)
    return Client().post("/api/v1/auth/register", json=body, headers=headers, address=address)


@pytest.fixture
def first(anyone: Client) -> Answer:
    answer = register()
    assert answer.status == 201
    return answer


def test_a_repeat_has_the_same_answer_and_makes_one_user(first: Answer, db: sa.Connection) -> None:
    again = register()
    assert (again.status, again.body) == (201, first.body)
    assert again.headers["idempotent-replayed"] == "true"
    for name in ("location", "etag"):
        assert again.headers[name] == first.headers[name]
    assert db.scalar(sa.text("SELECT count(*) FROM users")) == 1


@pytest.mark.parametrize(
    "changed",
    [{"password": "another passphrase"}, {"email": "bob@example.com"}, {"username": "bob"}, {"name": "Bob"}],
)
def test_another_body_is_refused(first: Answer, changed: dict[str, str]) -> None:
    answer = register(**changed)
    assert (answer.status, answer.error) == (422, "idempotency_key_reused")


def test_the_password_may_come_in_another_unicode_form(anyone: Client) -> None:
    assert register(password="caf\u00e9 au lait").status == 201
    assert register(password="cafe\u0301 au lait").headers["idempotent-replayed"] == "true"


def test_a_password_that_was_changed_since_is_no_repeat(first: Answer, db: sa.Connection) -> None:
    body = {"current_password": PASSWORD, "new_password": "a new passphrase"}
    alice = Client().as_user(first.json()["id"])
    assert alice.put("/api/v1/users/me/password", json=body).status == 204
    assert register().error == "idempotency_key_reused"


def test_a_user_that_is_gone_is_no_repeat(first: Answer, db: sa.Connection) -> None:
    db.execute(sa.text("DELETE FROM users"))
    db.commit()
    assert register().error == "idempotency_key_reused"


def test_another_address_has_keys_of_its_own(first: Answer) -> None:
    answer = register(AWAY)
    assert (answer.status, answer.error) == (400, "username_exists")
    assert register(AWAY, username="bob", email="bob@example.com").status == 201


@pytest.mark.parametrize("password", [None, 1, "\ud800", "short", ["x"]])
def test_a_repeat_without_a_password_is_refused(first: Answer, password: object) -> None:
    answer = register(password=password)  # type: ignore[arg-type]
    assert (answer.status, answer.error) == (422, "validation_error")


def test_no_record_holds_anything_made_of_the_password_but_by_argon2(
    first: Answer, db: sa.Connection
) -> None:
    record = db.execute(sa.text("SELECT * FROM idempotency_records")).mappings().one()
    assert record["caller"].startswith("address:") and HOME not in record["caller"]
    body = registration()
    of_it = [canonical_json(body), canonical_json(body["password"]), body["password"].encode()]
    digests = [sha256(b"/api/v1/auth/register\n" + text).digest() for text in of_it]
    digests += [sha256(text).digest() for text in of_it]
    assert bytes(record["fingerprint"]) not in digests
    assert PASSWORD not in str(dict(record))
    without = {name: value for name, value in body.items() if name != "password"}
    expected = sha256(b"/api/v1/auth/register\n" + canonical_json(without)).digest()
    assert bytes(record["fingerprint"]) == expected


class TestLimits:
    @pytest.fixture(autouse=True)
    def _limited(self, first: Answer, set_env: SetEnv, store: str) -> None:
        set_env(SIGN_IN_RATE_LIMIT="4")

    def test_repeats_count_by_address(self) -> None:
        assert [register().status for _ in range(5)] == [201] * 4 + [429]

    def test_wrong_ones_count_by_account(self) -> None:
        wrong = [register(password=f"guess number {number}").status for number in range(3)]
        assert wrong == [422] * 3
        alice = Client().as_user(1)
        body = {"current_password": "wrong", "new_password": "a new passphrase"}
        path = "/api/v1/users/me/password"
        assert [alice.put(path, json=body, address=AWAY).status for _ in range(2)] == [401, 429]


def test_a_key_that_is_in_use_is_409_when_the_wait_is_over(first: Answer, db: sa.Connection) -> None:
    with impatient(db):
        db.execute(sa.text("SELECT 1 FROM idempotency_records FOR UPDATE"))
        answer = register()
    assert (answer.status, answer.error) == (409, "idempotency_in_progress")
