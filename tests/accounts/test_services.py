"""Services: their secrets, their row among users, and their end."""

from typing import Any

from shared.database.engines import engine
from shared.identity.users import grant_admin

import jwt
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts.service_schemas import known_scopes
from tests.accounts.conftest import Person, register, sign_in
from tests.support.client import Answer, Client, Form
from tests.support.redis_server import SetEnv

SERVICES = "/api/v1/services"
USERS = "/api/v1/users"


@pytest.fixture
def service(admin: Client) -> dict[str, Any]:
    return create(admin).json()


def create(admin: Client, **options: Any) -> Answer:
    return admin.post(SERVICES, json={"name": "nightly import", "scopes": known_scopes()}, **options)


def token_answer(service: dict[str, Any], secret: str | None = None, by: Client | None = None) -> Answer:
    credentials = {"client_id": service["client_id"], "client_secret": secret or service["client_secret"]}
    form = Form(grant_type="client_credentials", **credentials)
    return (by or Client()).post("/api/v1/auth/token", json=form)


def caller_of(service: dict[str, Any]) -> Client:
    """The service with a token of its own, and with the scopes of the sample."""
    token = token_answer(service).json()["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False}) | {"scope": "sample:read sample:write"}
    return Client({name: str(value) for name, value in claims.items()})


class TestCreation:
    def test_shows_the_secret_this_once(self, admin: Client, db: sa.Connection) -> None:
        answer = create(admin)
        assert answer.status == 201
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers
        made = answer.json()
        secret = made.pop("client_secret")
        assert len(secret) == 43  # 256 bits
        read = admin.get(answer.headers["location"])
        assert read.json() == made
        assert admin.get(SERVICES).json() == [made]
        assert (made["scopes"], made["last_used_at"]) == (sorted(known_scopes()), None)
        stored = db.execute(sa.text("SELECT services::text, users::text FROM services JOIN users USING (id)"))
        assert secret not in str(stored.one())

    def test_names_a_scope_once(self, admin: Client) -> None:
        body = {"name": "import", "scopes": known_scopes() * 2}
        assert admin.post(SERVICES, json=body).json()["scopes"] == sorted(known_scopes())

    def test_asks_for_a_scope(self, admin: Client) -> None:
        answer = admin.post(SERVICES, json={"name": "import", "scopes": []})
        assert (answer.status, answer.error) == (422, "validation_error")

    @pytest.mark.parametrize("scope", ["accounts:read", "meta:read", "nowhere:read", "", " ", "read", 7])
    def test_takes_scopes_of_domains_alone(self, admin: Client, scope: object) -> None:
        answer = admin.post(SERVICES, json={"name": "import", "scopes": [*known_scopes(), scope]})
        assert (answer.status, answer.error) == (422, "validation_error")

    def test_takes_no_idempotency_key(
        self, admin: Client, service: dict[str, Any], db: sa.Connection
    ) -> None:
        for answer in (
            create(admin, headers={"Idempotency-Key": "k"}),
            admin.post(f"{SERVICES}/{service['id']}/secrets", headers={"Idempotency-Key": "k"}),
        ):
            assert (answer.status, answer.error) == (422, "validation_error")
            assert answer.json()["details"]["errors"][0]["loc"] == ["header", "Idempotency-Key"]
        assert db.scalar(sa.text("SELECT count(*) FROM idempotency_records")) == 0
        assert len(admin.get(SERVICES).json()) == 1


class TestSecrets:
    def test_the_two_newest_count(self, admin: Client, service: dict[str, Any]) -> None:
        path, secrets = f"{SERVICES}/{service['id']}/secrets", [service["client_secret"]]
        for _ in range(3):
            answer = admin.post(path)
            assert (answer.status, answer.headers["cache-control"]) == (201, "no-store")
            assert set(answer.json()) == {"client_secret"}
            assert "etag" not in answer.headers
            secrets.append(answer.json()["client_secret"])
            newest = [token_answer(service, each).status for each in secrets[-2:]]
            assert newest == [200, 200]
        assert {token_answer(service, each).error for each in secrets[:2]} == {"invalid_client"}

    def test_are_of_their_own_service(self, admin: Client, service: dict[str, Any]) -> None:
        other = create(admin).json()
        assert token_answer(service, other["client_secret"]).status == 401


class TestItsRowAmongUsers:
    def test_owns_what_the_service_makes(self, admin: Client, service: dict[str, Any]) -> None:
        made = caller_of(service).post("/api/v1/lockers", json={"name": "of a service"})
        assert (made.status, made.json()["owner_id"]) == (201, service["id"])

    def test_is_no_user_to_anybody(self, admin: Client, service: dict[str, Any]) -> None:
        of_service = f"{USERS}/{service['id']}"
        answers = [
            admin.get(of_service),
            admin.put(of_service, json={"role": "admin"}),
            admin.delete(of_service),
            admin.put(f"{of_service}/follow"),
            admin.delete(f"{of_service}/follow"),
            *(admin.get(f"{of_service}/{each}") for each in ("followers", "following", "events")),
        ]
        assert [(each.status, each.error) for each in answers] == [(404, "user_not_found")] * len(answers)
        assert service["id"] not in [each["id"] for each in admin.get(USERS).json()]
        assert service["id"] not in [each["id"] for each in admin.get(f"{USERS}?is_active=true").json()]

    def test_is_never_an_admin(self, db: sa.Connection, service: dict[str, Any]) -> None:
        with Session(engine()) as session, session.begin():
            assert not grant_admin(session, f"service:{service['id']}")
        assert db.scalar(sa.text("SELECT role FROM users WHERE kind = 'service'")) == "user"

    def test_has_a_name_that_no_user_takes(self, anyone: Client, service: dict[str, Any]) -> None:
        name = f"service:{service['id']}"
        alice = register(anyone)
        assert alice.client.put("/api/v1/users/me", json={"username": name}).status == 422
        account = {"username": name, "email": "mallory@example.com", "password": "correct horse battery"}
        assert anyone.post("/api/v1/auth/register", json=account).status == 422

    @pytest.mark.parametrize("password", ["", "correct horse battery"])
    def test_does_not_sign_in(self, anyone: Client, service: dict[str, Any], password: str) -> None:
        answer = sign_in(anyone, f"service:{service['id']}", password)
        assert (answer.status, answer.error) == (401, "invalid_credentials")


@pytest.mark.usefixtures("store")
class TestDeletion:
    def test_ends_secrets_and_tokens_and_keeps_what_it_owns(
        self, admin: Client, service: dict[str, Any], db: sa.Connection
    ) -> None:
        caller = caller_of(service)
        assert caller.post("/api/v1/lockers", json={"name": "of a service"}).status == 201
        assert admin.delete(f"{SERVICES}/{service['id']}").status == 204
        assert token_answer(service).error == "invalid_client"
        answer = caller.get("/api/v1/lockers")
        assert (answer.status, answer.error) == (403, "user_inactive")
        assert db.scalar(sa.text("SELECT owner_id FROM lockers")) == service["id"]
        assert admin.get(SERVICES).json() == []
        for gone in (
            admin.get(f"{SERVICES}/{service['id']}"),
            admin.delete(f"{SERVICES}/{service['id']}"),
            admin.post(f"{SERVICES}/{service['id']}/secrets"),
        ):
            assert (gone.status, gone.error) == (404, "service_not_found")

    def test_of_a_user_is_none(self, admin: Client, alice: Person) -> None:
        assert admin.delete(f"{SERVICES}/{alice.id}").error == "service_not_found"
        assert alice.client.get("/api/v1/users/me").status == 200


def test_a_token_with_a_client_id_is_anybodys_with_another_issuer(set_env: SetEnv, db: sa.Connection) -> None:
    set_env(EXTERNAL_ISSUER="true")
    claims = {"iss": "https://tenant.example/", "sub": "a", "client_id": "web", "scope": "openid"}
    assert Client(claims).get("/api/v1/gadgets").status == 200
