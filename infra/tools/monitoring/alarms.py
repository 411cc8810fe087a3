"""The alarms' declarations, for a small deployment: change thresholds, then run `make observability`."""

from collections.abc import Iterator

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
JOB_FUNCTIONS = ("TakeJobs", "Deliver", "SettleJobs", "PurgeRows")

ISSUER, OWN, MAILS = "BuiltInIssuer", "OwnDatabase", "Mails"  # conditions
OURS = (("service", "${Product}"), ("stage", "${Stage}"))


def gateway(api: str) -> Source:
    return Source("AWS/ApiGateway", (("ApiId", f"${{{api}}}"),), f"[API Gateway]({API_METRICS})")


PROXY = Source("AWS/RDS", (("ProxyName", "${Proxy}"),), f"[RDS Proxy]({PROXY_METRICS})")
CLUSTER = Source("AWS/RDS", (("DBClusterIdentifier", "${Cluster}"),), f"[Aurora]({DATABASE_METRICS})")
ACCOUNT = Source("AWS/Lambda", (), f"[Lambda]({FUNCTION_METRICS}), over the account")
MAIL = Source("AWS/SES", (("ses:configuration-set", "${ConfigurationSet}"),), f"[SES]({MAIL_METRICS})")
CODE = Source(NAMESPACE, OURS, "our code")
ACCESS_LOG = Source(f"{NAMESPACE}/${{Stage}}", (), "the access log, by a metric filter")


def function(name: str) -> Source:
    dimensions = (("FunctionName", f"${{{name}Function}}"),)
    return Source("AWS/Lambda", dimensions, f"[Lambda]({FUNCTION_METRICS})")


def jobs() -> Iterator[Alarm]:
    for name in JOB_FUNCTIONS:
        yield Alarm(
            f"{name}Errors", function(name), "Errors", "Sum", 1,
            "a job function crashed or ran out of time; its jobs are due again when their claims end",
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


ALARMS = (
    Alarm(
        "ApiServerErrors", gateway("Api"), "5xx", "Sum", 5,
        "callers get 5xx from any route",
        "the access log's lines with a status of 500 or more: their `routeKey` names the function",
    ),
    Alarm(
        "ApiUnauthorized", ACCESS_LOG, "Unauthorized", "Sum", 300,
        "a 401 a second: a client with old tokens, somebody trying, or a key that gateways do not know",
        "the `error` of those lines of the access log; `IssuerErrors`; a key's rotation",
    ),
    Alarm(
        "IssuerErrors", gateway("IssuerApi"), "5xx", "Sum", 1,
        "discovery or the key set failed, so that gateways may refuse good tokens",
        "the log group `/${Product}/<stage>/identity`; deploy the last release again",
        condition=ISSUER,
    ),
    Alarm(
        "IssuerLatency", gateway("IssuerApi"), "Latency", "p99", 1500,
        "a gateway waits 1.5 s for discovery and the key set, then refuses the token",
        "what the release added to the imports of those two functions (`make bench ROWS=cold`)",
        condition=ISSUER,
    ),
    *functions(),
    Alarm(
        "Throttles", ACCOUNT, "Throttles", "Sum", 1,
        "calls found no execution left: the account's quota, or a reserved concurrency of ours",
        "`ConcurrentExecutions` of the account; ask Service Quotas for more, or raise the reservation",
    ),
    Alarm(
        "SigningErrors", CODE, "SigningUnavailable", "Sum", 1,
        "KMS does not sign, so nobody can sign in (503)",
        "the log lines with `SigningUnavailable` have KMS's words; the key's state; AWS Health",
        condition=ISSUER,
    ),
    Alarm(
        "FailedSignIns", CODE, "SignInFailure", "Sum", 100,
        "a wrong password every three seconds: somebody is guessing",
        "the access log's `ip` of `POST /api/v1/auth/login`; set `SignInRate`",
        condition=ISSUER,
    ),
    Alarm(
        "RefreshTokenReuse", CODE, "RefreshTokenReuse", "Sum", 1,
        "a refresh token came twice and its family was revoked: a thief, or a client that keeps old ones",
        "one `ip` or many in the access log's `POST /api/v1/auth/refresh`: many are a client's release",
        condition=ISSUER,
    ),
    Alarm(
        "CacheFallback", CODE, "RedisFailure", "Sum", 1,
        "Valkey did not answer, so each environment remembers and limits by itself",
        "the cache's own metrics and events; whether the functions' group still reaches it",
    ),
    Alarm(
        "ReaderFallback", CODE, "ReaderFailure", "Sum", 10,
        "the reader is gone, slow or ends queries, so public reads cost a try there and go to the writer",
        "the `error` of the log lines `The request runs again`; the reader's events; `DatabaseCapacity`",
    ),
    Alarm(
        "Conflicts", CODE, "Conflict", "Sum", 50,
        "transactions stand in each other's way, and are run again (or 503, the third time)",
        "the `error` of the log lines `The request runs again`; what new code locks, and in which order",
    ),
    Alarm(
        "DeploymentFailures", CODE, "CustomResourceFailure", "Sum", 1,
        "the migration, the key set or the issuer's check failed, and the deployment with it",
        "what `make deploy` printed; the log groups `/${Product}/<stage>/migration` and `.../identity`",
    ),
    *jobs(),
    Alarm(
        "OldestJob", CODE, "OldestJob", "Maximum", 600,
        "a job has been due for ten minutes: more than 100 mails a minute, or nothing takes them",
        "`TakeJobsErrors`; `make jobs STAGE=...`",
    ),
    Alarm(
        "DeadJobs", CODE, "DeadJobs", "Maximum", 1,
        "a job has failed eight times, over two hours, and is not tried again",
        "`make jobs STAGE=...` lists each with its error; then run them again, or drop them",
    ),
    Alarm(
        "FailedMails", CODE, "MailsFailed", "Sum", 10,
        "SES refuses mails; each is tried again after a pause",
        "the log lines `A mail was not sent` have SES's words; the account's quota, sandbox and identity",
        condition=MAILS,
    ),
    Alarm(
        "Bounces", MAIL, "Reputation.BounceRate", "Maximum", 0.05,
        "5 % of the mails bounce; from 10 % on SES may stop the account",
        "who registers with addresses that do not exist; `SignInRate`, or `Registration=invited`",
        period=3600, condition=MAILS,
    ),
    Alarm(
        "Complaints", MAIL, "Reputation.ComplaintRate", "Maximum", 0.001,
        "0.1 % of the mails are reported as spam; from 0.5 % on SES may stop the account",
        "which kind of mail goes to people who did not ask for it; `Registration=invited`",
        period=3600, condition=MAILS,
    ),
    Alarm(
        "ProxyPinned", PROXY, "DatabaseConnectionsCurrentlySessionPinned", "Sum", 10,
        "clients hold connections for themselves, so the pool is of no use",
        "a statement that sets something, or a text over 16 KB; then `DATABASE_ONE_FLUSH=false`",
        times=5, period=60, condition=OWN,
    ),
    Alarm(
        "ProxyBorrowLatency", PROXY, "DatabaseConnectionsBorrowLatency", "Average", 100_000,
        "calls wait 0.1 s (the metric is in µs) for a connection of the pool",
        "`ProxyPinned`, `ProxyDatabaseConnections`, then a transaction left open in `pg_stat_activity`",
        times=3, condition=OWN,
    ),
    Alarm(
        "ProxyClients", PROXY, "ClientConnections", "Sum", 800,
        "as many environments hold a connection; a new account's quota is 1,000 executions",
        "whether the traffic is real; then Service Quotas for Lambda's concurrency",
        times=5, period=60, condition=OWN,
    ),
    Alarm(
        "ProxyDatabaseConnections", PROXY, "DatabaseConnections", "Sum", 80,
        "the pool is nearly used up",
        "`ProxyPinned`; raise `MaxCapacity`, and reboot the writer, since `max_connections` follows then",
        times=5, period=60, percent_of="MaxDatabaseConnectionsAllowed", condition=OWN,
    ),
    Alarm(
        "DatabaseMemory", CLUSTER, "FreeableMemory", "Minimum", 512 * 1024**2,
        "under 512 MiB are left even at the highest capacity",
        "raise `MaxCapacity`",
        below=True, condition=OWN,
    ),
    Alarm(
        "ReaderLag", CLUSTER, "AuroraReplicaLagMaximum", "Maximum", 1000,
        "what the reader shows is a second old or older",
        "what the writer is busy with, an index or a bulk change; then `ReaderEndpoint=false`",
        times=3, condition=OWN,
    ),
    Alarm(
        "DatabaseCapacity", CLUSTER, "ACUUtilization", "Average", 90,
        "the database runs at 90 % of `MaxCapacity` and cannot grow",
        "slow statements in its log; then raise `MaxCapacity`",
        times=3, condition=OWN,
    ),
)  # fmt: skip
