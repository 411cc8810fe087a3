"""Settings from the environment, each read and checked on first use.

No setting is read at import, where a failure would break the whole function. A function needs only the
variables that it uses.
"""

import os
import re
from functools import cache, cached_property

from shared.runtime.product import NAME

REDIS = r"rediss?://([^@/\s]*@)?(\[[0-9A-Fa-f:.]+\]|[^]\[:/?#@\s]+)(:[0-9]{1,5})?(/[0-9]*)?(\?\S*)?"
DATABASE = r"postgres(ql)?(\+pg8000)?://[^/]+/.+"
DATABASE_FORM = "a URL such as postgresql://user@host:5432/database"


class SettingsError(Exception):
    """An environment variable is missing or invalid; the message names it and the expected form."""


def _value(name: str, pattern: str, should_be: str, default: str | None = None) -> str:
    value = os.environ.get(name) or default
    if value is None:
        raise SettingsError(f"{name} is not set; it should be {should_be}")
    if not re.fullmatch(pattern, value):
        raise SettingsError(f"{name} is not valid; it should be {should_be}")  # the value may hold a password
    return value


def _text(name: str, pattern: str, should_be: str, default: str | None = None) -> cached_property[str]:
    return cached_property(lambda _: _value(name, pattern, should_be, default))


def _optional(name: str, pattern: str, should_be: str) -> cached_property[str | None]:
    """None for an absent or empty variable."""
    return cached_property(lambda _: _value(name, f"({pattern})?", f"{should_be}, or absent", "") or None)


def _flag(name: str, *, default: bool) -> cached_property[bool]:
    return cached_property(
        lambda _: _value(name, r"true|false", "true or false", str(default).lower()) == "true"
    )


def _number_of_requests(name: str, default: int) -> cached_property[int]:
    should_be = "a number of requests in 60 s, 0 for no limit"
    return cached_property(lambda _: int(_value(name, r"[0-9]{1,6}", should_be, str(default))))


def _with_driver(url: str) -> str:
    return re.sub(r"^[^:]+", "postgresql+pg8000", url)


class Settings:
    @cached_property
    def database_url(self) -> str:
        return _with_driver(_value("DATABASE_URL", DATABASE, DATABASE_FORM))

    @cached_property
    def replica_url(self) -> str | None:
        """A server that follows the database, for public reads without a token; it uses the same sign-in."""
        url = _value("DATABASE_READER_URL", f"({DATABASE})?", f"{DATABASE_FORM}, or absent", default="")
        return _with_driver(url) if url else None

    @cached_property
    def database_login(self) -> str:
        """`plain`: the URL's password, if any. `iam`: a token per connection, over verified TLS."""
        login = _value("DATABASE_LOGIN", r"plain|iam", "plain or iam", default="plain")
        if login == "iam" and re.search(r"//[^/@]*:[^/@]*@", f"{self.database_url} {self.replica_url}"):
            raise SettingsError(
                "DATABASE_URL and DATABASE_READER_URL should hold no password where DATABASE_LOGIN is iam"
            )
        return login

    # The CA of the database's certificate, if it is not a public one. Setting it also turns on TLS.
    database_ca_file = _optional("DATABASE_CA_FILE", r".*", "the path of a CA file in PEM form")
    # One round trip a statement, and reads without BEGIN: neither works without the other.
    pipelines = _flag("DATABASE_ONE_FLUSH", default=True)
    region = _text("AWS_REGION", r"[a-z0-9-]+", "the AWS region, as the runtime sets it")

    @property
    def aws_credentials(self) -> tuple[str, str, str | None] | None:
        """Access key, secret key and session token; the runtime sets them if SnapStart is off."""
        key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
        return (key, secret, os.environ.get("AWS_SESSION_TOKEN")) if key and secret else None

    # Redis or Valkey, for the cache and the rate limit; without it each environment uses its memory.
    redis_url = _optional("REDIS_URL", REDIS, "a URL such as rediss://host:6379")
    # The ElastiCache name behind REDIS_URL, if its user signs in by IAM.
    redis_iam_cache = _optional("REDIS_IAM_CACHE", r"[a-z0-9-]*", "an ElastiCache cache's name")

    # Calls of a route by one address in 60 s; 0 for no limit.
    rate_limit = _number_of_requests("RATE_LIMIT", 100)
    # Calls of a route by one service in 60 s, whatever its addresses.
    service_rate_limit = _number_of_requests("SERVICE_RATE_LIMIT", 1_000)
    # As RATE_LIMIT, for sign-in, registration and mailed links, and for failures to sign in to one account.
    sign_in_rate_limit = _number_of_requests("SIGN_IN_RATE_LIMIT", 10)

    @cached_property
    def allowed_origins(self) -> tuple[str, ...]:
        """The web pages that may call the API."""
        return tuple(_value("ALLOWED_ORIGINS", r"[^*\s]*", "origins separated by commas").split(","))

    @cached_property
    def origin_secrets(self) -> tuple[str, ...]:
        """Secrets by which CloudFront identifies itself, two during a change. Without any, anybody may call.

        A value with a brace is a reference that CloudFormation did not resolve, and no secret.
        """
        should_be = "one or two of 32 letters, digits, - and _ or more, separated by a comma, or absent"
        given = _value("ORIGIN_SECRET", r"(([A-Za-z0-9_-]{32,})(,[A-Za-z0-9_-]{32,})?)?", should_be, "")
        return tuple(given.split(",")) if given else ()

    # The sender of mails; without it no mail is sent, and the routes that need mail are not there.
    mail_from = _optional("MAIL_FROM", r"[^\r\n]*", "an e-mail address")
    # True if a user signs in only with a verified address.
    requires_verified_email = _flag("REQUIRE_VERIFIED_EMAIL", default=False)
    # `open`: anybody registers. `invited`: admins invite. `closed`: nobody becomes a user.
    registration = _text("REGISTRATION", r"open|invited|closed", "open, invited or closed", "open")

    # The `iss` of accepted tokens, compared exactly, including a trailing slash.
    jwt_issuer = _text("JWT_ISSUER", r"https?://\S+", "the issuer's URL, exactly as in the tokens' iss")
    # True if another issuer signs users in, so that `sub` is not one of our user ids.
    external_issuer = _flag("EXTERNAL_ISSUER", default=False)
    jwt_audience = _text("JWT_AUDIENCE", r"\S+", "the aud of the access tokens, such as the API's name")
    # The address of the keys, for issuers without discovery or unreachable under their own name.
    jwks_url = _optional("JWKS_URL", r"https?://\S+", "a URL")
    # The key that the built-in issuer signs with.
    signing_key = _text("SIGNING_KEY", r"\S+", "a KMS key's id, or file:PATH of a PEM key")

    @cached_property
    def lean_start(self) -> bool:
        """Defers unused parts of libraries (shared/runtime/cold_start.py); read at import."""
        return os.environ.get("LEAN_START") == "true"

    @cached_property
    def fast_path(self) -> bool:
        """Takes shared/http/fast_path.py, unless FAST_PATH=false; read at import."""
        return os.environ.get("FAST_PATH") != "false"

    @cached_property
    def log_level(self) -> str:
        """The level in upper or lower case."""
        levels = r"(?i)DEBUG|INFO|WARNING|ERROR|CRITICAL"
        return _value("LOG_LEVEL", levels, "DEBUG, INFO, WARNING or ERROR", "INFO").upper()

    # The stack's stage, which separates the metrics of several stages.
    stage = _text("STAGE", r"[a-z][a-z0-9-]*", "the stage's name", "local")
    # The stamp that `make build` wrote.
    release = _text("RELEASE", r"[a-z0-9-]+", "the release's stamp", "unstamped")
    # The Lambda function's name, set by the runtime; it names our database connections.
    function_name = _text("AWS_LAMBDA_FUNCTION_NAME", r".+", "the function's name", NAME)


@cache
def settings() -> Settings:
    return Settings()
