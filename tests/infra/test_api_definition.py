"""What the API's definition says of who may call, and of what a page may read."""

import json
from pathlib import Path

import pytest

from infra.emulator.template_yaml import of_type
from tests.infra.test_template import TEMPLATES, Resources, translated
from tests.support.client import ROOT, ROUTES

PUBLIC = {f"{row['method']} {row['path']}" for row in ROUTES if row["auth"] == "-"}


def security_faults(resources: Resources) -> set[str]:
    """Routes that are open and not so in the table of routes, or that name an authorizer not defined."""
    found = set()
    for _, api in of_type(resources, "AWS::ApiGatewayV2::Api"):
        schemes = set(api["Body"].get("components", {}).get("securitySchemes", {}))
        for path, operations in api["Body"]["paths"].items():
            for method, operation in operations.items():
                written = operation.get("Fn::If", [None, operation])[1]
                named = {name for each in written.get("security", []) for name in each}
                route = f"{method.upper()} {path}"
                if named - schemes or (not named and route not in PUBLIC):
                    found.add(route)
    return found


def test_a_route_is_closed_unless_the_table_says_that_it_is_open() -> None:
    """And what is open names nothing: a security scheme that is not defined is what FailOnWarnings is for."""
    for file in TEMPLATES:
        assert security_faults(translated(file)) == set()


@pytest.mark.parametrize("written", ["", ", Auth: {Authorizer: NONE}"])
def test_an_open_route_is_seen(tmp_path: Path, written: str) -> None:
    text = (ROOT / "template.yaml").read_text()
    if written:  # as SAM has it, which takes a default authorizer
        text = text.replace("      Auth:\n", "      Auth:\n        DefaultAuthorizer: JwtAuthorizer\n", 1)
    closed = "Method: GET, Path: /api/v1/users/me, Auth: {Authorizer: JwtAuthorizer}}"
    assert closed in text
    changed = tmp_path / "template.yaml"
    changed.write_text(text.replace(closed, f"Method: GET, Path: /api/v1/users/me{written}}}"))
    faults = security_faults(translated(changed))
    assert faults == {"GET /api/v1/users/me"}


def test_the_gateway_shows_the_headers_that_the_contract_names() -> None:
    [(_, api)] = of_type(translated(ROOT / "template.yaml"), "AWS::ApiGatewayV2::Api")
    assert api["Body"]["x-amazon-apigateway-cors"]["exposeHeaders"] == [
        *("ETag", "Location", "Link", "X-Request-Id", "RateLimit", "RateLimit-Policy", "Retry-After"),
        "Idempotent-Replayed",
    ]


def test_the_access_log_names_the_caller_and_stays_under_its_limit() -> None:
    """3 KB is the most that API Gateway takes of a format (its quotas page)."""
    [stage] = [each for _, each in of_type(translated(ROOT / "template.yaml"), "AWS::ApiGatewayV2::Stage")]
    text = stage["AccessLogSettings"]["Format"]
    assert len(text) < 3000
    fields = json.loads(text)
    assert fields["sub"] == "$context.authorizer.claims.sub"
    assert fields["userAgent"] == "$context.identity.userAgent"
    assert not {"email", "name", "username"} & {value.rpartition(".")[2] for value in fields.values()}
