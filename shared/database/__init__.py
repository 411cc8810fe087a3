"""The database as a route sees it: a session to read or to write with, one row or 404."""

from shared.database.sessions import (
    ReadSession,
    WriteSession,
    get_or_404,
    invalidate,
    later,
    separate_transaction,
)

__all__ = ["ReadSession", "WriteSession", "get_or_404", "invalidate", "later", "separate_transaction"]
