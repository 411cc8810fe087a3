"""Sign-in of a connection: over verified TLS and, with IAM, by a token made for this connection.

A token is valid for 15 minutes and needed only to connect, so none is kept.
"""

import ssl
from typing import Any

from shared.runtime.request_signing import presigned
from shared.runtime.settings import settings

from sqlalchemy import Engine, event

TOKEN_LIFETIME = 900  # seconds, RDS's own
PORT = 5432


def use_tls_and_iam(engine: Engine, ca_file: str | None = None) -> None:
    """Makes the engine's new connections use TLS and sign in by IAM, as the settings say.

    `ca_file`: the CA of the server's certificate, if it is not public and the settings name none.
    """
    ca_file = settings().database_ca_file or ca_file

    def with_tls(dialect: Any, record: Any, arguments: Any, options: dict[str, Any]) -> None:
        # pg8000's own context, `ssl_context=True`, verifies neither certificate nor host name.
        context = ssl.create_default_context(cafile=ca_file)
        context.set_ecdh_curve("prime256v1")  # Postgres's default: offering another costs a round trip
        options["ssl_context"] = context

    if settings().database_login == "iam":
        event.listen(engine, "do_connect", _with_token)
    if settings().database_login == "iam" or settings().database_ca_file:
        event.listen(engine, "do_connect", with_tls)


def _with_token(dialect: Any, record: Any, arguments: Any, options: dict[str, Any]) -> None:
    options["password"] = auth_token(options["host"], options.get("port", PORT), options["user"])


def auth_token(host: str, port: int, user: str) -> str:
    """Returns the password for one connection: a signed URL of RDS's connect action, without its scheme."""
    query = {"Action": "connect", "DBUser": user}
    return presigned(f"{host}:{port}", query, "rds-db", TOKEN_LIFETIME)
