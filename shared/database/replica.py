"""A read-only server that follows the writer. It may lag, be unreachable, or cancel a query.

After a failure the request runs again on the writer, and for some seconds all reads go to the writer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property

from shared.database.engines import make_engine
from shared.database.read_only import read_only
from shared.http.errors import ReplicaFailure, ServiceUnavailable
from shared.runtime.backoff import Backoff
from shared.runtime.settings import settings

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

# Seconds, of a step: connecting, one read. RDS Proxy would wait longer for a reader that is gone, as long as
# infra/stacks/proxy.yaml has it (ConnectionBorrowTimeout), and asks no writer instead.
TIMEOUT = 3


class Replica:
    def __init__(self, url: str) -> None:
        self._url = url
        self.backoff = Backoff()

    @cached_property
    def engine(self) -> Engine:
        return make_engine(self._url, TIMEOUT)


@cache
def replica() -> Replica:
    """Returns the replica of DATABASE_READER_URL, which must be set; connects on first use."""
    url = settings().replica_url
    assert url is not None
    return Replica(url)


@contextmanager
def replica_session() -> Iterator[Session]:
    """Errors: ReplicaFailure, for any error of the database."""
    with Session(read_only(replica().engine)) as session:
        try:
            yield session
        except (ServiceUnavailable, SQLAlchemyError) as error:
            replica().backoff.note_failure()
            raise ReplicaFailure from error.__cause__ or error
        replica().backoff.note_answer()
