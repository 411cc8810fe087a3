"""Payload format 2.0: what a function gets of a request, and what a client gets of a function's answer.

Source of each, unless it names another: API Gateway developer guide, "Create AWS Lambda proxy integrations
for HTTP APIs".
"""

import json
import re
from base64 import b64encode
from typing import Any

import pytest

from tests.emulator.client import HttpAnswer
from tests.emulator.sample_project import Sample


class TestEvent:
    def echo(self, sample: Sample, path: str = "/echo", **options: Any) -> dict[str, Any]:
        answer = sample.call("POST" if path.startswith("/echo") else "GET", path, **options)
        assert answer.status == 200, answer.body
        return answer.json()

    def test_it_has_every_field_and_no_other(self, sample: Sample) -> None:
        event = self.echo(sample, "/rest/a/b?x=1", headers={"Cookie": "a=1", "User-Agent": "me"})
        assert set(event) == {
            *("version", "routeKey", "rawPath", "rawQueryString", "cookies", "headers"),
            *("queryStringParameters", "pathParameters", "requestContext", "isBase64Encoded"),
        }
        assert (event["version"], event["routeKey"]) == ("2.0", "ANY /rest/{path+}")
        context = event["requestContext"]
        assert set(context) == {
            *("accountId", "apiId", "domainName", "domainPrefix", "http", "requestId"),
            *("routeKey", "stage", "time", "timeEpoch"),
        }
        assert context["http"] == {
            "method": "GET",
            "path": "/rest/a/b",
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": "me",
        }
        assert (context["stage"], context["routeKey"]) == ("$default", event["routeKey"])
        assert re.fullmatch(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", context["time"])

    def test_the_path_and_its_parameters_are_decoded_once(self, sample: Sample) -> None:
        """Source: live captures in the pull request hotsock/voker#8; aws/aws-lambda-dotnet#1901."""
        event = self.echo(sample, "/posts/a%20b%2525")
        assert (event["rawPath"], event["pathParameters"]) == ("/posts/a b%25", {"id": "a b%25"})
        assert event["requestContext"]["http"]["path"] == "/posts/a b%25"

    def test_the_query_comes_raw_and_joined(self, sample: Sample) -> None:
        event = self.echo(sample, "/posts/1?a=1&b=x%20y&a=2&c=")
        assert event["rawQueryString"] == "a=1&b=x%20y&a=2&c="
        assert event["queryStringParameters"] == {"a": "1,2", "b": "x y", "c": ""}

    def test_what_is_empty_is_absent(self, sample: Sample) -> None:
        event = self.echo(sample, "/posts/1")
        assert event["rawQueryString"] == ""
        assert not set(event) & {"queryStringParameters", "cookies", "body"}

    def test_header_names_are_lower_case_and_cookies_apart(self, sample: Sample) -> None:
        event = self.echo(sample, "/posts/1", headers={"X-Many": "1", "Cookie": "a=1; b=2"})
        assert event["headers"]["x-many"] == "1"
        assert event["cookies"] == ["a=1", "b=2"]
        assert "cookie" not in event["headers"]
        assert event["headers"]["x-forwarded-proto"] == "https"
        assert event["headers"]["x-forwarded-for"] == "127.0.0.1"

    def test_a_text_body_comes_as_it_is_and_another_in_base64(self, sample: Sample) -> None:
        event = self.echo(sample, body="é".encode(), headers={"Content-Type": "text/plain"})
        assert (event["body"], event["isBase64Encoded"]) == ("é", False)
        event = self.echo(sample, body=b"\x00\xff", headers={"Content-Type": "image/png"})
        assert (event["body"], event["isBase64Encoded"]) == (b64encode(b"\x00\xff").decode(), True)

    @pytest.mark.parametrize(
        ("kind", "is_text"),
        [
            *(("application/json", True), ("application/xml; charset=utf-8", True), ("text/csv", True)),
            *(("application/vnd.api+json", False), ("application/x-www-form-urlencoded", False), ("", False)),
        ],
    )
    def test_few_types_are_text(self, sample: Sample, kind: str, is_text: bool) -> None:
        """Source: measured on a live HTTP API, pull request ministackorg/ministack#766."""
        event = self.echo(sample, body=b"{}", headers={"Content-Type": kind})
        assert (event["body"], event["isBase64Encoded"]) == (("{}", False) if is_text else ("e30=", True))

    def test_the_gateway_adds_its_headers(self, sample: Sample) -> None:
        headers = self.echo(sample, "/posts/1", headers={"X-Forwarded-For": "203.0.113.9"})["headers"]
        assert headers["x-forwarded-for"] == "203.0.113.9, 127.0.0.1"
        assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", headers["x-amzn-trace-id"])
        given = "Root=1-67891233-abcdef012345678912345678"
        headers = self.echo(sample, "/posts/1", headers={"X-Amzn-Trace-Id": given})["headers"]
        assert headers["x-amzn-trace-id"] == given

    def test_path_variables_may_have_hyphens_and_dots(self, sample: Sample) -> None:
        event = self.echo(sample, "/odd/1/2")
        assert event["pathParameters"] == {"user-id": "1", "v1.2:x": "2"}

    def test_a_literal_segment_goes_before_a_parameter(self, sample: Sample) -> None:
        """Source: developer guide, "Create routes for HTTP APIs", on how routes are selected."""
        assert self.echo(sample, "/posts/with_counts")["routeKey"] == "GET /posts/with_counts"
        assert self.echo(sample, "/posts/7")["routeKey"] == "GET /posts/{id}"


class TestAnswer:
    def answer(self, sample: Sample, result: Any) -> HttpAnswer:
        return sample.call("POST", "/answer", result)

    @pytest.mark.parametrize("result", [{"a": 1}, [1, 2], 7, {"body": "x"}])
    def test_without_a_status_code_the_result_is_the_body_of_a_200(self, sample: Sample, result: Any) -> None:
        answer = self.answer(sample, result)
        assert (answer.status, answer.json()) == (200, result)
        assert answer.headers["content-type"] == "application/json"

    def test_a_text_is_the_body_of_a_200(self, sample: Sample) -> None:
        assert self.answer(sample, "plain").body == b"plain"

    def test_cookies_become_header_fields(self, sample: Sample) -> None:
        answer = self.answer(sample, {"statusCode": 204, "cookies": ["a=1; Secure", "b=2"]})
        assert (answer.status, answer.headers["set-cookie"]) == (204, "a=1; Secure\nb=2")

    def test_base64_is_decoded(self, sample: Sample) -> None:
        encoded = {"statusCode": 200, "isBase64Encoded": True, "body": b64encode(b"\x00\xff").decode()}
        answer = self.answer(sample, encoded | {"headers": {"Content-Type": "image/png"}})
        assert (answer.body, answer.headers["content-type"]) == (b"\x00\xff", "image/png")

    def test_a_functions_cors_headers_give_way_to_the_gateways(self, sample: Sample) -> None:
        """Source: developer guide, "Configure CORS for HTTP APIs"."""
        result = {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "*", "X-Own": "kept"}}
        answer = self.answer(sample, result)
        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["x-own"] == "kept"
        answer = sample.call("POST", "/answer", result, {"Origin": "https://page.test"})
        assert answer.headers["access-control-allow-origin"] == "https://page.test"

    @pytest.mark.parametrize(
        "result",
        [
            *({"statusCode": status} for status in ("many", 0, 99, 100, 199, 600, 1000, None, True, [200])),
            *({"statusCode": 200, "headers": each} for each in (7, {"a b": "x"}, {"": "x"}, {"a": ["x"]})),
            *(
                {"statusCode": 200, "headers": {"X": f"a{end}b"}}
                for end in ("\r\n", "\n", "\r", "\0", "\ud800")
            ),
            *({"statusCode": 200, "cookies": each} for each in (["a=1\r\nX: y"], [{}], 7)),
            *({"statusCode": 200, "body": each} for each in ({"a": 1}, ["a"], 7, "\ud800")),
            *({"statusCode": 200, "body": each, "isBase64Encoded": True} for each in ("a", "*", "é", 7)),
            {"statusCode": 200, "body": "e30=", "isBase64Encoded": "maybe"},
        ],
    )
    def test_an_answer_that_is_none_is_500(self, sample: Sample, result: Any) -> None:
        answer = self.answer(sample, result)
        assert (answer.status, answer.body) == (500, b'{"message":"Internal Server Error"}')

    @pytest.mark.parametrize(("flag", "body"), [("false", b"e30="), (False, b"e30="), ("true", b"{}")])
    def test_base64_is_told_by_a_boolean_or_its_text(self, sample: Sample, flag: object, body: bytes) -> None:
        answer = self.answer(sample, {"statusCode": "200", "body": "e30=", "isBase64Encoded": flag})
        assert (answer.status, answer.body) == (200, body)

    def test_non_ascii_text_arrives_whole(self, sample: Sample) -> None:
        answer = self.answer(sample, {"statusCode": 200, "body": "naïve \U0001f600"})
        assert answer.body.decode() == "naïve \U0001f600"

    def test_every_answer_has_the_gateways_request_id(self, sample: Sample) -> None:
        for method, path in (("POST", "/answer"), ("GET", "/nowhere")):
            assert sample.call(method, path, {}).headers["apigw-requestid"].endswith("=")


class TestLimits:
    """Source: developer guide, "Quotas for HTTP APIs"; Lambda developer guide, "Lambda quotas"."""

    def test_a_request_line_and_headers_over_10240_bytes_are_431(self, sample: Sample) -> None:
        for path, headers in (("/posts/" + "x" * 9_900, {}), ("/posts/1", {"X": "x" * 9_900})):
            assert sample.call("GET", path, headers=headers).status == 200
        for path, headers in (("/posts/" + "x" * 10_300, {}), ("/posts/1", {"X": "x" * 10_300})):
            answer = sample.call("GET", path, headers=headers)
            assert (answer.status, answer.body) == (431, b'{"message":"Request Header Fields Too Large"}')

    def test_a_request_over_10_mb_is_413(self, sample: Sample) -> None:
        answer = sample.call("POST", "/echo", b"x" * (10 * 2**20 + 1))
        assert (answer.status, answer.body) == (413, b'{"message":"Request Entity Too Large"}')

    def test_an_event_over_6_mb_is_413(self, sample: Sample) -> None:
        answer = sample.call("POST", "/echo", b"\xff" * (5 * 2**20), {"Content-Type": "image/png"})
        assert answer.status == 413  # base64 makes it a third longer

    def test_bytes_are_counted_rather_than_characters(self, sample: Sample) -> None:
        answer = sample.call("POST", "/echo", ("\U0001f600" * 1_700_000).encode())
        assert (answer.status, answer.body) == (413, b'{"message":"Request Entity Too Large"}')
        answer = sample.call("POST", "/do", "emoji")
        assert (answer.status, len(answer.body.decode())) == (200, 10**6)

    def test_an_answer_over_6_mb_is_500(self, sample: Sample) -> None:
        answer = sample.call("POST", "/do", json.dumps("big").encode())
        assert (answer.status, answer.body) == (500, b'{"message":"Internal Server Error"}')
