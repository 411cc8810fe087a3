"""Postgres's wire protocol between a client and its server: what a client sends, statement by statement.

Source: PostgreSQL documentation, "Message Formats".
"""

import re
import select
import socket
import threading
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
STARTUP = {"user", "database", "application_name", "client_encoding", "DateStyle", "TimeZone"}


@dataclass
class Recorder:
    """A TCP proxy in front of a server on 127.0.0.1. What breaks a rule is named in `violations`."""

    server_port: int
    statements: list[str] = field(default_factory=list)
    connections: int = 0
    violations: list[str] = field(default_factory=list)

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
        with client, socket.create_connection(("127.0.0.1", self.server_port)) as server:
            while True:
                for source in select.select([client, server], [], [])[0]:
                    data = source.recv(65536)
                    if not data:
                        return
                    if source is client:
                        session.from_client(data)
                        server.sendall(data)
                    else:
                        session.from_server(data)
                        client.sendall(data)


class _Session:
    """One connection; each message is taken note of before it is passed on."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._sent, self._received = b"", b""
        self._started = False
        self._ssl_answers = 0  # bytes that are no message
        self._in_transaction = False

    def from_client(self, data: bytes) -> None:
        self._sent += data
        if self._sent[:8] == SSL_REQUEST and not self._started:  # the driver asks; the server says N
            self._sent, self._ssl_answers = self._sent[8:], 1
        if not self._started and len(self._sent) >= 4:
            size = int.from_bytes(self._sent[:4])
            if len(self._sent) >= size:
                self._startup(self._sent[8:size])
                self._started, self._sent = True, self._sent[size:]
        if self._started:
            self._sent = self._messages(self._sent, self._from_client)

    def from_server(self, data: bytes) -> None:
        data, self._ssl_answers = data[self._ssl_answers :], 0
        self._received = self._messages(self._received + data, self._from_server)

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
        elif kind == b"P":
            name, _, rest = body.partition(b"\0")
            if name:
                self._recorder.violations.append(f"a prepared statement is named {name!r}")
            self._statement(rest.partition(b"\0")[0])

    def _statement(self, raw: bytes) -> None:
        text = raw.decode()
        self._recorder.statements.append(text)
        if PINS.search(text):
            self._recorder.violations.append(f"a statement pins: {text}")
        if len(raw) > MAX_STATEMENT:
            self._recorder.violations.append(f"a statement of {len(raw)} bytes pins: {text[:60]}")
        if not self._in_transaction and not text.upper().startswith("BEGIN"):
            self._recorder.violations.append(f"a statement outside a transaction: {text}")

    def _from_server(self, kind: bytes, body: bytes) -> None:
        if kind == b"Z":
            self._in_transaction = body != b"I"
