"""Translates the driver's errors into the API's."""

import struct
from typing import Any

from shared.database.driver.redaction import hide_values
from shared.http.errors import (
    AlreadyExists,
    Conflict,
    InvalidToken,
    LockTimeout,
    NotFound,
    ReferenceNotFound,
    ServiceUnavailable,
    ValidationFailed,
)
from shared.models.base import Base

import pg8000
from sqlalchemy import ExceptionContext

UNIQUE_VIOLATION, FOREIGN_KEY_VIOLATION, CHECK_VIOLATION = "23505", "23503", "23514"
LOCK_NOT_AVAILABLE = "55P03"
# Serialization failure and deadlock: the server itself has rolled back, so a second run has no double effect.
# A lost connection is none of them: its COMMIT may have come through.
CONFLICTS = {"40001", "40P01"}
# The server, or the proxy before it, serves nobody for now: connection exceptions, a former writer that only
# reads since a failover, a transaction that was ended for its age, too few resources, an operator's
# intervention, system errors. Source: PostgreSQL manual, "PostgreSQL Error Codes".
UNAVAILABLE = ("08", "25006", "25P03", "25P04", "53", "57", "58")
STATEMENT_TIMEOUT = "57014"


def translate(context: ExceptionContext) -> Exception | None:
    """Returns whether to drop the connection, and the error to raise instead: None for the driver's own."""
    hide_values(context)
    error = context.original_exception
    if not isinstance(error, pg8000.dbapi.Error):
        # Raised in the middle of a protocol message, it leaves the connection out of step:
        # the next query would read another one's answer.
        context.is_disconnect = True
    state = _sqlstate(error)
    if state == UNIQUE_VIOLATION and (taken := _said(error, "taken")):
        return AlreadyExists(*taken)
    if state == FOREIGN_KEY_VIOLATION and (resource := _said(error, "missing")):
        return ReferenceNotFound(resource)
    if state == FOREIGN_KEY_VIOLATION and _said(error, "caller"):
        return InvalidToken()
    if state == FOREIGN_KEY_VIOLATION and (resource := _said(error, "parent")):
        return NotFound(resource)
    if state == CHECK_VIOLATION and (said := _said(error, "invalid")):
        where, field, message = said
        return ValidationFailed([{"loc": (where, field), "msg": message, "type": "check"}])
    if state == LOCK_NOT_AVAILABLE:
        return LockTimeout()
    if state in CONFLICTS:
        return Conflict()
    if state.startswith(UNAVAILABLE):
        context.is_disconnect = state != STATEMENT_TIMEOUT  # another connection may lead to another server
        return ServiceUnavailable()
    if context.connection is None or _is_network_error(error):
        return ServiceUnavailable()
    return None


def _is_network_error(error: BaseException) -> bool:
    return isinstance(error, OSError | struct.error | pg8000.dbapi.InterfaceError)


def _said(error: BaseException, how: str) -> Any:
    """Returns the `info` of the violated constraint, from its model: shared/models/base.py."""
    name = _fields(error).get("n")
    for table in Base.mapped_tables():
        for constraint in table.constraints:
            if constraint.name == name:
                return constraint.info.get(how)
    return None


def _sqlstate(error: BaseException) -> str:
    """Returns the five-character SQLSTATE of a pg8000 error, empty without one."""
    return _fields(error).get("C", "")


def _fields(error: BaseException) -> dict[str, str]:
    """Returns the server's error fields. Source: PostgreSQL manual, "Error and Notice Message Fields"."""
    fields = error.args[0] if isinstance(error, pg8000.dbapi.Error) and error.args else None
    return fields if isinstance(fields, dict) else {}
