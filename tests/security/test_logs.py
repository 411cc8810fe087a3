"""Every log of a run of the whole stack, searched for what must stand in none."""

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from infra.local.config import Config
from infra.local.postgres import OWNER
from infra.local.running_stack import read_state
from infra.tools.smoke.api import Api
from tests.local.conftest import Stack, new_service, running_stack
from tests.local.test_mail import await_token

# The functions of a dozen routes start, and mails are waited for.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

GRANT = {"grant_type": "client_credentials"}
PASSWORDS = ["correct horse battery", "another passphrase", "a wrong password"]
FAILING = """
    ALTER TABLE users ADD CONSTRAINT no_mallory CHECK (username <> 'mallory');
    UPDATE users SET name = 'N' WHERE name IS NULL;
    ALTER TABLE users ALTER COLUMN name SET NOT NULL;
    ALTER TABLE mail_tokens ADD CONSTRAINT no_use CHECK (spent_at IS NULL) NOT VALID;
    CREATE FUNCTION quote_all() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.username = 'trent' THEN
            RAISE EXCEPTION 'not trent' USING DETAIL = NEW::text, HINT = NEW.password_hash;
        END IF;
        RETURN NEW;
    END $$;
    CREATE CONSTRAINT TRIGGER quote_all AFTER INSERT ON users DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION quote_all();
"""


def email_of(name: str) -> str:
    return f"{name}@mail.example"


def registration(username: str, /, **changed: object) -> dict[str, object]:
    body = {"username": username, "name": "N", "email": email_of(username), "password": PASSWORDS[0]}
    return body | changed


class Run:
    """A life of the stack with successes, refusals and failures of the database."""

    def __init__(self, stack: Stack, owner: sa.Connection) -> None:
        self.stack, self.owner = stack, owner
        self.secrets = [*PASSWORDS]

    def post(self, path: str, body: object, status: int) -> dict[str, str]:
        answer = self.stack.call("POST", f"/api/v1{path}", body, token=None)
        assert answer.status == status, (path, answer.body)
        return answer.json() if answer.body else {}

    def sign_in(self, name: str, password: str, status: int) -> dict[str, str]:
        pair = self.post("/auth/login", {"username": name, "password": password}, status)
        self.secrets += [pair[token] for token in ("access_token", "refresh_token") if token in pair]
        return pair

    def get_token(self) -> None:
        service = new_service(self.stack)
        for secret, status in ((PASSWORDS[2], 401), (service["client_secret"], 200)):
            credentials = f"{service['client_id']}:{secret}"
            answer = Api(self.stack.origin).post_form("/api/v1/auth/token", GRANT, credentials)
            assert answer.status == status
            self.secrets += [secret, b64encode(credentials.encode()).decode()]
        self.secrets.append(answer.json()["access_token"])

    def link(self, name: str, subject: str) -> str:
        """The token that was mailed to the user."""
        token = await_token(self.stack, email_of(name), subject)
        self.secrets += [token, email_of(name)]
        return token

    def follow(self, route: str, name: str, subject: str, **more: str) -> None:
        """Uses a mailed link, which works once."""
        body = {"token": self.link(name, subject)} | more
        for status in (204, 400):
            self.post(f"/auth/{route}", body, status)

    def follow_links(self, admin: str) -> None:
        """Uses a link of each kind."""
        self.post("/auth/register", registration("dora"), 201)
        self.follow("email/verify", "dora", "Confirm your e-mail address")
        self.post("/auth/password/forgot", {"email": email_of("dora")}, 202)
        self.follow("password/reset", "dora", "Choose a new password", new_password=PASSWORDS[1])
        token = self.sign_in("dora", PASSWORDS[1], 200)["access_token"]
        change = {"email": email_of("dora2"), "current_password": PASSWORDS[1]}
        assert self.stack.call("PUT", "/api/v1/users/me", change, token=token).status == 200
        self.follow("email/verify", "dora2", "Confirm your new e-mail address")
        self.follow("email/undo", "dora", "Your e-mail address was changed")
        invitation = {"username": "erin", "email": email_of("erin")}
        assert self.stack.call("POST", "/api/v1/users", invitation, token=admin).status == 201
        self.follow("password/reset", "erin", "You are invited", new_password=PASSWORDS[1])

    def play(self) -> None:
        self.post("/auth/register", registration("alice"), 201)
        self.owner.exec_driver_sql("UPDATE users SET role = 'admin'")
        self.owner.commit()
        self.follow_links(self.sign_in("alice", PASSWORDS[0], 200)["access_token"])
        self.post("/auth/register", registration("faythe"), 201)
        self.post("/auth/register", registration("alice"), 400)
        self.post("/auth/register", registration("alice2", email=email_of("alice")), 400)
        self.sign_in("alice", PASSWORDS[2], 401)
        self.sign_in(email_of("nobody"), PASSWORDS[2], 401)
        pair = self.sign_in("alice", PASSWORDS[0], 200)
        spent = {"refresh_token": pair["refresh_token"]}
        self.secrets += list(self.post("/auth/refresh", spent, 200).values())[:2]
        change = {"current_password": PASSWORDS[0], "new_password": PASSWORDS[1]}
        path = "/api/v1/users/me/password"
        assert self.stack.call("PUT", path, change, token=pair["access_token"]).status == 204
        self.post("/auth/refresh", spent, 401)
        self.stack.call("GET", "/api/v1/users/me", token=pair["access_token"] + "x")
        self.get_token()
        unused = {"token": self.link("faythe", "Confirm your e-mail address")}
        self.owner.exec_driver_sql(FAILING)
        self.owner.commit()
        self.post("/auth/email/verify", unused, 500)
        for name, changed in (("mallory", {}), ("trent", {}), ("victor", {"name": None})):
            self.post("/auth/register", registration(name, **changed), 500)
        self.secrets += [email_of(name) for name in ("alice", "nobody", "mallory", "trent", "victor")]
        self.secrets += self.owner.scalars(
            sa.text("SELECT password_hash FROM users WHERE password_hash IS NOT NULL")
        ).all()
        self.secrets += ["$argon2id$", "$2b$"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Run, dict[str, str]]]:
    """What was played, and the logs by who wrote them."""
    folder: Path = tmp_path_factory.mktemp("logs")
    with running_stack(folder) as stack:
        app_url = read_state(Config("127.0.0.1", stack.port, folder, None, None)).database_url
        [password] = folder.rglob("owner-password")
        owner_url = sa.make_url(app_url).set(username=OWNER, password=password.read_text())
        with sa.create_engine(owner_url, poolclass=sa.NullPool).connect() as connection:
            played = Run(stack, connection)
            played.play()
        stack.stop()
    [postgres] = folder.rglob("postgres.log")
    yield played, {"stack": "\n".join(stack.lines), "postgres": postgres.read_text()}


def test_the_logs_are_those_of_the_run(run: tuple[Run, dict[str, str]]) -> None:
    _, logs = run
    assert logs["stack"].count("Database error occurred while registering") == 3
    assert logs["stack"].count("Database error occurred while verifying e-mail address") == 1
    writers = {line.partition(" ")[0] for line in logs["stack"].splitlines()}
    assert writers >= {"TakeJobs", "Deliver", "SettleJobs"}
    assert "no_mallory" in logs["stack"] and "no_mallory" in logs["postgres"]
    assert "uq_users_username_key" in logs["postgres"]


@pytest.mark.parametrize("who", ["stack", "postgres"])
def test_no_log_holds_a_password_a_hash_a_token_or_an_address(
    run: tuple[Run, dict[str, str]], who: str
) -> None:
    played, logs = run
    assert len(played.secrets) > 30
    spelled = [spelling for secret in played.secrets for spelling in (secret, json.dumps(secret)[1:-1])]
    signatures = [secret.rpartition(".")[2] for secret in played.secrets if secret.startswith("eyJ")]
    assert [secret for secret in spelled + signatures if secret in logs[who]] == []
