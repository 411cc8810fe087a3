"""A session of an AWS account, whose answers a test chooses."""

import hashlib
import re
import ssl
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from infra.tools.deployment.samconfig import configuration
from infra.tools.preflight.__main__ import main
from infra.tools.preflight.template_demands import CA_BUNDLE, database, most_executions
from tests.support.client import ROOT

ENGINE = {"Engine": "aurora-postgresql", "EngineVersion": "17.7"}
FAMILY = {"DBParameterGroupFamily": "aurora-postgresql17"}
FIRST = re.search(r"-----BEGIN.+?END CERTIFICATE-----", CA_BUNDLE.read_text(), re.DOTALL)
assert FIRST is not None
KNOWN_THUMBPRINT = hashlib.sha1(ssl.PEM_cert_to_DER_cert(FIRST[0])).hexdigest()


class Account:
    """A session of an account; each of its answers can be another one."""

    def __init__(self) -> None:
        self.clients: dict[str, Any] = {}
        self.stubs: dict[str, Stubber] = {}
        for service in ("apigatewayv2", "rds", "lambda", "iam"):
            self.clients[service] = boto3.client(
                service, region_name="eu-north-1", aws_access_key_id="x", aws_secret_access_key="x"
            )
            self.stubs[service] = Stubber(self.clients[service])
            self.stubs[service].activate()
        self.taken: dict[str, Any] | None = {"ApiId": "a1b2c3", "Name": "acme-dev", "Warnings": []}
        self.deleted = True
        self.versions = [ENGINE | {"DBParameterGroupFamily": "aurora-postgresql17"}]
        self.settable = [*database("Settings")["Parameters"], "work_mem"]
        self.zones = ["eu-north-1a", "eu-north-1c"]
        self.stage = configuration("default", ROOT / "samconfig.toml")
        self.thumbprint, self.quota, self.role = KNOWN_THUMBPRINT, most_executions(self.stage), True

    def client(self, service: str) -> Any:
        return self.clients[service]

    def run(self, capsys: pytest.CaptureFixture[str]) -> list[str]:
        """What is to be done, once every question has been asked, in order."""
        self._gateway()
        self._rds()
        limits = {"AccountLimit": {"ConcurrentExecutions": self.quota, "UnreservedConcurrentExecutions": 10}}
        self.stubs["lambda"].add_response("get_account_settings", limits, {})
        roles = ["AWSServiceRoleForRDS"]
        if self.stage.parameters.get("Cache") == "valkey":
            roles.append("AWSServiceRoleForElastiCache")
        for each in roles:
            self._role({"RoleName": each})
        in_the_way = main(self, self.stage)  # type: ignore[arg-type]
        for stub in self.stubs.values():
            stub.assert_no_pending_responses()
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 6 + len(roles)
        self.notes = [line.removeprefix("note ") for line in lines if line.startswith("note ")]
        todo = [line.removeprefix("DO   ") for line in lines if line.startswith("DO   ")]
        assert len(todo) == in_the_way
        return todo

    def _role(self, name: dict[str, str]) -> None:
        if self.role:
            role = name | {"Path": "/", "RoleId": "A" * 16, "Arn": "arn:aws:iam::123456789012:role/x"}
            role |= {"CreateDate": "2026-01-01T00:00:00Z"}
            self.stubs["iam"].add_response("get_role", {"Role": role}, name)
        else:
            self.stubs["iam"].add_client_error("get_role", "NoSuchEntity", expected_params=name)

    def _gateway(self) -> None:
        sent = {"Body": ANY, "FailOnWarnings": True}
        if self.taken is None:
            message = "Warnings found during import:\n\tCORS Scheme is malformed, ignoring."
            self.stubs["apigatewayv2"].add_client_error(
                "import_api", "BadRequestException", message, expected_params=sent
            )
            return
        self.stubs["apigatewayv2"].add_response("import_api", self.taken, sent)
        if self.deleted:
            self.stubs["apigatewayv2"].add_response("delete_api", {}, {"ApiId": "a1b2c3"})
        else:
            self.stubs["apigatewayv2"].add_client_error("delete_api", "AccessDeniedException", "no")

    def _rds(self) -> None:
        rds = self.stubs["rds"]
        rds.add_response("describe_db_engine_versions", {"DBEngineVersions": self.versions}, ENGINE)
        settings = [
            {"ParameterName": name, "IsModifiable": name in self.settable} for name in self._settings()
        ]
        rds.add_response(
            "describe_engine_default_cluster_parameters", {"EngineDefaults": {"Parameters": settings}}, FAMILY
        )
        options = [{**ENGINE, "AvailabilityZones": [{"Name": zone} for zone in self.zones]}]
        rds.add_response(
            "describe_orderable_db_instance_options",
            {"OrderableDBInstanceOptions": options},
            ENGINE | {"DBInstanceClass": "db.serverless"},
        )
        authority = {"CertificateIdentifier": "rds-ca-rsa2048-g1", "Thumbprint": self.thumbprint}
        rds.add_response("describe_certificates", {"Certificates": [authority]}, {})

    def _settings(self) -> list[str]:
        return [*database("Settings")["Parameters"], "work_mem", "data_directory"]
