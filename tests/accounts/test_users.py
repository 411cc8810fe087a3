"""One's own account, profiles, and the admin's view."""

from shared.models import map_all

import pytest
import sqlalchemy as sa

from tests.accounts.conftest import PASSWORD, Person, refresh, register, sign_in
from tests.support.client import Client

ME = "/api/v1/users/me"


@pytest.fixture
def bob(anyone: Client, alice: Person) -> Person:
    return register(anyone, "bob")


class TestGetMe:
    def test_shows_the_private_view_to_its_owner(self, alice: Person) -> None:
        answer = alice.client.get(ME)
        assert (answer.status, answer.json()["email"]) == (200, "alice@example.com")
        etag = answer.headers["etag"]
        assert alice.client.get(ME, headers={"If-None-Match": etag}).status == 304

    def test_never_shows_a_hash(self, alice: Person) -> None:
        assert b"argon2" not in alice.client.get(ME).body


class TestUpdateMe:
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ({"username": "Alice2"}, {"username": "Alice2"}),
            ({"email": "Alice@example.com"}, {"email": "Alice@example.com"}),
            ({"name": "Alice"}, {"name": "Alice"}),
            ({"name": None}, {"name": None}),
            ({"username": None, "email": None}, {}),
            ({}, {}),
        ],
    )
    def test_changes_what_is_given(
        self, alice: Person, body: dict[str, object], expected: dict[str, object]
    ) -> None:
        before = alice.client.get(ME).json()
        answer = alice.client.put(ME, json=body)
        assert (answer.status, answer.json()) == (200, before | expected)
        assert alice.client.get(ME).headers["etag"] == answer.headers["etag"]

    def test_null_clears_the_name(self, alice: Person) -> None:
        alice.client.put(ME, json={"name": "Alice"})
        assert alice.client.put(ME, json={}).json()["name"] == "Alice"
        assert alice.client.put(ME, json={"name": None}).json()["name"] is None

    def test_refuses_anothers_names(self, alice: Person, bob: Person) -> None:
        assert alice.client.put(ME, json={"username": "BOB"}).error == "username_exists"
        change = {"email": "Bob@example.com", "current_password": PASSWORD}
        assert alice.client.put(ME, json=change).error == "email_exists"
        assert alice.client.put(ME, json={"username": "ALICE"}).status == 200  # one's own, respelt

    def test_refuses_to_overwrite_another_version(self, alice: Person) -> None:
        answer = alice.client.put(ME, json={"name": "x"}, headers={"If-Match": '"other"'})
        assert (answer.status, answer.error) == (412, "precondition_failed")

    @pytest.mark.parametrize(
        "body", [{"role": "admin"}, {"is_active": False}, {"id": 7}, {"password": "x" * 9}]
    )
    def test_gives_no_power(self, alice: Person, body: dict[str, object]) -> None:
        assert alice.client.put(ME, json=body).error == "validation_error"


class TestGetUser:
    def test_shows_the_public_view_to_anyone(self, anyone: Client, alice: Person, bob: Person) -> None:
        bob.client.put(f"/api/v1/users/{alice.id}/follow")
        profile = anyone.get(f"/api/v1/users/{alice.id}")
        assert profile.status == 200
        assert set(profile.json()) == {
            *("id", "username", "name", "created_at", "followers_count", "following_count")
        }
        assert (profile.json()["followers_count"], profile.json()["following_count"]) == (1, 0)
        assert anyone.get(f"/api/v1/users/{bob.id}").json()["following_count"] == 1
        known = {"If-None-Match": profile.headers["etag"]}
        assert anyone.get(f"/api/v1/users/{alice.id}", headers=known).status == 304

    def test_says_404_where_there_is_none(self, anyone: Client) -> None:
        assert anyone.get("/api/v1/users/7").error == "user_not_found"


class TestCallersWhoAreGone:
    """A caller is kept for a while. If the row goes meanwhile, the row that refers to it is refused."""

    def test_are_told_401(self, alice: Person, bob: Person, db: sa.Connection) -> None:
        db.execute(sa.text("DELETE FROM users WHERE id = :id"), {"id": alice.id})
        db.commit()
        locker = {"name": "locker"}
        for answer in (
            alice.client.post("/api/v1/lockers", json=locker),
            alice.client.post("/api/v1/lockers", json=locker, headers={"Idempotency-Key": "k"}),
            alice.client.put(f"/api/v1/users/{bob.id}/follow"),
        ):
            assert (answer.status, answer.error) == (401, "unauthorized")
            assert answer.headers["www-authenticate"].startswith('Bearer error="invalid_token"')
        for table in ("lockers", "follows", "idempotency_records"):
            assert db.scalar(sa.text(f"SELECT count(*) FROM {table}")) == 0

    def test_every_foreign_key_to_users_says_whose_id_it_holds(self) -> None:
        silent = [
            constraint.name
            for table in map_all().tables.values()
            for constraint in table.foreign_key_constraints
            if constraint.referred_table.name == "users" and not constraint.info
        ]
        assert silent == [], (
            "give each info=the_caller(), or info=missing(...) where a request names the user"
        )


class TestListUsers:
    def test_is_for_admins(self, admin: Client, anyone: Client) -> None:
        register(anyone)
        answer = admin.get("/api/v1/users")
        assert [user["username"] for user in answer.json()] == ["alice", "root"]

    def test_filters_by_state(self, admin: Client, anyone: Client) -> None:
        alice = register(anyone)
        admin.put(f"/api/v1/users/{alice.id}", json={"is_active": False})
        assert [user["id"] for user in admin.get("/api/v1/users?is_active=false").json()] == [alice.id]
        assert alice.id not in [user["id"] for user in admin.get("/api/v1/users?is_active=true").json()]
        assert admin.get("/api/v1/users?is_active=maybe").error == "validation_error"


class TestUpdateUser:
    def test_changes_role_and_state(self, admin: Client, anyone: Client) -> None:
        alice = register(anyone)
        path = f"/api/v1/users/{alice.id}"
        assert admin.put(path, json={"role": "admin"}).json()["role"] == "admin"
        assert admin.put(path, json={"is_active": False}).json()["is_active"] is False
        assert admin.put(path, json={"is_active": None, "role": None}).json()["role"] == "admin"

    def test_a_deactivation_ends_every_session_for_good(self, admin: Client, anyone: Client) -> None:
        alice = register(anyone)
        token = sign_in(anyone).json()["refresh_token"]
        path = f"/api/v1/users/{alice.id}"
        admin.put(path, json={"is_active": False})
        admin.put(path, json={"is_active": True})
        assert refresh(anyone, token).error == "invalid_refresh_token"
        token = sign_in(anyone).json()["refresh_token"]
        admin.put(path, json={"is_active": True, "role": "admin"})
        assert refresh(anyone, token).status == 200

    def test_takes_and_sends_the_etag_that_get_sends(self, admin: Client, anyone: Client) -> None:
        alice = register(anyone)
        path = f"/api/v1/users/{alice.id}"
        seen = anyone.get(path).headers["etag"]
        answer = admin.put(path, json={"role": "admin"}, headers={"If-Match": seen})
        assert (answer.status, answer.json()["role"]) == (200, "admin")
        assert answer.headers["etag"] == anyone.get(path).headers["etag"]
        admin.put(f"{path}/follow")  # it changes what GET shows
        assert admin.put(path, json={}, headers={"If-Match": seen}).error == "precondition_failed"

    def test_honours_if_match_and_says_404_first(self, admin: Client, anyone: Client) -> None:
        alice = register(anyone)
        stale = {"If-Match": '"other"'}
        assert admin.put(f"/api/v1/users/{alice.id}", json={}, headers=stale).error == "precondition_failed"
        assert admin.put("/api/v1/users/99", json={}, headers=stale).error == "user_not_found"

    @pytest.mark.parametrize("body", [{"role": "root"}, {"username": "x"}, {"is_active": "maybe"}])
    def test_refuses_anything_else(self, admin: Client, body: dict[str, object]) -> None:
        assert admin.put("/api/v1/users/1", json=body).error == "validation_error"


class TestWhoMay:
    @pytest.mark.parametrize(("method", "path"), [("GET", "/api/v1/users"), ("PUT", "/api/v1/users/1")])
    def test_admin_routes_refuse_everybody_else(self, alice: Person, method: str, path: str) -> None:
        answer = alice.client.call(method, path, **({"json": {}} if method == "PUT" else {}))
        assert (answer.status, answer.error) == (403, "forbidden")

    def test_a_role_in_the_token_counts_for_nothing(self, alice: Person) -> None:
        assert alice.client.claims is not None
        forged = Client(claims=alice.client.claims | {"role": "admin"})
        assert forged.get("/api/v1/users").error == "forbidden"

    def test_a_change_of_role_or_state_is_known_within_30_s(
        self, admin: Client, anyone: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import time

        now = time.monotonic
        alice = register(anyone)
        assert alice.client.get("/api/v1/users").error == "forbidden"
        admin.put(f"/api/v1/users/{alice.id}", json={"role": "admin"})
        monkeypatch.setattr(time, "monotonic", lambda: now() + 31)
        assert alice.client.get("/api/v1/users").status == 200
        admin.put(f"/api/v1/users/{alice.id}", json={"is_active": False})
        monkeypatch.setattr(time, "monotonic", lambda: now() + 62)
        answer = alice.client.get(ME)
        assert (answer.status, answer.error) == (403, "user_inactive")

    def test_a_caller_is_read_once_and_then_kept(
        self, alice: Person, statements: list[tuple[str, object]]
    ) -> None:
        alice.client.get(ME)
        alice.client.get(ME)
        assert len(statements) == 3  # the caller's state once, the account twice
