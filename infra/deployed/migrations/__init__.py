"""Schema migrations (Alembic), run by the database's owner."""

import logging
import time
from pathlib import Path

from shared.database.driver.iam_auth import use_tls_and_iam
from shared.database.driver.redaction import hide_values

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, NullPool, create_engine, event
from sqlalchemy.exc import DBAPIError

HERE = Path(__file__).parent
RDS_CA = HERE / "rds-ca.pem"  # copied here by the layer's build: RDS signs a cluster's certificate
PATIENCE = 120  # seconds, for the first sign-in
LOCK_PATIENCE = 300  # seconds, for a revision's locks
PAUSE = 2  # seconds
LOCK_NOT_AVAILABLE = "55P03"  # SQLSTATE


class UnknownRevision(Exception):
    """A revision that no migration here has."""


def owner_engine(owner_url: str) -> Engine:
    engine = create_engine(owner_url, poolclass=NullPool, hide_parameters=True)
    use_tls_and_iam(engine, ca_file=str(RDS_CA) if RDS_CA.exists() else None)
    event.listen(engine, "handle_error", hide_values)
    return engine


def await_sign_in(owner_url: str) -> None:
    """Signs in, with attempts for two minutes: IAM applies a new right to sign in only after a while.

    Errors: the last attempt's.
    """
    give_up = time.monotonic() + PATIENCE
    engine = owner_engine(owner_url)
    while True:
        try:
            with engine.connect():
                return
        except (DBAPIError, OSError) as error:
            if time.monotonic() > give_up:
                raise
            logging.getLogger(__name__).warning("No sign-in to the database yet: %s", in_words(error))
            time.sleep(PAUSE)


def config(owner_url: str) -> Config:
    made = Config()
    made.set_main_option("script_location", str(HERE).replace("%", "%%"))
    made.attributes["url"] = owner_url  # not a main option: a `%` in a password would be interpolated
    return made


def upgrade(owner_url: str, revision: str = "head") -> None:
    """Upgrades the schema to `revision`. Does nothing if the schema is already there or newer.

    While a revision waits for its lock, every call behind it waits too. So a revision waits only briefly
    (`online.LOCK_TIMEOUT`), is rolled back and tried again for five minutes; earlier revisions stay applied.
    """
    give_up = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            return command.upgrade(config(owner_url), revision)
        except DBAPIError as error:
            if _fields(error).get("C") != LOCK_NOT_AVAILABLE or time.monotonic() > give_up:
                raise
        logging.getLogger(__name__).warning("The migration got no lock yet, and tries again")
        time.sleep(PAUSE)


def newest() -> str:
    head = ScriptDirectory(str(HERE)).get_current_head()
    assert head is not None
    return head


def is_past(owner_url: str, revision: str) -> bool:
    """Tells whether a later migration than `revision` made the schema, also one that is unknown here.

    Errors: UnknownRevision, for `revision` itself.
    """
    known = [script.revision for script in ScriptDirectory(str(HERE)).walk_revisions()]  # newest first
    if revision not in known:
        raise UnknownRevision(f"The revision {revision} is not among the migrations of this build")
    with owner_engine(owner_url).connect() as db:
        current = MigrationContext.configure(db).get_current_revision()
    return current is not None and current not in known[known.index(revision) :]


def in_words(error: BaseException) -> str:
    """Returns the database's own message in one line, or its SQLSTATE if the message might quote a row."""
    cause, fields = _cause(error), _fields(error)
    if fields.get("C") == LOCK_NOT_AVAILABLE:
        return (
            f"for {LOCK_PATIENCE} seconds another transaction held what it changes; end that one"
            " (the oldest xact_start in pg_stat_activity), then try again"
        )
    message = fields.get("M") or f"SQLSTATE {fields.get('C')}" if fields else str(cause)
    return str(message).strip().splitlines()[0]


def _cause(error: BaseException) -> BaseException:
    return getattr(error, "orig", None) or error.__cause__ or error


def _fields(error: BaseException) -> dict[str, str]:
    """Returns the server's error fields by their protocol letters; empty without a server error."""
    arguments = _cause(error).args
    return arguments[0] if arguments and isinstance(arguments[0], dict) else {}
