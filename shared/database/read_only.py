"""Plain SELECTs without BEGIN: for the server, a statement in one flush is a transaction of its own."""

import re
from functools import cache
from typing import Any

from shared.runtime.settings import settings

from sqlalchemy import Connection, Engine, event

WRITES = r"INSERT|UPDATE|DELETE|MERGE|FOR SHARE|FOR KEY SHARE"
PLAIN_SELECT = re.compile(rf"\s*(SELECT|WITH)\b(?!.*\b({WRITES})\b)", re.DOTALL | re.IGNORECASE)


@cache
def read_only(of: Engine) -> Engine:
    """Returns the same engine and connection for plain SELECTs alone.

    The unpatched driver sends them in a transaction: it splits a statement in three, and in between a
    transaction pooler may give the server connection to another client.
    """
    without_begin: dict[str, Any] = {"isolation_level": "AUTOCOMMIT"} if settings().pipelines else {}
    engine = of.execution_options(**without_begin)
    event.listen(engine, "before_cursor_execute", _refuse_to_write)
    return engine


def _refuse_to_write(connection: Connection, cursor: Any, statement: str, *_: Any) -> None:
    if not PLAIN_SELECT.match(statement):
        raise RuntimeError(f"a ReadSession sends plain SELECTs alone, a WriteSession this: {statement[:60]}")
