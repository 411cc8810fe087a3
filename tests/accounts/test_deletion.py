"""The deletion of accounts: by users themselves and by admins."""

from typing import Any

from shared.identity.mail_tokens import Purpose
from shared.models import map_all
from shared.models.idempotency import IdempotencyRecord

import pytest
import sqlalchemy as sa

from tests.accounts.conftest import (
    PASSWORD,
    Person,
    bearer,
    mailed,
    move,
    refresh,
    register,
    registration,
    sign_in,
)
from tests.conftest import NewUser
from tests.support.client import Answer, Client
from tests.support.redis_server import SetEnv
from tests.support.sample_calls import id_of

DELETION = "/api/v1/users/me/deletion"


def own_path(client: Client) -> str:
    return f"/api/v1/users/{id_of(client)}"


def delete_me(client: Client, password: str = PASSWORD) -> Answer:
    return client.post(DELETION, json={"current_password": password})


@pytest.fixture
def deleted(anyone: Client, alice: Person) -> Person:
    assert delete_me(alice.client).status == 204
    return alice


class TestTheDeleted:
    def test_get_no_body(self, alice: Person) -> None:
        answer = delete_me(alice.client)
        assert (answer.status, answer.body) == (204, b"")

    def test_can_no_longer_sign_in(self, anyone: Client, deleted: Person) -> None:
        assert sign_in(anyone).error == "invalid_credentials"

    def test_have_no_session(self, anyone: Client, alice: Person) -> None:
        pair = sign_in(anyone).json()
        assert delete_me(bearer(pair)).status == 204
        assert refresh(anyone, pair["refresh_token"]).error == "invalid_refresh_token"
        for client in (bearer(pair), alice.client):
            answer = client.get("/api/v1/users/me")
            assert (answer.status, answer.error) == (401, "unauthorized")

    def test_are_shown_nowhere(self, alice: Person, new_user: NewUser, anyone: Client) -> None:
        admin = new_user("root", role="admin")
        path = f"/api/v1/users/{alice.id}"
        assert admin.put(f"{path}/follow").status == 204
        assert alice.client.put(f"{own_path(admin)}/follow").status == 204
        assert anyone.get(path).status == 200
        assert delete_me(alice.client).status == 204
        for gone in (path, f"{path}/followers", f"{path}/following"):
            assert anyone.get(gone).status == 404
        mine = own_path(admin)
        assert anyone.get(f"{mine}/followers").json() == anyone.get(f"{mine}/following").json() == []
        assert [user["username"] for user in admin.get("/api/v1/users").json()] == ["root"]
        assert admin.get("/api/v1/users?is_active=false").json() == []

    def test_cannot_be_changed(self, deleted: Person, new_user: NewUser) -> None:
        admin = new_user("root", role="admin")
        path = f"/api/v1/users/{deleted.id}"
        assert admin.put(path, json={"is_active": True}).error == "user_not_found"
        assert admin.put(f"{path}/follow").error == "user_not_found"
        assert admin.delete(f"{path}/follow").error == "user_not_found"
        assert admin.delete(path).error == "user_not_found"

    def test_leave_their_name_and_address_to_others(self, anyone: Client, deleted: Person) -> None:
        assert register(anyone).id != deleted.id

    def test_leave_the_addresses_that_an_undo_reserved(
        self, anyone: Client, alice: Person, db: sa.Connection
    ) -> None:
        move(db, alice, "moved@example.com")
        first = registration(username="bob", email="alice@example.com")
        assert anyone.post("/api/v1/auth/register", json=first).error == "email_exists"
        assert delete_me(alice.client).status == 204
        assert anyone.post("/api/v1/auth/register", json=first).status == 201

    def test_leave_nothing_that_identifies_them(self, alice: Person, db: sa.Connection) -> None:
        change = {"name": "Alice Liddell", "email": "new@example.com", "current_password": PASSWORD}
        assert alice.client.put("/api/v1/users/me", json=change).status == 200
        assert delete_me(alice.client).status == 204
        kept = [table for table in map_all().sorted_tables if table.name != "jobs"]  # done ones stay a day
        rows = [str(row) for table in kept for row in db.execute(sa.select(table))]
        assert rows
        assert not any(each in row.lower() for each in ("alice", "example.com") for row in rows)

    def test_leave_no_token_of_a_mail(self, anyone: Client, alice: Person, db: sa.Connection) -> None:
        token = mailed(Purpose.RECOVERY, alice.id, alice.email)
        assert delete_me(alice.client).status == 204
        body = {"token": token, "new_password": "another passphrase"}
        assert anyone.post("/api/v1/auth/password/reset", json=body).error == "invalid_mail_token"
        assert db.scalar(sa.text("SELECT count(*) FROM mail_tokens")) == 0

    def test_leave_no_stored_answer(self, anyone: Client, new_user: NewUser, db: sa.Connection) -> None:
        key = {"Idempotency-Key": "k"}
        made = anyone.post("/api/v1/auth/register", json=registration(), headers=key).json()
        admin = new_user("root", role="admin")
        invitation = {"username": "bob", "email": "bob@example.com"}
        invited = admin.post("/api/v1/users", json=invitation, headers=key).json()
        kept = {"username": "carol", "email": "carol@example.com"}
        admin.post("/api/v1/users", json=kept, headers={"Idempotency-Key": "another"})
        db.execute(
            sa.insert(IdempotencyRecord).values(caller=str(made["id"]), route="r", key="k", fingerprint=b"")
        )
        db.commit()
        assert delete_me(anyone.as_user(made["id"])).status == 204
        assert admin.delete(f"/api/v1/users/{invited['id']}").status == 204
        [left] = db.scalars(sa.select(IdempotencyRecord.key)).all()
        assert left == "another"


class TestThePassword:
    def test_must_be_right(self, alice: Person) -> None:
        assert delete_me(alice.client, "wrong").error == "invalid_credentials"
        assert alice.client.get("/api/v1/users/me").status == 200

    @pytest.mark.parametrize("body", [None, {}, {"current_password": None}])
    def test_must_be_given(self, alice: Person, body: dict[str, Any] | None) -> None:
        answer = alice.client.post(DELETION, json=body)
        assert (answer.status, answer.error) == (422, "validation_error")
        assert answer.json()["details"]["errors"][0]["loc"] == ["body", "current_password"]
        assert alice.client.get("/api/v1/users/me").status == 200

    def test_is_counted_with_those_of_a_change(self, alice: Person, store: str, set_env: SetEnv) -> None:
        set_env(SIGN_IN_RATE_LIMIT="3")
        change = {"current_password": "wrong", "new_password": "another passphrase"}
        assert [delete_me(alice.client, "wrong").status for _ in range(2)] == [401, 401]
        assert alice.client.put("/api/v1/users/me/password", json=change).status == 401
        assert delete_me(alice.client).error == "rate_limited"


class TestAnAdmin:
    def test_deletes_a_user(self, alice: Person, anyone: Client, new_user: NewUser) -> None:
        admin = new_user("root", role="admin")
        answer = admin.delete(f"/api/v1/users/{alice.id}")
        assert (answer.status, answer.body) == (204, b"")
        assert anyone.get(f"/api/v1/users/{alice.id}").status == 404

    def test_sees_who_did_it(self, alice: Person, new_user: NewUser) -> None:
        admin = new_user("root", role="admin")
        assert admin.delete(f"/api/v1/users/{alice.id}").status == 204
        latest = admin.get(f"/api/v1/users/{alice.id}/events").json()[0]
        assert (latest["kind"], latest["by"]) == ("deleted", id_of(admin))

    def test_is_not_deleted_as_the_last_active_one(
        self, alice: Person, new_user: NewUser, db: sa.Connection
    ) -> None:
        admin = new_user("root", role="admin")
        new_user("retired", role="admin", is_active=False)
        own = own_path(admin)
        db.execute(sa.text("UPDATE users SET password_hash = (SELECT max(password_hash) FROM users)"))
        db.commit()
        for answer in (admin.delete(own), delete_me(admin)):
            assert (answer.status, answer.error) == (422, "last_admin")
        assert admin.put(f"/api/v1/users/{alice.id}", json={"role": "admin"}).status == 200
        assert admin.delete(own).status == 204
