"""The preflight asks an account what only it knows. Here botocore answers, in the services' own shapes."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, ClassVar

import boto3
import pytest
from botocore.stub import Stubber

from infra.tools.deployment.samconfig import Configuration, configuration
from infra.tools.preflight import questions
from infra.tools.preflight.api_definition import definition
from tests.preflight.account import Account
from tests.support.client import ROOT, ROUTES


@pytest.fixture(autouse=True, scope="module")
def translated_once() -> Iterator[None]:
    """SAM takes a second for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(questions, "definition", cache(definition))
        yield


def test_an_account_that_has_everything_has_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert Account().run(capsys) == []


@pytest.mark.parametrize(
    ("lacks", "value", "sentence"),
    [
        ("taken", None, "API definition: rejected; correct template.yaml: .*CORS Scheme is malformed"),
        ("deleted", False, "API definition: accepted; delete the API a1b2c3 by hand: .*AccessDenied"),
        ("versions", [], r"engine: RDS does not offer aurora-postgresql 17\.\d+: set another"),
        (
            "settable",
            ["rds.force_ssl"],
            "database settings: .*log_parameter_max_length.* cannot be set: take",
        ),
        ("zones", ["eu-north-1a"], "zones: Aurora serverless has eu-north-1a: take another region"),
        ("thumbprint", "0" * 40, "certificates: rds-ca-rsa2048-g1 not in rds-ca.pem: replace it with"),
        ("role", False, "AWSServiceRoleForRDS: missing: aws iam create-service-linked-role"),
    ],
)
def test_what_it_lacks_is_said_with_what_to_do(
    capsys: pytest.CaptureFixture[str], lacks: str, value: Any, sentence: str
) -> None:
    account = Account()
    setattr(account, lacks, value)
    [said] = account.run(capsys)
    assert re.match(sentence, said, re.DOTALL), said


QUOTA = "concurrency: 1000 executions, but the API's throttle may admit 2000: ask Service Quotas"


def test_a_new_accounts_concurrency_is_a_note_and_stops_prod_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A nightly deployment into an account of its own has the default quota, and no crowd."""
    account = Account()
    account.quota = 1000
    assert account.run(capsys) == []
    [said] = account.notes
    assert said.startswith(QUOTA)
    prod = Account()
    prod.quota, prod.stage = 1000, configuration("prod", ROOT / "samconfig.toml")
    [said] = prod.run(capsys)
    assert said.startswith(QUOTA)


class TestMail:
    STAGE = Configuration("default", {"parameter_overrides": "Stage=dev MailFrom=no-reply@mail.example.com"})
    ACCOUNT: ClassVar = {
        "SendingEnabled": True,
        "ProductionAccessEnabled": True,
        "EnforcementStatus": "HEALTHY",
        "SendQuota": {"Max24HourSend": 50_000, "MaxSendRate": 14, "SentLast24Hours": 3},
    }

    def ask(self, verified: str | None = "mail.example.com", **account: Any) -> dict[str, questions.Answer]:
        ses = boto3.client("sesv2", region_name="x", aws_access_key_id="x", aws_secret_access_key="x")
        asked = [question for service, question in questions.questions(self.STAGE) if service == "sesv2"]
        with Stubber(ses) as stub:
            stub.add_response("get_account", self.ACCOUNT | account, {})
            for name in ("no-reply@mail.example.com", "mail.example.com"):
                if name == verified:
                    stub.add_response("get_email_identity", {"VerifiedForSendingStatus": True})
                    break
                stub.add_client_error("get_email_identity", "NotFoundException")
            answers = [question(ses) for question in asked]
        return {answer.about: answer for answer in answers}

    @pytest.mark.parametrize("verified", ["no-reply@mail.example.com", "mail.example.com"])
    def test_a_verified_sender_out_of_the_sandbox_is_fine(self, verified: str) -> None:
        found = self.ask(verified)
        assert [answer.fine for answer in found.values()] == [True, True]
        assert found["mail"].what == "50,000 mails a day, 14 a second"

    def test_an_unverified_sender_is_in_the_way(self) -> None:
        answer = self.ask(verified=None)["sender"]
        assert (answer.fine, answer.must) == (False, True)
        assert answer.what.endswith("create-email-identity --email-identity mail.example.com")

    def test_the_sandbox_is_a_note(self) -> None:
        answer = self.ask(ProductionAccessEnabled=False)["mail"]
        assert (answer.fine, answer.must) == (False, False)
        assert "sends to verified addresses only" in answer.what

    def test_a_paused_account_is_in_the_way(self) -> None:
        answer = self.ask(SendingEnabled=False, EnforcementStatus="SHUTDOWN")["mail"]
        assert (answer.fine, answer.must) == (False, True)


def test_a_lower_rate_takes_a_lower_quota(capsys: pytest.CaptureFixture[str]) -> None:
    account = Account()
    account.stage = Configuration("default", {"parameter_overrides": "Stage=dev Rate=50"})
    account.quota = 1000
    assert (account.run(capsys), account.notes) == ([], [])


def test_prod_asks_for_the_caches_role_too(capsys: pytest.CaptureFixture[str]) -> None:
    account = Account()
    account.stage, account.role = configuration("prod", ROOT / "samconfig.toml"), False
    assert [
        said.partition(": missing: aws iam create-service-linked-role")[0] for said in account.run(capsys)
    ] == [
        "AWSServiceRoleForRDS",
        "AWSServiceRoleForElastiCache",
    ]


def test_a_question_that_may_not_be_asked_is_said_and_the_rest_are_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    account = Account()
    account.stubs["lambda"].add_client_error("get_account_settings", "AccessDeniedException", "not you")
    account.stubs["lambda"].add_response = lambda *_: None  # type: ignore[method-assign]
    [said] = account.run(capsys)
    assert said.startswith("the concurrency: cannot be checked: ")
    assert "not you" in said


def test_the_definition_has_every_route_and_nothing_left_to_resolve() -> None:
    """As the gateway gets it when the built-in issuer is deployed."""
    text = json.dumps(document := definition("eu-north-1"))
    assert "Fn::" not in text and '"Ref"' not in text and "${" not in text
    routes = {
        f"{method.upper()} {path}" for path, operations in document["paths"].items() for method in operations
    }
    ours = {f"{row['method']} {row['path']}" for row in ROUTES}
    assert routes <= ours
    assert "POST /api/v1/auth/login" in routes
    [scheme] = document["components"]["securitySchemes"].values()
    jwt = scheme["x-amazon-apigateway-authorizer"]["jwtConfiguration"]
    assert jwt["issuer"].startswith("https://")
    assert document["x-amazon-apigateway-cors"]["allowOrigins"] == [
        "http://localhost:5173",
        "http://localhost:3000",
    ]
