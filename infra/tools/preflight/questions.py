"""The questions: each asks one AWS service by one client and yields its answers."""

import hashlib
import json
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from infra.tools.deployment.samconfig import Configuration
from infra.tools.preflight.api_definition import definition
from infra.tools.preflight.template_demands import CA_BUNDLE, database, engine, most_executions

RDS_ROLE = "AWSServiceRoleForRDS"  # the cluster's and the proxy's
CACHE_ROLE = "AWSServiceRoleForElastiCache"

type Question = Callable[[Any], Answer]


@dataclass(frozen=True)
class Answer:
    fine: bool
    about: str
    what: str  # the finding and, if it is a problem, the next step
    must: bool = True  # False: a deployment works in spite of it


def the_apis_definition(apigateway: Any) -> Answer:
    """Imports the definition and reports the gateway's warnings, then deletes the API."""
    body = json.dumps(definition(apigateway.meta.region_name))
    try:
        api = apigateway.import_api(Body=body, FailOnWarnings=True)
    except apigateway.exceptions.BadRequestException as error:
        return Answer(False, "API definition", f"rejected; correct template.yaml: {error}")
    try:
        apigateway.delete_api(ApiId=api["ApiId"])
    except ClientError as error:
        return Answer(False, "API definition", f"accepted; delete the API {api['ApiId']} by hand: {error}")
    return Answer(True, "API definition", "accepted without a warning, then deleted")


def the_engine_on_offer(rds: Any) -> Answer:
    name = " ".join(engine().values())
    if rds.describe_db_engine_versions(**engine())["DBEngineVersions"]:
        return Answer(True, "engine", f"RDS offers {name}")
    return Answer(
        False, "engine", f"RDS does not offer {name}: set another DatabaseVersion in samconfig.toml"
    )


def the_databases_settings(rds: Any) -> Answer:
    ours = database("Settings")
    pages = rds.get_paginator("describe_engine_default_cluster_parameters").paginate(
        DBParameterGroupFamily=ours["Family"]
    )
    settable = set(pages.search("EngineDefaults.Parameters[?IsModifiable].ParameterName"))
    if fixed := sorted(set(ours["Parameters"]) - settable):
        what = f"{', '.join(fixed)} cannot be set: take them out of infra/stacks/database.yaml"
        return Answer(False, "database settings", what)
    return Answer(True, "database settings", f"all {len(ours['Parameters'])} can be set")


def the_zones(rds: Any) -> Answer:
    """Lists zones with Aurora Serverless. RDS Proxy and Lambda do not report theirs."""
    pages = rds.get_paginator("describe_orderable_db_instance_options").paginate(
        **engine(), DBInstanceClass=database("Writer")["DBInstanceClass"]
    )
    zones = sorted(set(pages.search("OrderableDBInstanceOptions[].AvailabilityZones[].Name")))
    if len(zones) < 2:
        return Answer(
            False, "zones", f"Aurora serverless has {', '.join(zones) or None}: take another region"
        )
    what = f"Aurora serverless has {', '.join(zones)}: set two or three as Zones in samconfig.toml, but"
    return Answer(True, "zones", f"{what} none that RDS Proxy or Lambda refuses")


def concurrency(stage: Configuration) -> Question:
    """Compares the account's quota with the throttle: a new account's quota is lower, which only heavy
    traffic shows.
    """

    def the_concurrency(functions: Any) -> Answer:
        quota = functions.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
        most = most_executions(stage)
        if quota >= most:
            return Answer(
                True, "concurrency", f"{quota} executions; the API's throttle admits {most} at most"
            )
        what = f"{quota} executions, but the API's throttle may admit {most}: ask Service Quotas for"
        what += " more, or lower Rate in samconfig.toml"
        return Answer(False, "concurrency", what, must=stage.stage == "prod")

    return the_concurrency


def the_databases_service_role(iam: Any) -> Answer:
    return _service_role(iam, RDS_ROLE, "rds.amazonaws.com")


def the_caches_service_role(iam: Any) -> Answer:
    return _service_role(iam, CACHE_ROLE, "elasticache.amazonaws.com")


def _service_role(iam: Any, name: str, service: str) -> Answer:
    try:
        iam.get_role(RoleName=name)
    except iam.exceptions.NoSuchEntityException:
        what = f"missing: aws iam create-service-linked-role --aws-service-name {service}"
        return Answer(False, name, what)
    return Answer(True, name, "exists")


def the_certificates(rds: Any) -> Answer:
    """Checks that the migration's bundle holds each authority that RDS signs with in this region."""
    blocks = re.findall(r"-----BEGIN.+?END CERTIFICATE-----", CA_BUNDLE.read_text(), re.DOTALL)
    ours = {hashlib.sha1(ssl.PEM_cert_to_DER_cert(block)).hexdigest() for block in blocks}  # noqa: S324
    theirs = rds.describe_certificates()["Certificates"]
    unknown = [each["CertificateIdentifier"] for each in theirs if each["Thumbprint"].lower() not in ours]
    if unknown:
        what = f"{', '.join(unknown)} not in {CA_BUNDLE.name}: replace it with RDS's global bundle"
        return Answer(False, "certificates", what)
    return Answer(True, "certificates", f"all {len(theirs)} authorities of RDS are in {CA_BUNDLE.name}")


def the_sandbox(ses: Any) -> Answer:
    """Reports the sandbox, in which SES sends to verified addresses only, and a paused account."""
    account = ses.get_account()
    quota = account["SendQuota"]
    limits = f"{quota['Max24HourSend']:,.0f} mails a day, {quota['MaxSendRate']:g} a second"
    if not account["SendingEnabled"]:
        return Answer(False, "mail", f"SES has paused the account ({account['EnforcementStatus']}): ask AWS")
    if not account["ProductionAccessEnabled"]:
        what = f"the account is in SES's sandbox, which sends to verified addresses only ({limits}):"
        return Answer(False, "mail", f"{what} ask SES for production access", must=False)
    return Answer(True, "mail", limits)


def identity(sender: str) -> Question:
    def the_sender(ses: Any) -> Answer:
        """Checks that the address or its domain is verified."""
        for name in (sender, sender.rpartition("@")[2]):
            try:
                if ses.get_email_identity(EmailIdentity=name)["VerifiedForSendingStatus"]:
                    return Answer(True, "sender", f"{name} is verified")
            except ses.exceptions.NotFoundException:
                continue
        what = f"neither {sender} nor its domain is verified: aws sesv2 create-email-identity"
        return Answer(False, "sender", f"{what} --email-identity {sender.rpartition('@')[2]}")

    return the_sender


def questions(stage: Configuration) -> list[tuple[str, Question]]:
    """Returns each question with the service that it asks."""
    cache = [("iam", the_caches_service_role)] if stage.parameters.get("Cache") == "valkey" else []
    sender = stage.parameters.get("MailFrom")
    mail = [("sesv2", the_sandbox), ("sesv2", identity(sender))] if sender else []
    return [
        ("apigatewayv2", the_apis_definition),
        ("rds", the_engine_on_offer),
        ("rds", the_databases_settings),
        ("rds", the_zones),
        ("rds", the_certificates),
        ("lambda", concurrency(stage)),
        ("iam", the_databases_service_role),
        *cache,
        *mail,
    ]
