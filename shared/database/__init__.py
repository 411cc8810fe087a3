"""The database as a route sees it: a session to read or to write with, a page, one row or 404.

A `PublicSession` is the `ReadSession` of what anyone may read; without a token it may lag by milliseconds.
"""

from shared.database.pages import PageQuery, Rows
from shared.database.sessions import (
    PublicSession,
    ReadSession,
    WriteSession,
    execute_deferred,
    get_or_404,
    invalidate,
    separate_transaction,
)

__all__ = [
    "PageQuery",
    "PublicSession",
    "ReadSession",
    "Rows",
    "WriteSession",
    "execute_deferred",
    "get_or_404",
    "invalidate",
    "separate_transaction",
]
