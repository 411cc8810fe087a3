"""What the gateway answers itself, and which requests it passes on."""

import gzip
import http.client
import json
import socket
from base64 import b64decode
from collections.abc import Iterator
from functools import partial

import pytest

from tests.emulator.client import HttpAnswer, read_answer
from tests.emulator.sample_project import Sample

NOT_FOUND = (404, b'{"message":"Not Found"}')


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    running = Sample(tmp_path_factory.mktemp("sample"), allowed_hosts=("api.test", "Upper.Test"))
    yield running
    running.stop()


def send(sample: Sample, method: str, target: str, *fields: tuple[str, str]) -> HttpAnswer:
    """With the header fields as they are, a Host among them or not."""
    connection = http.client.HTTPConnection("127.0.0.1", sample.port, timeout=10)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in fields:
            connection.putheader(name, value)
        connection.endheaders()
        return read_answer(connection)
    finally:
        connection.close()


class TestHost:
    @pytest.mark.parametrize(
        "host",
        [
            *("127.0.0.1", "127.0.0.1:3000", "192.0.2.7:80", "[::1]:3000", "[2001:db8::1]", "0.0.0.0"),
            *("localhost", "localhost:3000", "LOCALHOST", "localhost.", "app.localhost:3000"),
            *("api.test", "api.test:3000", "upper.test"),
        ],
    )
    def test_addresses_localhost_and_what_is_allowed_are_served(self, sample: Sample, host: str) -> None:
        assert send(sample, "GET", "/posts/1", ("Host", host)).status == 200

    @pytest.mark.parametrize(
        "host",
        [
            *("evil.test", "evil.test:3000", "xlocalhost", "localhost.evil.test", "api.test.evil.test"),
            *("", "a/b", "a#b", "[", "[::1", "localhost:", "localhost:3000:1", "localhost@evil.test"),
        ],
    )
    def test_others_are_told_the_setting(self, sample: Sample, host: str) -> None:
        answer = send(sample, "GET", "/posts/1", ("Host", host))
        assert answer.status == 403
        assert answer.json() == {
            "message": "Forbidden",
            "error": "this host name is not served here: add it to ALLOWED_HOSTS",
        }

    def test_no_host_of_two_may_be_foreign(self, sample: Sample) -> None:
        fields = ("Host", "localhost"), ("Host", "evil.test")
        assert send(sample, "GET", "/posts/1", *fields).status in (400, 403)

    def test_a_preflight_of_a_foreign_host_is_refused_too(self, sample: Sample) -> None:
        fields = ("Origin", "https://page.test"), ("Access-Control-Request-Method", "GET")
        assert send(sample, "OPTIONS", "/posts/1", ("Host", "evil.test"), *fields).status == 403


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/posts/1%0a/x"),
        ("GET", "/nowhere%0a"),
        ("CONNECT", "evil.test:443"),
        ("CONNECT", "/posts/1"),
        ("OPTIONS", "*"),
        ("GET", "http://localhost/nowhere"),
        ("TRACE", "/posts/1"),
    ],
)
def test_what_no_route_takes_is_the_gateways_404(sample: Sample, method: str, target: str) -> None:
    answer = send(sample, method, target, ("Host", "localhost"))
    assert (answer.status, answer.body) == NOT_FOUND
    assert answer.headers["content-type"] == "application/json"
    assert "apigw-requestid" in answer.headers


def test_a_line_break_is_part_of_a_parameter(sample: Sample) -> None:
    answer = sample.call("GET", "/posts/1%0a")
    assert answer.json()["pathParameters"] == {"id": "1\n"}
    assert sample.call("GET", "/rest/a%0ab").json()["pathParameters"] == {"path": "a\nb"}


def test_a_route_has_a_throttle_of_its_own(sample: Sample) -> None:
    assert [sample.call("GET", "/throttled").status for _ in range(2)] == [200, 429]
    assert sample.call("GET", "/posts/1").status == 200


def test_a_route_has_a_timeout_of_its_own(sample: Sample) -> None:
    answer = sample.call("GET", "/slow")
    assert (answer.status, answer.body) == (503, b'{"message":"Service Unavailable"}')
    assert "GET /slow 503: no answer within 0.3 s" in sample.printed


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [("http://any.test:8080", True), ("https://page.test", True), ("https://other.test", False)],
)
def test_a_scheme_may_allow_each_origin(sample: Sample, origin: str, allowed: bool) -> None:
    answer = sample.call("GET", "/posts/1", headers={"Origin": origin})
    assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "x"])
def test_a_compressed_body_is_passed_on_as_it_came(sample: Sample, encoding: str) -> None:
    body = gzip.compress(json.dumps({"a": 1}).encode())
    event = sample.call("POST", "/echo", body, {"Content-Encoding": encoding}).json()
    assert event["headers"]["content-encoding"] == encoding
    assert event["headers"]["content-length"] == str(len(body))
    assert event["isBase64Encoded"]
    assert b64decode(event["body"]) == body


FIELDS = b"Host: localhost\r\n"
MALFORMED = [
    b"GARBAGE\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # a TLS client
    b"GET / HTTP/9.9\r\n" + FIELDS + b"\r\n",
    b"GET / HTTP/1.1\r\nno field\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + FIELDS + b"X: \x00\r\n\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
    b"GET /posts/1 HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    b"POST /posts HTTP/1.1\r\n" + FIELDS + b"Content-Length: -1\r\n\r\n",
    b"POST /posts HTTP/1.1\r\n" + FIELDS + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"POST /posts HTTP/1.1\r\n" + FIELDS + b"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\na",
    b"POST /posts HTTP/1.1\r\n" + FIELDS + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
]


@pytest.mark.parametrize("sent", MALFORMED, ids=lambda sent: repr(sent[:40]))
def test_malformed_http_is_400_without_traceback_and_server(
    sample: Sample, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_connection(("127.0.0.1", sample.port), timeout=10) as client:
        client.sendall(sent)
        answer = b"".join(iter(partial(client.recv, 65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 "))
    assert body == b'{"message":"Bad Request"}'
    assert b"\r\nserver:" not in head.lower()
    assert caplog.records == []
