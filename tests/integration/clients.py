"""`python -m tests.integration.clients PROCESSES ROUNDS`: that many clients at once run the real handlers.

Each is a process of its own, forked from one that has done all of it before, as a restored snapshot is,
and checks what it reads back. The outcome is one line of JSON.
"""

import asyncio
import json
import os
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from shared.database.engines import close_connections

from tests.support.client import Answer, Client

USERS = 20  # whose ids are 1, 2, ...
SIGN_INS = 8  # at a time


class Visitor:
    def __init__(self, number: int) -> None:
        self.number = number
        self.api = Client().as_user(1 + number % USERS)
        self.counts: Counter[str] = Counter()

    def expect(self, answer: Answer, status: int, rows: list[dict[str, Any]] | None = None) -> Any:
        self.counts["requests"] += 1
        if answer.status != status:
            self.counts[f"error {answer.status}"] += 1
            return None
        shown = answer.json()
        if rows is not None and shown != rows and shown != rows[0]:
            self.counts["wrong rows"] += 1
        return shown

    def one_round(self, number: int) -> None:
        name = f"{self.number}.{number}"
        sent = {"name": name, "description": f"of {name}"}
        key = {"Idempotency-Key": name}
        item = self.expect(self.api.post("/api/v1/gadgets", json=sent, headers=key), 201)
        if item is None or {**sent, "id": item["id"]} != item:
            self.counts["wrong rows"] += item is not None
            return
        path = f"/api/v1/gadgets/{item['id']}"
        self.expect(self.api.get(path), 200, [item])
        self.expect(self.api.post("/api/v1/gadgets", json=sent, headers=key), 201, [item])
        for listed in self.expect(self.api.get("/api/v1/gadgets?limit=20"), 200) or []:
            self.counts["wrong rows"] += listed["description"] != f"of {listed['name']}"
        renamed = {**item, "name": f"{name}!", "description": f"of {name}!"}
        changes = {"name": renamed["name"], "description": renamed["description"]}
        self.expect(self.api.put(path, json=changes), 200, [renamed])
        if number % 2:
            self.expect(self.api.delete(path), 200, [renamed])
            self.expect(self.api.get(path), 404)


def visit(visitor: Visitor, rounds: int) -> Counter[str]:
    for each in range(rounds):
        try:
            visitor.one_round(each)
        except Exception as error:
            visitor.counts[f"error {type(error).__name__}"] += 1
    return visitor.counts


@dataclass
class Pipes:
    """A byte in `turns` is one process's turn to sign in; what it says in `signed_in` is that it has."""

    turns: tuple[int, int] = field(default_factory=os.pipe)
    signed_in: tuple[int, int] = field(default_factory=os.pipe)
    start: tuple[int, int] = field(default_factory=os.pipe)
    results: tuple[int, int] = field(default_factory=os.pipe)


def one_process(number: int, rounds: int, pipes: Pipes) -> None:
    os.close(pipes.start[1])
    asyncio.set_event_loop(asyncio.new_event_loop())  # the inherited one belongs to all of them
    visitor = Visitor(number)
    turn = os.read(pipes.turns[0], 1)
    visitor.expect(visitor.api.get("/api/v1/gadgets?limit=1"), 200)
    os.write(pipes.turns[1], turn)
    os.write(pipes.signed_in[1], turn)
    os.read(pipes.start[0], 1)  # ends when the parent closes the other end: all begin at once
    os.write(pipes.results[1], json.dumps(visit(visitor, rounds)).encode() + b"\n")


def main(processes: int, rounds: int) -> None:
    visit(Visitor(0), 2)
    close_connections()
    pipes = Pipes()
    for number in range(1, processes + 1):
        if os.fork() == 0:
            try:
                one_process(number, rounds, pipes)
            finally:
                os._exit(0)
    # To sign in takes a processor's time, so that 200 at once would wait longer than a socket does.
    os.write(pipes.turns[1], b"." * SIGN_INS)
    os.close(pipes.signed_in[1])
    signed_in = 0
    while signed_in < processes and (said := os.read(pipes.signed_in[0], processes)):
        signed_in += len(said)
    os.close(pipes.start[1])
    os.close(pipes.results[1])
    with os.fdopen(pipes.results[0]) as lines:
        finished = [Counter(json.loads(line)) for line in lines]
    for _ in range(processes):
        os.wait()
    sys.stdout.write(json.dumps({"finished": len(finished), **sum(finished, Counter())}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
