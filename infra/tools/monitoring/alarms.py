"""The alarms: alarms.toml declares them, except those of each main function and each job function."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from shared.runtime.product import NAMESPACE

from infra.domains import main_reads
from infra.tools.monitoring.declaration import Alarm, Source
from infra.tools.names import camel

AWS = "https://docs.aws.amazon.com"
API_METRICS = f"{AWS}/apigateway/latest/developerguide/http-api-metrics.html"
FUNCTION_METRICS = f"{AWS}/lambda/latest/dg/monitoring-metrics-types.html"
PROXY_METRICS = f"{AWS}/AmazonRDS/latest/AuroraUserGuide/rds-proxy.monitoring.html"
DATABASE_METRICS = f"{AWS}/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html"
MAIL_METRICS = f"{AWS}/ses/latest/dg/reputationdashboard-cloudwatch-alarm.html"

# Login, refresh and the main reads of each domain. The others' errors are among the API's.
MAIN_FUNCTIONS = [camel(operation) for operation in main_reads()]
BUILT_IN = ("Login", "Refresh")  # absent if another issuer signs users in
JOB_FUNCTIONS = ("TakeJobs", "Deliver", "SettleJobs", "PurgeRows", "RemoveUsers")

ISSUER, MAILS = "BuiltInIssuer", "Mails"  # conditions
OURS = (("service", "${Product}"), ("stage", "${Stage}"))


def gateway(api: str) -> Source:
    return Source("AWS/ApiGateway", (("ApiId", f"${{{api}}}"),), f"[API Gateway]({API_METRICS})")


CODE = Source(NAMESPACE, OURS, "our code")
ACCESS_LOG = Source(f"{NAMESPACE}/${{Stage}}", (), "the access log, by a metric filter")
SOURCES = {
    "access_log": ACCESS_LOG,
    "account": Source("AWS/Lambda", (), f"[Lambda]({FUNCTION_METRICS}), over the account"),
    "api": gateway("Api"),
    "cluster": Source("AWS/RDS", (("DBClusterIdentifier", "${Cluster}"),), f"[Aurora]({DATABASE_METRICS})"),
    "code": CODE,
    "issuer_api": gateway("IssuerApi"),
    "mail": Source("AWS/SES", (("ses:configuration-set", "${ConfigurationSet}"),), f"[SES]({MAIL_METRICS})"),
    "proxy": Source("AWS/RDS", (("ProxyName", "${Proxy}"),), f"[RDS Proxy]({PROXY_METRICS})"),
}


def function(name: str) -> Source:
    dimensions = (("FunctionName", f"${{{name}Function}}"),)
    return Source("AWS/Lambda", dimensions, f"[Lambda]({FUNCTION_METRICS})")


def jobs() -> Iterator[Alarm]:
    for name in JOB_FUNCTIONS:
        yield Alarm(
            f"{name}Errors", function(name), "Errors", "Sum", 1,
            "a job function crashed or ran out of time; its work is due again, at the latest when claims end",
            "its log lines with `ERROR` or `Task timed out` in the log group `/${Product}/<stage>/jobs`",
            condition=MAILS if name == "Deliver" else "",
        )  # fmt: skip
    for name in ("TakeJobs", "Deliver"):
        yield Alarm(
            f"{name}Handover", function(name), "DestinationDeliveryFailures", "Sum", 1,
            "Lambda could not hand the result to the next function, so mails wait until their claims end",
            "whether the function's role may still invoke it (`infra/stacks/jobs.yaml`); `Throttles`",
            condition=MAILS,
        )  # fmt: skip


def functions() -> Iterator[Alarm]:
    for name in MAIN_FUNCTIONS:
        condition = ISSUER if name in BUILT_IN else ""
        source = function(name)
        yield Alarm(
            f"{name}Errors", source, "Errors", "Sum", 1,
            "the function crashed or ran into its 20 s, so its caller got a 5xx without our error body",
            "its log lines with `ERROR` or `Task timed out`; then the database's rows of this table",
            condition=condition,
        )  # fmt: skip
        yield Alarm(
            f"{name}Duration", source, "Duration", "p99", 5000,
            "one call in a hundred takes 5 s or longer",
            "`ProxyBorrowLatency` and `DatabaseCapacity`; then slow statements in the database's log",
            times=3, condition=condition,
        )  # fmt: skip


def _declared() -> Iterator[Alarm]:
    for each in tomllib.loads(Path(__file__).with_name("alarms.toml").read_text())["alarm"]:
        if "group" in each:
            yield from GROUPS[each["group"]]()
        else:
            yield Alarm(**each | {"source": SOURCES[each["source"]]})


GROUPS = {"functions": functions, "jobs": jobs}
ALARMS = tuple(_declared())
