"""What goes over the wire to Redis: round trips, TLS, sign-in by IAM."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from shared.redis.client import redis
from shared.redis.iam_auth import IamCredentials

import botocore.session
import pytest
import sqlalchemy as sa
from botocore.model import ServiceId
from botocore.signers import RequestSigner

from accounts.passwords import hash_password
from infra.emulator.template_yaml import parse
from infra.local.postgres import free_port
from tests.conftest import NewUser
from tests.integration.conftest import Authority, make_authority
from tests.integration.wire import Recorder
from tests.support.client import ROOT, Client
from tests.support.redis_server import Server, SetEnv, running
from tests.support.statements import recorded

NAME = "acme-test-1"


class TestRoundTrips:
    @pytest.fixture
    def recorder(self, with_redis: Server, set_env: SetEnv) -> Iterator[Recorder]:
        running = Recorder(with_redis.port)
        set_env(REDIS_URL=f"redis://127.0.0.1:{running.port}", RATE_LIMIT="100")
        yield running
        running.close()

    def test_a_request_asks_all_in_one(self, recorder: Recorder, new_user: NewUser) -> None:
        """Its limit, its caller and its value. A miss takes a lease and, after the read, sets the value."""
        api = new_user("demo")
        api.post("/api/v1/gadgets", json={"name": "pen"})
        for path, round_trips, statements in (
            ("/api/v1/gadgets/1", 1, 1),
            ("/api/v1/users/1", 3, 1),  # the profile is read and kept
            ("/api/v1/users/1", 1, 0),
            ("/api/v1/users/me", 1, 1),
        ):
            before = recorder.round_trips
            with recorded() as sent:
                assert api.get(path).status == 200
            assert (recorder.round_trips - before, len(sent)) == (round_trips, statements), path

    def test_a_write_takes_one_more_where_it_changes_what_is_kept(
        self, recorder: Recorder, new_user: NewUser
    ) -> None:
        api = new_user("demo")
        api.get("/api/v1/users/me")
        for method, path, body, round_trips in (
            ("PUT", "/api/v1/users/me", {"name": "Demo"}, 2),
            ("POST", "/api/v1/gadgets", {"name": "pen"}, 1),
        ):
            before = recorder.round_trips
            assert api.call(method, path, json=body).status < 300
            assert recorder.round_trips - before == round_trips, path

    def test_a_connection_needs_no_turn_of_its_own(self, recorder: Recorder) -> None:
        server = redis()
        assert server is not None
        assert server.execute(("PING",)) == [b"PONG"]
        assert (recorder.connections, recorder.round_trips) == (1, 1)


@pytest.fixture(scope="module")
def tls_url(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[str]:
    """Of a server for one user, without its authority's file."""
    folder = tmp_path_factory.mktemp("redis")
    certificate, key = authority.issue("localhost")
    tls = ("--tls-cert-file", str(certificate), "--tls-key-file", str(key), "--tls-auth-clients", "no")
    port = free_port()
    with running(folder, *tls, "--tls-ca-cert-file", str(authority.file), "--tls-port", str(port)) as server:
        server.do("ACL", "SETUSER", NAME, "on", "nopass", "~*", "+@all")
        yield f"rediss://{NAME}@localhost:{port}?ssl_ca_certs="


class TestSignIn:
    @pytest.fixture
    def credentials(self, set_env: SetEnv) -> None:
        set_env(
            AWS_ACCESS_KEY_ID="AKIDEXAMPLE",
            AWS_SECRET_ACCESS_KEY="secret",
            AWS_SESSION_TOKEN="session" * 120,
            AWS_REGION="eu-central-1",
        )

    def test_goes_over_verified_tls_with_a_token(
        self, tls_url: str, authority: Authority, set_env: SetEnv, credentials: None
    ) -> None:
        set_env(REDIS_URL=tls_url + str(authority.file), REDIS_IAM_CACHE=NAME)
        client = redis()
        assert client is not None
        assert client.execute(("ACL", "WHOAMI")) == [NAME.encode()]

    def test_another_authoritys_server_is_refused(
        self, tls_url: str, tmp_path: Path, set_env: SetEnv, credentials: None
    ) -> None:
        set_env(REDIS_URL=tls_url + str(make_authority(tmp_path).file), REDIS_IAM_CACHE=NAME)
        client = redis()
        assert client is not None
        assert client.execute(("PING",)) is None

    def test_its_token_is_the_sdks(self, credentials: None) -> None:
        session = botocore.session.Session()
        signer = RequestSigner(
            ServiceId("elasticache"),
            *("eu-central-1", "elasticache", "v4"),
            session.get_credentials(),
            session.get_component("event_emitter"),
        )
        query = f"Action=connect&User={NAME}&ResourceType=ServerlessCache"
        request = {
            "method": "GET",
            "url": f"https://{NAME}/?{query}",
            "body": {},
            "headers": {},
            "context": {},
        }
        theirs = signer.generate_presigned_url(request, "connect", 900, "eu-central-1")
        user, token = IamCredentials(NAME, NAME).get_credentials()
        ours, expected = (parse_qs(each.partition("?")[2]) for each in (token, theirs))
        for each in (ours, expected):  # a second may have passed between them
            for name in ("X-Amz-Date", "X-Amz-Signature"):
                assert each.pop(name)
        assert (user, ours) == (NAME, expected)
        assert token.startswith(f"{NAME}/?")


@pytest.mark.usefixtures("signing_key")
def test_the_clouds_user_may_do_what_the_functions_ask(
    with_redis: Server, set_env: SetEnv, db: sa.Connection, new_user: NewUser, logs: list[dict[str, Any]]
) -> None:
    properties = parse(ROOT / "infra/stacks/cache.yaml")["Resources"]["User"]["Properties"]
    with_redis.do("ACL", "SETUSER", NAME, "nopass", *properties["AccessString"].split())
    set_env(
        REDIS_URL=with_redis.url.replace("//", f"//{NAME}:any@"), RATE_LIMIT="100", SIGN_IN_RATE_LIMIT="10"
    )
    admin = new_user("admin", role="admin")
    for path in ("users/1", "users/1", "health", "users/me"):
        admin.get(f"/api/v1/{path}")
    assert admin.put("/api/v1/users/1", json={"role": "admin"}).status == 200
    hashed = sa.text("UPDATE users SET password_hash = :hash")
    db.execute(hashed, {"hash": hash_password("correct horse battery")})
    db.commit()
    for password, status in (("wrong password", 401), ("correct horse battery", 200)):
        body = {"username": "admin", "password": password}
        assert Client().post("/api/v1/auth/login", json=body).status == status
    assert [each for each in logs if each["level"] != "INFO"] == []
    assert redis() is not None and redis().execute(("GET", "another")) is None  # nothing else
    with_redis.do("ACL", "DELUSER", NAME)
