"""A server that follows the writer and only reads. It may be behind, gone, or end a query that is in its way.

Whatever it fails in is asked of the writer, whose word counts; and for some seconds, of the writer alone.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property

from shared.database.engines import make_engine
from shared.database.read_only import read_only
from shared.http.errors import ReplicaFailure, ServiceUnavailable
from shared.runtime.settings import settings

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

# Seconds, of a step: connecting, one read. RDS Proxy would wait longer for a reader that is gone, as long as
# infra/stacks/proxy.yaml has it (ConnectionBorrowTimeout), and asks no writer instead.
TIMEOUT = 3
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds until it is asked again; each failure doubles them


class Replica:
    def __init__(self, url: str) -> None:
        self._url = url
        self._pause = self._paused_until = 0.0

    @cached_property
    def engine(self) -> Engine:
        return make_engine(self._url, TIMEOUT)

    @property
    def is_up(self) -> bool:
        """Whether it is worth asking: it has not failed a moment ago."""
        return time.monotonic() >= self._paused_until

    def note_failure(self) -> None:
        self._pause = min(2 * self._pause or FIRST_PAUSE, LONGEST_PAUSE)
        self._paused_until = time.monotonic() + self._pause

    def note_answer(self) -> None:
        self._pause = self._paused_until = 0.0


@cache
def replica() -> Replica:
    """That of DATABASE_READER_URL, which has to be there; connected when it is first asked."""
    url = settings().replica_url
    assert url is not None
    return Replica(url)


@contextmanager
def replica_session() -> Iterator[Session]:
    """Errors: ReaderFailure, whatever the database's error is."""
    with Session(read_only(replica().engine)) as session:
        try:
            yield session
        except (ServiceUnavailable, SQLAlchemyError) as error:
            replica().note_failure()
            raise ReplicaFailure from error.__cause__ or error
        replica().note_answer()
