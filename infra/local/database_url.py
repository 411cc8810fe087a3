"""Checks DATABASE_URL: its form, and that a Postgres answers there within a few seconds."""

import socket
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from infra.emulator.command_error import CommandError

FORM = "postgresql://user:password@host:5432/database"
PATIENCE = 5  # seconds, for connecting and for each answer
MEND = "correct DATABASE_URL, or remove it to use the stack's own Postgres"


def with_driver(url: str) -> str:
    """Returns the URL for SQLAlchemy. Errors: CommandError, which quotes only the scheme: the rest may be a
    password.
    """
    if (wrong := _wrong_form(url)) is not None:
        raise CommandError(f"DATABASE_URL {wrong}; its form is {FORM}")
    return "postgresql+pg8000://" + url.partition("://")[2]


def _wrong_form(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "has an invalid port (in a password, write # as %23, / as %2F, : as %3A and @ as %40)"
    scheme = parts.scheme.partition("+")[0]
    if not (scheme and parts.netloc):
        return "is not a URL"
    if scheme not in ("postgres", "postgresql"):
        return f"names {scheme}, but the API needs Postgres"
    if not parts.hostname or port == 0:
        return "names no host" if port != 0 else "has the port 0"
    if not parts.username:
        return "names no user"
    if not parts.path.strip("/"):
        return "names no database"
    if parts.query or parts.fragment:
        options = ", ".join(name for name, _ in parse_qsl(parts.query, keep_blank_values=True))
        return f"has options that the driver does not know ({options or '#'}): remove them"
    return None


def require_answer(url: str) -> None:
    """Signs in once. `url`: from `with_driver`. Errors: CommandError, with the cause and the next step."""
    from shared.database.driver.iam_auth import use_tls_and_iam

    from sqlalchemy import NullPool, create_engine

    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": PATIENCE})
    use_tls_and_iam(engine)
    try:
        with engine.connect():
            return
    except Exception as error:  # a server of another protocol can make the driver raise anything
        place = f"{engine.url.host}:{engine.url.port or 5432}"
        raise CommandError(f"{_cause(error, place)}: {MEND}") from None


def _cause(error: BaseException, place: str) -> str:
    for each in _chain(error):
        match each:
            case socket.gaierror():
                return f"no host is called {place.rpartition(':')[0]}"
            case ConnectionRefusedError():
                return f"nothing listens on {place}"
            case TimeoutError():
                return f"{place} does not answer within {PATIENCE} s"
            case BrokenPipeError() | ConnectionResetError():
                break  # the server closed the connection
            case OSError():
                return f"{place} cannot be reached ({each.strerror or each})"
        if each.args and isinstance(each.args[0], dict) and "M" in each.args[0]:
            return f"the database on {place} rejects the connection ({each.args[0]['M']})"
    return f"the server on {place} is not Postgres"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
