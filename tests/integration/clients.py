"""`python -m tests.integration.clients PROCESSES ROUNDS`: that many clients at once run the real handlers.

Each is a process of its own, forked from one that has done all of it before, as a restored snapshot is,
and checks what it reads back. The outcome is one line of JSON.
"""

import asyncio
import json
import os
import sys
from collections import Counter
from typing import Any

from shared.database.sessions import close_connections

from tests.client import Answer, Client

USERS = 20  # whose ids are 1, 2, ...


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
        item = self.expect(self.api.post("/api/v1/items", json=sent, headers=key), 201)
        if item is None or {**sent, "id": item["id"]} != item:
            self.counts["wrong rows"] += item is not None
            return
        path = f"/api/v1/items/{item['id']}"
        self.expect(self.api.get(path), 200, [item])
        self.expect(self.api.post("/api/v1/items", json=sent, headers=key), 201, [item])
        for listed in self.expect(self.api.get("/api/v1/items?limit=20"), 200) or []:
            self.counts["wrong rows"] += listed["description"] != f"of {listed['name']}"
        renamed = {**item, "name": f"{name}!", "description": f"of {name}!"}
        changes = {"name": renamed["name"], "description": renamed["description"]}
        self.expect(self.api.put(path, json=changes), 200, [renamed])
        if number % 2:
            self.expect(self.api.delete(path), 200, [renamed])
            self.expect(self.api.get(path), 404)


def visit(number: int, rounds: int) -> Counter[str]:
    asyncio.set_event_loop(asyncio.new_event_loop())  # the inherited one belongs to all of them
    visitor = Visitor(number)
    for each in range(rounds):
        try:
            visitor.one_round(each)
        except Exception as error:
            visitor.counts[f"error {type(error).__name__}"] += 1
    return visitor.counts


def main(processes: int, rounds: int) -> None:
    visit(0, 2)
    close_connections()
    start, go = os.pipe()
    results, result = os.pipe()
    for number in range(1, processes + 1):
        if os.fork() == 0:
            os.close(go)
            os.read(start, 1)  # ends when the parent closes the other end: all begin at once
            os.write(result, json.dumps(visit(number, rounds)).encode() + b"\n")
            os._exit(0)
    os.close(go)
    os.close(result)
    with os.fdopen(results) as lines:
        finished = [Counter(json.loads(line)) for line in lines]
    for _ in range(processes):
        os.wait()
    sys.stdout.write(json.dumps({"finished": len(finished), **sum(finished, Counter())}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
