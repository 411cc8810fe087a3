"""How often an address may call a route, through the front door."""

from typing import Any

from shared.redis import sliding_windows

import pytest
import sqlalchemy as sa

from tests.support.client import ROOT, ROUTES, Client
from tests.support.rate_limit_headers import left
from tests.support.redis_server import Server, SetEnv

SECRET = "s" * 32
PATH = "/api/v1/labels"
SIGN_IN = {
    *("register", "login", "refresh", "web_login", "web_refresh", "verify_email", "send_verification"),
    *("undo_email_change", "forgot_password", "reset_password", "issue_token"),
}


@pytest.fixture
def anyone(db: sa.Connection, set_env: SetEnv, store: str) -> Client:
    set_env(RATE_LIMIT="3", SIGN_IN_RATE_LIMIT="2")
    return Client()


def statuses(client: Client, addresses: list[str], path: str = PATH, **options: Any) -> list[int]:
    return [client.get(path, address=address, **options).status for address in addresses]


class TestLimit:
    def test_beyond_it_a_call_is_refused_and_told_when_to_come_back(self, anyone: Client) -> None:
        for number in (2, 1, 0):
            answer = anyone.get(PATH)
            assert answer.status == 200
            assert answer.headers["ratelimit-policy"] == '"default";q=3;w=60'
            assert left(answer.headers) == number
            assert "retry-after" not in answer.headers
        refused = anyone.get(PATH)
        assert (refused.status, refused.error) == (429, "rate_limited")
        assert left(refused.headers) == 0
        assert "retry-after" in refused.headers
        assert refused.headers["cache-control"] == "no-store"
        assert refused.headers["x-request-id"] == refused.json()["request_id"]

    def test_ids_share_a_window_and_methods_do_not(self, anyone: Client) -> None:
        assert [anyone.get(f"{PATH}/{number}").status for number in range(1, 5)] == [404] * 3 + [429]
        assert anyone.put(f"{PATH}/1", json={}).status == 401
        assert anyone.get(PATH).status == 200

    def test_it_counts_whatever_is_answered(self, anyone: Client) -> None:
        sent: list[dict[str, Any]] = [{}, {"body": b"{"}, {"body": b"x" * (2**20 + 1)}, {"json": {}}]
        answers = [anyone.post("/api/v1/gadgets", **each) for each in sent]
        assert [each.status for each in answers] == [401, 400, 413, 429]
        assert [left(each.headers) for each in answers] == [2, 1, 0, 0]

    def test_a_refused_call_touches_no_row(self, anyone: Client, db: sa.Connection) -> None:
        db.execute(sa.text("INSERT INTO users (username, username_key) VALUES ('demo', 'demo')"))
        db.commit()
        caller = anyone.as_user(1)
        created = [caller.post("/api/v1/gadgets", json={"name": "pen"}).status for _ in range(5)]
        assert created == [201] * 3 + [429] * 2
        assert db.scalar(sa.text("SELECT count(*) FROM gadgets")) == 3


class TestAddress:
    def test_no_header_hides_it(self, anyone: Client) -> None:
        for name in (
            "X-Forwarded-For",
            "Forwarded",
            "X-Real-IP",
            "CloudFront-Viewer-Address",
            "True-Client-IP",
        ):
            answer = anyone.get(PATH, headers={name: "198.51.100.7:443", "X-Origin-Secret": ""})
        assert answer.status == 429

    def test_others_have_windows_of_their_own(self, anyone: Client) -> None:
        assert statuses(anyone, ["192.0.2.1"] * 4 + ["192.0.2.2"]) == [200] * 3 + [429, 200]

    def test_ipv6_counts_by_its_64(self, anyone: Client) -> None:
        one = [f"2001:db8:0:1::{number:x}" for number in range(3)] + ["2001:0DB8:0:1:ffff:ffff:ffff:ffff"]
        assert statuses(anyone, [*one, "2001:db8:0:2::1"]) == [200] * 3 + [429, 200]

    def test_an_ipv4_address_in_ipv6_is_that_ipv4_address(self, anyone: Client) -> None:
        mapped = ["::ffff:192.0.2.1", "::FFFF:c000:201", "192.0.2.1", "::ffff:192.0.2.1"]
        assert statuses(anyone, [*mapped, "::ffff:192.0.2.2"]) == [200] * 3 + [429, 200]

    @pytest.mark.parametrize("viewer", ["198.51.100.{}:{}", "2001:db8:0:{}::1:{}", "[2001:db8:0:{}::1]:{}"])
    def test_behind_our_cloudfront_it_is_its_viewers(
        self, anyone: Client, set_env: SetEnv, viewer: str
    ) -> None:
        set_env(ORIGIN_SECRET=SECRET)

        def call(number: int, port: int) -> int:
            sent = {"CloudFront-Viewer-Address": viewer.format(number, port), "X-Origin-Secret": SECRET}
            return anyone.get(PATH, headers=sent).status

        assert [call(1, port) for port in (1, 2, 3, 65535)] == [200] * 3 + [429]
        assert call(2, 1) == 200

    def test_cloudfront_may_name_nobody(self, anyone: Client, set_env: SetEnv) -> None:
        set_env(ORIGIN_SECRET=SECRET)
        assert statuses(anyone, ["192.0.2.1"] * 4, headers={"X-Origin-Secret": SECRET}) == [200] * 3 + [429]


class TestServices:
    """`/api/v1/gadgets` takes a token; the gateway has verified its claims."""

    PATH = "/api/v1/gadgets"

    @pytest.fixture
    def service(self, anyone: Client, db: sa.Connection, set_env: SetEnv) -> Client:
        set_env(SERVICE_RATE_LIMIT="4")
        added = (
            "INSERT INTO users (username, username_key, kind) VALUES ('service:1', 'service:1', 'service')"
        )
        db.execute(sa.text(added))
        db.commit()
        claims = anyone.as_user(1).claims or {}
        return Client(claims | {"client_id": "service-1", "scope": "sample:read"})

    def test_count_by_client_id_wherever_they_run(self, service: Client, anyone: Client) -> None:
        addresses = [f"192.0.2.{number}" for number in range(1, 6)]
        assert statuses(service, addresses, self.PATH) == [200] * 4 + [429]
        refused = service.get(self.PATH, address="192.0.2.9")
        assert refused.headers["ratelimit-policy"] == '"default";q=4;w=60'
        assert statuses(anyone, ["192.0.2.1"], self.PATH) == [401]  # its address has a window of its own
        other = Client((service.claims or {}) | {"client_id": "service-2"})
        assert statuses(other, ["192.0.2.1"], self.PATH) == [200]

    def test_count_by_verified_claims_alone(self, service: Client) -> None:
        forged = "Bearer e30.eyJjbGllbnRfaWQiOiJzZXJ2aWNlLTEifQ.c2ln"  # {"client_id":"service-1"}
        unverified = Client()
        sent = {"headers": {"Authorization": forged}}
        # 503: nobody has the key set here.
        assert statuses(unverified, ["192.0.2.1"] * 4, self.PATH, **sent) == [503] * 3 + [429]
        assert service.get(self.PATH).headers["ratelimit"].startswith('"default";r=3')

    def test_have_no_limit_where_it_is_0(self, service: Client, set_env: SetEnv) -> None:
        set_env(SERVICE_RATE_LIMIT="0")
        answer = service.get(self.PATH)
        assert "ratelimit" not in answer.headers

    def test_of_another_issuer_are_none(self, service: Client, set_env: SetEnv) -> None:
        set_env(EXTERNAL_ISSUER="true")
        assert service.get(self.PATH).headers["ratelimit-policy"] == '"default";q=3;w=60'


class TestRoutes:
    @pytest.mark.usefixtures("signing_key")
    def test_every_route_under_api_v1_but_health_is_limited(self, anyone: Client) -> None:
        modules = {file.stem: file.read_text() for file in (ROOT / "functions").glob("*/*.py")}
        for row in ROUTES:
            if "one_route_app" not in modules.get(row["operation_id"], ""):
                continue
            limit = 2 if row["operation_id"] in SIGN_IN else 3
            path = row["path"].replace("{id}", "7")
            *_, last = (anyone.call(row["method"], path) for _ in range(limit + 1))
            if path.startswith("/api/v1/") and path != "/api/v1/health":
                assert (last.status, last.error) == (429, "rate_limited"), row
                assert last.headers["ratelimit-policy"] == f'"default";q={limit};w=60'
            else:
                assert last.status == (404 if "{name}" in path else 200), row
                assert "ratelimit-policy" not in last.headers

    def test_0_is_off(self, anyone: Client, set_env: SetEnv) -> None:
        set_env(RATE_LIMIT="0")
        answers = [anyone.get(PATH) for _ in range(5)]
        assert {each.status for each in answers} == {200}
        assert not any("ratelimit" in name for each in answers for name in each.headers)

    def test_the_defaults_are_100_and_10(
        self, anyone: Client, monkeypatch: pytest.MonkeyPatch, set_env: SetEnv
    ) -> None:
        monkeypatch.delenv("RATE_LIMIT")
        monkeypatch.delenv("SIGN_IN_RATE_LIMIT")
        set_env()
        assert anyone.get(PATH).headers["ratelimit"] == '"default";r=99;t=60'
        answer = anyone.post("/api/v1/auth/refresh", json={"refresh_token": "x"})
        assert answer.headers["ratelimit"] == '"default";r=9;t=60'


def test_a_window_is_known_by_address_and_route(
    with_redis: Server, db: sa.Connection, set_env: SetEnv
) -> None:
    set_env(RATE_LIMIT="100")
    Client().get(f"{PATH}/1")
    assert b"calls:{192.0.2.1}:GET /api/v1/labels/{id}" in with_redis.do("KEYS", "*")


def test_t_counts_down(db: sa.Connection, set_env: SetEnv, monkeypatch: pytest.MonkeyPatch) -> None:
    set_env(RATE_LIMIT="2")
    clock = [1000.0]
    monkeypatch.setattr(sliding_windows.time, "monotonic", lambda: clock[0])
    seen = []
    for clock[0] in (1000.0, 1000.5, 1059.9, 1060.0, 1060.5):
        headers = Client().get(PATH).headers
        seen.append((headers["ratelimit"], headers.get("retry-after")))
    assert seen == [
        ('"default";r=1;t=60', None),
        ('"default";r=0;t=60', None),  # 59.5, rounded up
        ('"default";r=0;t=1', "1"),
        ('"default";r=0;t=1', None),
        ('"default";r=0;t=60', None),
    ]
