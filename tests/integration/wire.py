"""Postgres's wire protocol between a client and its server: what a client sends, statement by statement.

Source: PostgreSQL documentation, "Message Formats".
"""

import re
import select
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field

# Amazon RDS user guide, "Avoiding pinning an RDS Proxy", the conditions for PostgreSQL.
PINS = re.compile(
    r"^\s*(SET|RESET|PREPARE|EXECUTE|DEALLOCATE|DISCARD|LISTEN|UNLISTEN|LOAD|DECLARE)\b"
    r"|\bset_config\s*\("
    r"|\bCREATE\s+(LOCAL\s+|GLOBAL\s+)?TEMP(ORARY)?\b"
    r"|\b(nextval|setval|currval|lastval)\s*\("
    r"|\bpg_(try_)?advisory_lock(_shared)?\s*\(",
    re.IGNORECASE | re.MULTILINE,
)
MAX_STATEMENT = 16 * 1024  # bytes
SSL_REQUEST = (8).to_bytes(4) + (80877103).to_bytes(4)
PLAIN_SELECT = re.compile(
    r"^\s*(SELECT|WITH)\b(?!.*\b(INSERT|UPDATE|DELETE|MERGE|FOR (KEY )?SHARE)\b)", re.DOTALL
)
READY = b"Z" + (5).to_bytes(4) + b"I"
WHOLE_STATEMENT = b"PBDES"  # Parse, Bind, Describe, Execute, Sync
STARTUP = {"user", "database", "application_name", "client_encoding", "DateStyle", "TimeZone"}


@dataclass
class Recorder:
    """A TCP proxy in front of a server on 127.0.0.1. What breaks a rule is named in `violations`."""

    server_port: int
    statements: list[str] = field(default_factory=list)
    round_trips: int = 0  # how often a client sent something after it had waited for the server
    connections: int = 0
    violations: list[str] = field(default_factory=list)
    hangs_up_at: bytes | None = None  # of what the server says: this never arrives
    closes_fresh: bool = False  # each connection, once its sign-in is complete

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        session = _Session(self)
        # Either end may go away in the middle of something.
        with (
            client,
            socket.create_connection(("127.0.0.1", self.server_port)) as server,
            suppress(ConnectionError),
        ):
            while True:
                for source in select.select([client, server], [], [])[0]:
                    data = source.recv(65536)
                    if not data:
                        return
                    if source is server and self.hangs_up_at and self.hangs_up_at in data:
                        return
                    if source is client:
                        session.from_client(data)
                        server.sendall(data)
                    else:
                        session.from_server(data)
                        client.sendall(data)
                        if self.closes_fresh and data.endswith(READY):
                            return


class _Session:
    """One connection; each message is taken note of before it is passed on, unless it is encrypted."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._sent = b""
        self._turn_ended = True
        self._started = self._asked_for_ssl = self._encrypted = False
        # As the client has it, which may have sent BEGIN and not seen the answer: now, and at the last Sync.
        self._in_transaction = self._was_in_transaction = False
        self._parsed = ""  # the unnamed statement
        self._since_sync = b""

    def from_client(self, data: bytes) -> None:
        if self._turn_ended:
            self._recorder.round_trips += 1
            self._since_sync += b"|" if self._since_sync else b""
            self._turn_ended = False
        if self._encrypted:
            return
        self._sent += data
        if self._sent[:8] == SSL_REQUEST and not self._started:
            self._sent, self._asked_for_ssl = self._sent[8:], True
        if not self._started and len(self._sent) >= 4:
            size = int.from_bytes(self._sent[:4])
            if len(self._sent) >= size:
                self._startup(self._sent[8:size])
                self._started, self._sent = True, self._sent[size:]
        if self._started:
            self._sent = self._messages(self._sent, self._from_client)

    def from_server(self, data: bytes) -> None:
        self._turn_ended = True
        if self._asked_for_ssl and not self._started:  # one byte that is no message
            self._encrypted = data == b"S"

    @staticmethod
    def _messages(data: bytes, take) -> bytes:
        while len(data) >= 5 and len(data) > (size := int.from_bytes(data[1:5])):
            take(data[:1], data[5 : size + 1])
            data = data[size + 1 :]
        return data

    def _startup(self, body: bytes) -> None:
        names = {name.decode() for name in body.split(b"\0")[0:-2:2]}
        if names - STARTUP:
            self._recorder.violations.append(f"the startup packet carries {sorted(names - STARTUP)}")

    def _from_client(self, kind: bytes, body: bytes) -> None:
        if kind == b"Q":
            self._statement(body.partition(b"\0")[0])
            self._executed()
        elif kind == b"P":
            name, _, rest = body.partition(b"\0")
            if name:
                self._recorder.violations.append(f"a prepared statement is named {name!r}")
            self._statement(rest.partition(b"\0")[0])
        if kind in WHOLE_STATEMENT:
            self._since_sync += kind
        if kind == b"E":
            self._executed()
        if kind in b"QS":
            if not self._was_in_transaction and self._since_sync not in (WHOLE_STATEMENT, b"S", b""):
                self._recorder.violations.append(f"more than one flush outside a transaction: {self._parsed}")
            self._since_sync = b""
            self._was_in_transaction = self._in_transaction

    def _statement(self, raw: bytes) -> None:
        self._parsed = text = raw.decode()
        self._recorder.statements.append(text)
        if PINS.search(text):
            self._recorder.violations.append(f"a statement pins: {text}")
        if len(raw) > MAX_STATEMENT:
            self._recorder.violations.append(f"a statement of {len(raw)} bytes pins: {text[:60]}")
        if not (self._in_transaction or text.startswith("begin") or PLAIN_SELECT.match(text)):
            self._recorder.violations.append(f"a statement outside a transaction: {text}")

    def _executed(self) -> None:
        if self._parsed.startswith("begin"):
            self._in_transaction = True
        elif self._parsed in ("commit", "rollback"):
            self._in_transaction = False
