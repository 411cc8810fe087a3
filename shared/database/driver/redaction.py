"""Removes rows and parameters from a driver's error, since logs contain its traceback."""

from sqlalchemy import ExceptionContext
from sqlalchemy.exc import DBAPIError

# Severity, code, message, and the names of schema, table, column, type and constraint. Left out are detail,
# hint, context and query, which quote values. Source: PostgreSQL manual, "Error and Notice Message Fields".
NAMES = set("SVCMstcdn")
DATA_EXCEPTION = "22"  # SQLSTATEs of this class quote the wrong value


def hide_values(context: ExceptionContext) -> None:
    """Strips the driver's error and SQLAlchemy's around it; `raise ... from` keeps both."""
    error, wrapped = context.original_exception, context.sqlalchemy_exception
    fields = error.args[0] if error.args else None
    if not isinstance(fields, dict):
        return
    harmless = NAMES - {"M"} if fields.get("C", "").startswith(DATA_EXCEPTION) else NAMES
    for name in fields.keys() - harmless:
        del fields[name]  # in place: the error that the driver made this one of holds the same dictionary
    if isinstance(wrapped, DBAPIError):
        wrapped.args = (f"({type(error).__module__}.{type(error).__name__}) {error}",)
