"""The database for routes: sessions to read or write with, a page, and one row or 404.

A `PublicSession` is a `ReadSession` for public data; without a token it may lag by milliseconds.
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
