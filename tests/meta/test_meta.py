import json
from collections.abc import Iterator

from shared import __version__
from shared.database.engines import engine
from shared.redis.cache import cache
from shared.runtime.product import IDENTIFIER, TITLE
from shared.runtime.settings import settings

import pytest

from meta.readiness import TIMEOUT
from tests.support.client import Client, handler_of


def test_root_says_where_things_are() -> None:
    answer = Client().get("/")
    assert answer.json() == {
        "name": TITLE,
        "version": __version__,
        "docs": "/docs",
        "openapi": "/openapi.json",
    }


def test_health_touches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "nonsense")
    assert Client().get("/health").json() == {"status": "ok"}


class TestReadiness:
    @pytest.fixture(autouse=True)
    def _no_leftovers(self, api: Client) -> Iterator[None]:
        self.forget()
        yield
        self.forget()

    def forget(self) -> None:
        """Have the next call read the settings, connect and ask anew."""
        cache().delete("readiness")
        for kept in (engine(), engine(timeout=TIMEOUT)):
            kept.dispose()
        engine.cache_clear()
        settings.cache_clear()

    def test_is_ok_with_a_database(self, api: Client) -> None:
        answer = api.get("/api/v1/health")
        body = answer.json()
        assert (answer.status, body["status"], body["version"]) == (200, "ok", __version__)
        assert body["checks"]["database"]["status"] == "ok"
        assert body["checks"]["database"]["latency_ms"] >= 0
        assert body["checks"]["cache"] == {"status": "ok"}

    def test_is_503_without_one_and_keeps_its_answer_for_5_seconds(
        self, api: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setenv("DATABASE_URL", f"postgresql://{IDENTIFIER}@127.0.0.1:1/{IDENTIFIER}")
            answer = api.get("/api/v1/health")
        assert answer.status == 503
        assert answer.json()["checks"]["database"] == {"status": "down", "latency_ms": None}
        assert api.get("/api/v1/health").status == 503
        self.forget()
        assert api.get("/api/v1/health").status == 200


def test_in_the_cloud_the_stage_names_the_issuer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The identity API's functions cannot have its URL in their environment: the API depends on them."""
    monkeypatch.delenv("JWT_ISSUER", raising=False)
    event = {"requestContext": {"requestId": "1"}, "stageVariables": {"Issuer": "https://issuer.test"}}
    document = json.loads(handler_of("openid_configuration")(event, None)["body"])
    assert document["issuer"] == "https://issuer.test"
    assert document["jwks_uri"] == "https://issuer.test/.well-known/jwks.json"
    assert "token_endpoint" not in document
    monkeypatch.setenv("TOKEN_ENDPOINT", "https://api.test/api/v1/auth/token")
    document = json.loads(handler_of("openid_configuration")(event, None)["body"])
    assert document["token_endpoint"] == "https://api.test/api/v1/auth/token"
