"""pg8000's connection with one round trip a statement, and its dialect; the driver itself takes three.

It sends the driver's own messages in the same order, without its waits. It reads the answers in the same
order, each up to its ReadyForQuery, so an error skips none. So BEGIN travels with the first statement. A
statement outside a transaction is one flush with one Sync, so a transaction pooler cannot switch the server
connection in the middle of it.

Source: PostgreSQL documentation, "Message Flow". It uses these parts of pg8000 1.31 that are not public:
`Context`, `handle_messages`, `make_params`, the message codes, `_sock`, `_usock`, `_client_encoding`.
"""

import re
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any

from pg8000.converters import make_params
from pg8000.core import (
    BIND,
    DESCRIBE,
    EXECUTE_MSG,
    NULL_BYTE,
    PARSE,
    PORTAL,
    QUERY,
    SYNC_MSG,
    Context,
    H_pack,
    _create_message,
    _flush,
    _write,
    i_pack,
)
from pg8000.exceptions import Error, InterfaceError
from pg8000.legacy import Connection
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.pg8000 import PGDialect_pg8000, PGExecutionContext_pg8000
from sqlalchemy.engine.interfaces import IsolationLevel

DRIVER_NAME = "postgresql+pipelined"  # of the dialect, for `create_engine`
BEGIN = "begin transaction"  # as the driver's cursor says it
DESCRIBE_PORTAL = _create_message(DESCRIBE, PORTAL + NULL_BYTE)
NULL_VALUE = i_pack(-1)


class PipelinedConnection(Connection):  # type: ignore[misc]
    """`deferred`: sends statements together with the following one, which raises their errors.

    `pipeline_commit`: sends COMMIT with the next statement, which raises an error of either.
    """

    deferred = pipeline_commit = False
    after_round_trip: Callable[[Sequence[str], float], None] | None = None  # hears of statements and seconds
    _commit_pipelined = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._unsent: list[tuple[bytes, Context]] = []
        super().__init__(*arguments, **options)

    @property
    def _in_transaction(self) -> bool:
        return bool(self._unsent) or bool(super()._in_transaction)

    def execute_simple(self, statement: str) -> Context:
        message = _create_message(QUERY, self._text(statement))
        return self._execute(message, Context(statement), waits=statement != BEGIN)

    def execute_unnamed(self, statement: str, vals: Any = (), oids: Any = (), stream: Any = None) -> Context:
        types = b"".join(i_pack(0 if oid == -1 else oid) for oid in oids)
        parse = NULL_BYTE + self._text(statement) + H_pack(len(oids)) + types
        values = b"".join(map(self._value, make_params(self.py_types, vals)))
        bind = NULL_BYTE + NULL_BYTE + H_pack(0) + H_pack(len(vals)) + values + H_pack(0)
        message = _create_message(PARSE, parse) + _create_message(BIND, bind)
        message += DESCRIBE_PORTAL + EXECUTE_MSG + SYNC_MSG
        waits = self.autocommit or not self.deferred
        return self._execute(message, Context(statement, stream=stream), waits=waits)

    def commit(self) -> None:
        self.deferred = self._commit_pipelined = False
        if self._in_transaction:
            self.execute_simple("commit")

    def rollback(self) -> None:
        self.deferred = self.pipeline_commit = self._commit_pipelined = False
        self._unsent.clear()  # nobody will miss it
        if self._in_transaction:
            self.execute_simple("rollback")

    def _text(self, text: str) -> bytes:
        return bytes(text.encode(self._client_encoding) + NULL_BYTE)

    def _value(self, value: str | None) -> bytes:
        if value is None:
            return bytes(NULL_VALUE)
        encoded = value.encode(self._client_encoding)
        return bytes(i_pack(len(encoded)) + encoded)

    def _execute(self, message: bytes, context: Context, *, waits: bool) -> Context:
        if self._commit_pipelined:
            raise InterfaceError("a statement follows the one that took COMMIT along")
        self._unsent.append((message, context))
        if waits:
            if self.pipeline_commit:
                self.pipeline_commit, self._commit_pipelined = False, True
                self._unsent.append((_create_message(QUERY, b"commit" + NULL_BYTE), Context("commit")))
            self._exchange()
        return context

    def _exchange(self) -> None:
        """Sends pending messages in one flush, reads every answer and raises the first error among them."""
        sent, self._unsent = self._unsent, []
        if self._sock is None:
            raise InterfaceError("connection is closed")
        began = time.perf_counter()
        _write(self._sock, b"".join(message for message, _ in sent))
        _flush(self._sock)
        for _, context in sent:
            try:
                self.handle_messages(context)
            except Error as error:
                if error is not context.error:  # not the server's answer: there will be no more of them
                    raise
        if self.after_round_trip is not None:
            self.after_round_trip([context.statement for _, context in sent], time.perf_counter() - began)
        for _, context in sent:
            if context.error is not None:
                raise context.error


def connect(
    *, host: str, port: int = 5432, timeout: float | None = None, **options: Any
) -> PipelinedConnection:
    """Connects without Nagle's algorithm, which delays the last part of a TLS handshake.

    `timeout`: seconds for connecting, and later for one read from the socket.
    """
    try:
        sock = socket.create_connection((host, port), timeout)
    except OSError as error:
        raise InterfaceError(f"Can't create a connection to host {host} and port {port}") from error
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    try:
        return PipelinedConnection(host=host, port=port, sock=sock, **options)
    except BaseException:
        sock.close()
        raise


class _ExecutionContext(PGExecutionContext_pg8000):
    """Adds the execution options `deferred` and `pipeline_commit`: see `PipelinedConnection`."""

    def pre_exec(self) -> None:
        """Turns deferring off for a statement that returns rows."""
        driver: Any = self._dbapi_connection.dbapi_connection
        compiled: Any = self.compiled
        is_dml = self.isinsert or self.isupdate or self.isdelete
        may_wait = is_dml and not compiled.effective_returning
        driver.deferred = self.execution_options.get("deferred", False) and may_wait
        driver.pipeline_commit = self.execution_options.get("pipeline_commit", False)


class PipelinedDialect(PGDialect_pg8000):
    """SQLAlchemy's pg8000 dialect over a pipelined connection, without its probing."""

    driver = "pipelined"
    supports_statement_cache = True
    execution_ctx_cls = _ExecutionContext

    def connect(self, **options: Any) -> Any:
        return connect(**options)

    def set_isolation_level(self, dbapi_connection: Any, level: IsolationLevel) -> None:
        """Accepts AUTOCOMMIT or the server's default, which needs no `SET`: that would pin RDS Proxy."""
        dbapi_connection.autocommit = level == "AUTOCOMMIT"

    def get_isolation_level_values(self, dbapi_connection: Any) -> tuple[IsolationLevel, ...]:
        return ("AUTOCOMMIT", "READ COMMITTED")

    # Answers to SQLAlchemy's queries at the first connection: the server has sent them, or they are fixed.

    def get_default_isolation_level(self, dbapi_connection: Any) -> IsolationLevel:
        return "READ COMMITTED"

    def _get_default_schema_name(self, connection: Any) -> str:
        return "public"

    def _get_server_version_info(self, connection: Any) -> tuple[int, ...]:
        version = _reported(connection, "server_version")
        return tuple(int(number) for number in re.findall(r"\d+", version.split()[0]))

    def _set_backslash_escapes(self, connection: Any) -> None:
        self._backslash_escapes = _reported(connection, "standard_conforming_strings") == "off"


def _reported(connection: Any, parameter: str) -> str:
    value: str = connection.connection.dbapi_connection.parameter_statuses[parameter]
    return value


registry.register("postgresql.pipelined", __name__, PipelinedDialect.__name__)
