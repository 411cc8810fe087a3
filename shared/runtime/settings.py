"""Settings from the environment, each read and checked on first use.

No setting is read at import, where a failure would break the whole function. A function needs only the
variables that it uses.
"""

import os
import re
from functools import cache, cached_property

from shared.runtime.product import NAME

REDIS = r"rediss?://([^@/\s]*@)?(\[[0-9A-Fa-f:.]+\]|[^]\[:/?#@\s]+)(:[0-9]{1,5})?(/[0-9]*)?(\?\S*)?"
REQUESTS = "a number of requests in 60 s, 0 for no limit"
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

    @cached_property
    def database_ca_file(self) -> str | None:
        """The CA of the database's certificate, if it is not a public one. Setting it also turns on TLS."""
        return _value("DATABASE_CA_FILE", r".*", "the path of a CA file in PEM form", default="") or None

    @cached_property
    def pipelines(self) -> bool:
        """One round trip a statement, and reads without BEGIN: neither works without the other."""
        return _value("DATABASE_ONE_FLUSH", r"true|false", "true or false", default="true") == "true"

    @cached_property
    def region(self) -> str:
        return _value("AWS_REGION", r"[a-z0-9-]+", "the AWS region, as the runtime sets it")

    @property
    def aws_credentials(self) -> tuple[str, str, str | None] | None:
        """Access key, secret key and session token; the runtime sets them if SnapStart is off."""
        key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
        return (key, secret, os.environ.get("AWS_SESSION_TOKEN")) if key and secret else None

    @cached_property
    def redis_url(self) -> str | None:
        """Redis or Valkey, for the cache and the rate limit; without it each environment uses its memory."""
        should_be = "a URL such as rediss://host:6379, or absent"
        return _value("REDIS_URL", f"({REDIS})?", should_be, default="") or None

    @cached_property
    def redis_iam_cache(self) -> str | None:
        """The ElastiCache name behind REDIS_URL, if its user signs in by IAM."""
        return _value("REDIS_IAM_CACHE", r"[a-z0-9-]*", "an ElastiCache cache's name", default="") or None

    @cached_property
    def rate_limit(self) -> int:
        """Calls of a route by one address in 60 s; 0 for no limit."""
        return int(_value("RATE_LIMIT", r"[0-9]{1,6}", REQUESTS, "100"))

    @cached_property
    def sign_in_rate_limit(self) -> int:
        """The same for sign-in, registration and mailed links, and for failures to sign in to one account."""
        return int(_value("SIGN_IN_RATE_LIMIT", r"[0-9]{1,6}", REQUESTS, "10"))

    @cached_property
    def mail_from(self) -> str | None:
        """The sender of mails; without it no mail is sent, and the routes that need mail are not there."""
        return _value("MAIL_FROM", r"[^\r\n]*", "an e-mail address, or absent", default="") or None

    @cached_property
    def requires_verified_email(self) -> bool:
        """True if a user signs in only with a verified address."""
        return _value("REQUIRE_VERIFIED_EMAIL", r"true|false", "true or false", default="false") == "true"

    @cached_property
    def registration(self) -> str:
        """`open`: anybody registers. `invited`: admins invite. `closed`: nobody becomes a user."""
        return _value("REGISTRATION", r"open|invited|closed", "open, invited or closed", default="open")

    @cached_property
    def origin_secrets(self) -> tuple[str, ...]:
        """Secrets by which CloudFront identifies itself, two during a change. Without any, anybody may call.

        A value with a brace is a reference that CloudFormation did not resolve, and no secret.
        """
        should_be = "one or two of 32 letters, digits, - and _ or more, separated by a comma, or absent"
        given = _value("ORIGIN_SECRET", r"(([A-Za-z0-9_-]{32,})(,[A-Za-z0-9_-]{32,})?)?", should_be, "")
        return tuple(given.split(",")) if given else ()

    @cached_property
    def jwt_issuer(self) -> str:
        """The `iss` of accepted tokens, compared exactly, including a trailing slash."""
        return _value("JWT_ISSUER", r"https?://\S+", "the issuer's URL, exactly as in the tokens' iss")

    @cached_property
    def external_issuer(self) -> bool:
        """True if another issuer signs users in, so that `sub` is not one of our user ids."""
        return _value("EXTERNAL_ISSUER", r"true|false", "true or false", default="false") == "true"

    @cached_property
    def jwt_audience(self) -> str:
        return _value("JWT_AUDIENCE", r"\S+", "the aud of the access tokens, such as the API's name")

    @cached_property
    def jwks_url(self) -> str | None:
        """The address of the keys, for issuers without discovery or unreachable under their own name."""
        return _value("JWKS_URL", r"(https?://\S+)?", "a URL, or absent for discovery", default="") or None

    @cached_property
    def signing_key(self) -> str:
        """The key that the built-in issuer signs with."""
        return _value("SIGNING_KEY", r"\S+", "a KMS key's id, or file:PATH of a PEM key")

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

    @cached_property
    def stage(self) -> str:
        """The stack's stage, which separates the metrics of several stages."""
        return _value("STAGE", r"[a-z][a-z0-9-]*", "the stage's name", default="local")

    @cached_property
    def release(self) -> str:
        """The stamp that `make build` wrote."""
        return _value("RELEASE", r"[a-z0-9-]+", "the release's stamp", default="unstamped")

    @cached_property
    def function_name(self) -> str:
        """The Lambda function's name, set by the runtime; it names our database connections."""
        return _value("AWS_LAMBDA_FUNCTION_NAME", r".+", "the function's name", default=NAME)


@cache
def settings() -> Settings:
    return Settings()
