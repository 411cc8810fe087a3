"""One successful call for each operation: tests/<domain>/samples.py declares it, a World makes it.

Tests of conventions, ownership, claims, statements and order run over all of them.
"""

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any

from shared.models.sign_in import RefreshFamily

import sqlalchemy as sa

from tests.support.client import ROOT, ROUTES, SAMPLE_ROUTES, Answer, Client

TABLE = {row["operation_id"]: row for row in ROUTES + SAMPLE_ROUTES}
OF_SAMPLE = {row["operation_id"] for row in SAMPLE_ROUTES}
NOWHERE = 2**63 - 1

type NewUser = Callable[..., Client]
type Body = dict[str, Any]


@dataclass(frozen=True)
class Rows:
    """The rows of a list: `add` makes one at a path and returns the id in this table's column.

    `merges`: the page is merged from rows of several owners, whom the statement reads first.
    """

    add: Callable[["World", str], int]
    table: str
    column: str = "id"
    merges: str = ""  # the table that says whose rows they are


@dataclass(frozen=True)
class Sample:
    """`{book}` in a path is the id of a new book, `{user}` a new user's, `{session}` the caller's.

    `{n}` in a body's texts is a unique number. A create's first text takes any text. A list's rows declare
    how a test adds one.
    """

    path: str
    body: Body | Callable[["World"], Body | None] | None = None
    rows: Rows | None = None


@cache
def samples() -> dict[str, Sample]:
    """Returns the samples by operation."""
    files = sorted((ROOT / "tests").glob("*/samples.py"))
    modules = [importlib.import_module(f"tests.{file.parent.name}.samples") for file in files]
    return {operation: sample for module in modules for operation, sample in module.SAMPLES.items()}


class World:
    """An admin's client over a database with only the admin and the rows that samples need."""

    def __init__(self, db: sa.Connection, new_user: NewUser, anyone: Client | None = None) -> None:
        """`anyone`: the client, without claims, that runs the handlers."""
        self.db, self.anyone = db, anyone or Client()
        self._new_user = new_user
        self._number = 0
        self.admin = self._user("admin", role="admin")

    def _user(self, username: str, **columns: Any) -> Client:
        own = self.anyone
        return replace(self._new_user(username, **columns), run=own.run, holds=own.holds, cookies=own.cookies)

    def next(self) -> int:
        self._number += 1
        return self._number

    def user(self) -> Client:
        return self._user(f"user{self.next()}")

    def path(self, template: str, by: Client | None = None) -> str:
        """Returns `template` with ids of new rows, made by that user or the admin."""
        return re.sub(r"{(\w+)}", lambda match: str(self.make(match[1], by)), template)

    def make(self, resource: str, by: Client | None = None) -> int:
        """Returns the id of a new row."""
        if resource == "user":
            return id_of(self.user())
        if resource == "session":
            return self._session(by or self.admin)
        is_admins = TABLE[f"create_{resource}"]["auth"] == "A"
        answer = self.create(resource, None if is_admins else by)
        return int(answer.json()["id"])

    def _session(self, of: Client) -> int:
        row = sa.insert(RefreshFamily).values(
            user_id=id_of(of), expires_at=sa.func.now() + timedelta(days=30)
        )
        session_id = self.db.scalars(row.returning(RefreshFamily.id)).one()
        self.db.commit()
        return session_id

    def create(self, resource: str, by: Client | None = None) -> Answer:
        answer = self.call(f"create_{resource}", by)
        assert answer.status == 201, answer.body
        return answer

    def body(self, operation: str) -> Body | None:
        body, number = samples()[operation].body, self.next()
        if callable(body):
            return body(self)
        if body is None:
            return None
        return {
            name: value.format(n=number) if isinstance(value, str) else value for name, value in body.items()
        }

    def call(self, operation: str, by: Client | None = None, rows_of: Client | None = None) -> Answer:
        """Makes the sample's call as that user or the admin, on rows of the owner or the caller."""
        path = self.path(samples()[operation].path, rows_of or by)
        client = by or self.admin
        return client.call(TABLE[operation]["method"], path, json=self.body(operation))


def id_of(client: Client) -> int:
    assert client.claims is not None
    return int(client.claims["sub"])


def created(resource: str) -> Callable[[World, str], int]:
    """Returns rows for a list of all rows."""
    return lambda world, path: world.make(resource)


def deployed() -> list[str]:
    """Returns the operations with a sample call, but for those of tests/sample, which no stack deploys."""
    return [operation for operation in samples() if operation in TABLE and operation not in OF_SAMPLE]


def of_kind(kind: str) -> list[str]:
    return [operation for operation in deployed() if TABLE[operation]["kind"] == kind]


def merged_from(operation: str) -> str:
    """Returns the table from which a list reads whose rows it merges, empty for other lists."""
    rows = samples()[operation].rows
    return rows.merges if rows else ""


def resource_of(operation: str) -> str:
    return operation.partition("_")[2]


def first_text(body: Body) -> str:
    return next(name for name, value in body.items() if isinstance(value, str))
