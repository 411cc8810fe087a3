"""Another issuer's users: a row at first sight."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from shared.identity.users import add_issuers_user
from shared.runtime.product import NAME
from shared.runtime.settings import settings

import pytest
import sqlalchemy as sa

from infra.emulator.template import load
from infra.local.postgres import Cluster
from tests.accounts.environments import WAITING, Environment
from tests.support.client import MAIL, ROOT, Client


def stranger(subject: str, issuer: str = "https://tenant.example/", **claims: str) -> Client:
    return Client(claims={"iss": issuer, "sub": subject, "aud": NAME} | claims)


@pytest.fixture(autouse=True)
def _other_issuer(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("EXTERNAL_ISSUER", "true")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def test_a_user_is_made_at_first_sight_and_found_again(db: sa.Connection) -> None:
    me = stranger("auth0|abc").get("/api/v1/users/me").json()
    assert (me["username"], me["email"], me["role"]) == (f"u{me['id']}", None, "user")
    assert stranger("auth0|abc").get("/api/v1/users/me").json() == me


def test_issuer_and_subject_together_make_a_user(db: sa.Connection) -> None:
    ids = {
        stranger(*who).get("/api/v1/users/me").json()["id"]
        for who in [("a",), ("b",), ("a", "https://second.example/")]
    }
    assert len(ids) == 3


@pytest.mark.parametrize(
    "claims",
    [
        {"sid": "4f1c2a6e-0a8e-4c58-9d2e-4b7f6f1d9a10", "scope": "openid profile", "client_id": "web"},
        {"sid": "7", "scope": "items:read", "client_id": "web"},
        {"sid": "", "scope": "", "client_id": ""},
    ],
    ids=["Keycloak's", "a number", "empty"],
)
def test_an_issuers_own_claims_name_no_session_of_ours(db: sa.Connection, claims: dict[str, str]) -> None:
    plain = stranger("a")
    me = plain.get("/api/v1/users/me").json()
    with_claims = Client((plain.claims or {}) | claims)
    assert with_claims.get("/api/v1/users/me").json() == me
    assert with_claims.put("/api/v1/users/me", json={"name": "A"}).status == 200


class TestClaimsAtFirstSight:
    def test_give_the_name_and_the_verified_address(self, db: sa.Connection) -> None:
        claims = {"name": "Ann Émile", "email": "Ann@Example.com", "email_verified": "true"}
        me = stranger("a", **claims).get("/api/v1/users/me").json()
        shown = (me["name"], me["email"], me["email_verified"])
        assert shown == ("Ann Émile", "Ann@example.com", True)

    def test_do_so_once(self, db: sa.Connection) -> None:
        stranger("a", name="Ann").put("/api/v1/users/me", json={"name": "Anna"})
        later = stranger("a", name="Ann", email="ann@example.com", email_verified="true")
        me = later.get("/api/v1/users/me").json()
        assert (me["name"], me["email"]) == ("Anna", None)

    @pytest.mark.parametrize(
        "claims",
        [
            {"email": "ann@example.com"},
            {"email": "ann@example.com", "email_verified": "false"},
            {"email": "no address", "email_verified": "true"},
            {"email": f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 63}.com", "email_verified": "true"},
            {"email_verified": "true"},
            {"name": "\u200b"},
            {"name": "a\x00b"},
            {"name": "x" * 256},
            {"name": ""},
        ],
    )
    def test_that_are_unverified_or_cannot_be_kept_are_left_out(
        self, db: sa.Connection, claims: dict[str, str]
    ) -> None:
        me = stranger("a", **claims).get("/api/v1/users/me").json()
        assert (me["name"], me["email"], me["email_verified"]) == (None, None, False)

    def test_leave_an_address_to_its_user(self, db: sa.Connection) -> None:
        claims = {"email": "ann@example.com", "email_verified": "true"}
        first, second = (stranger(each, **claims).get("/api/v1/users/me").json() for each in ("a", "b"))
        assert (first["email"], second["email"]) == ("ann@example.com", None)


class TestDeletion:
    DELETION = "/api/v1/users/me/deletion"

    @pytest.mark.parametrize("body", [None, {}])
    def test_takes_an_empty_body_and_leaves_a_tombstone(self, db: sa.Connection, body: object) -> None:
        claims = {"name": "Ann", "email": "ann@example.com", "email_verified": "true"}
        caller = stranger("a", **claims)
        assert caller.post(self.DELETION, json=body).status == 204
        for _ in range(2):
            assert caller.get("/api/v1/users/me").error == "unauthorized"
        assert db.scalar(sa.text("SELECT count(*) FROM users")) == 0
        assert stranger("b", **claims).get("/api/v1/users/me").json()["email"] == "ann@example.com"

    def test_takes_no_password(self, db: sa.Connection) -> None:
        answer = stranger("a").post(self.DELETION, json={"current_password": "x"})
        assert (answer.status, answer.error) == (422, "validation_error")
        assert stranger("a").get("/api/v1/users/me").status == 200


def test_a_number_as_subject_is_nobodys_id(db: sa.Connection) -> None:
    first = stranger("a").get("/api/v1/users/me").json()
    second = stranger(str(first["id"])).get("/api/v1/users/me").json()
    assert second["id"] != first["id"]


def test_a_name_that_somebody_took_is_told_apart(db: sa.Connection) -> None:
    db.execute(sa.text("ALTER TABLE users ALTER id RESTART WITH 41"))
    db.commit()
    first, taken = stranger("a"), "u42"
    assert first.put("/api/v1/users/me", json={"username": taken}).status == 200
    second = stranger("b").get("/api/v1/users/me")
    assert second.status == 200
    assert second.json()["username"].startswith(f"{taken}_")


def test_a_name_that_somebody_takes_at_the_same_time_is_told_apart(db: sa.Connection) -> None:
    environment = Environment({"EXTERNAL_ISSUER": "true"})
    db.execute(sa.text("ALTER TABLE users ALTER id RESTART WITH 42"))
    db.commit()
    squat = "INSERT INTO users (id, username, username_key) OVERRIDING SYSTEM VALUE VALUES (7, 'u42', 'u42')"
    db.execute(sa.text(squat))
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(environment.serve(stranger("b")).get, "/api/v1/users/me")
        with db.engine.connect() as observer:
            while not observer.scalar(WAITING):
                observer.rollback()
                assert not call.done()
        db.commit()
        answer = call.result()
    environment.stop()
    assert answer.status == 200
    assert re.fullmatch("u42_[0-9a-f]{8}", answer.json()["username"])


@pytest.mark.parametrize("subject", ["a\x00b", "\ud800", "x" * 256, "x" * 5000, ""])
def test_a_subject_that_nothing_can_hold_is_no_token(db: sa.Connection, store: str, subject: str) -> None:
    answer = stranger(subject).get("/api/v1/users/me")
    assert (answer.status, answer.error) == (401, "unauthorized")


@pytest.mark.parametrize("subject", ["x" * 255, "tenant|ünï \U0001f600"])
def test_a_long_or_foreign_subject_is_a_user(db: sa.Connection, subject: str) -> None:
    assert stranger(subject).get("/api/v1/users/me").status == 200


def test_racing_first_sights_make_one_row(db: sa.Connection, cluster: Cluster) -> None:
    engine = sa.create_engine(cluster.app_url, pool_size=8)

    def arrive(_: int) -> None:
        from sqlalchemy.orm import Session

        with Session(engine) as session, session.begin():
            add_issuers_user(session, "https://tenant.example/", "racer", {})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(arrive, range(8)))
    engine.dispose()
    [(user_id, username)] = db.execute(sa.text("SELECT id, username FROM users")).all()
    assert username == f"u{user_id}"  # an insert that lost may have used the first id


def test_its_address_is_not_changed_here(db: sa.Connection) -> None:
    body = {"email": "new@example.com", "current_password": "x"}
    answer = stranger("a").put("/api/v1/users/me", json=body)
    assert (answer.status, answer.error) == (422, "validation_error")
    assert stranger("a").put("/api/v1/users/me", json={"name": "A", "email": None}).status == 200


def test_the_routes_of_mailed_links_take_mail_and_the_built_in_issuer() -> None:
    def keys(**parameters: str) -> set[str]:
        return {route.key for route in load(ROOT / "template.yaml", "http://x.test", {}, parameters).routes}

    links = {
        *(f"POST /api/v1/auth/email/{name}" for name in ("verify", "verification", "undo")),
        *("POST /api/v1/auth/password/forgot", "POST /api/v1/auth/password/reset", "POST /api/v1/users"),
    }
    assert keys(**MAIL) - keys() == links
    assert keys(**MAIL, JwtIssuer="https://tenant.example/") & links == set()


def test_the_built_in_auth_routes_are_then_not_deployed() -> None:
    def paths(**parameters: str) -> set[str]:
        return {route.path for route in load(ROOT / "template.yaml", "http://x.test", {}, parameters).routes}

    gone = paths() - paths(JwtIssuer="https://tenant.example/")
    assert gone == {
        *(f"/api/v1/auth/{name}" for name in ("register", "login", "refresh", "logout")),
        *(f"/api/v1/auth/web/{name}" for name in ("login", "refresh", "logout")),
        *("/api/v1/users/me/sessions", "/api/v1/users/me/sessions/{id}", "/api/v1/auth/token"),
        *("/api/v1/services", "/api/v1/services/{id}", "/api/v1/services/{id}/secrets"),
        *("/api/v1/users/me/password", "/.well-known/openid-configuration", "/.well-known/jwks.json"),
    }
