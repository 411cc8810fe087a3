"""Rules for every list."""

from typing import Any

from shared.database.pages import Page, position_type

import pytest
import sqlalchemy as sa

from tests.support.sample_calls import Rows, World, of_kind, samples

pytestmark = pytest.mark.parametrize("operation", of_kind("list"))


class Listed:
    """A list with a row or more, by their ids."""

    def __init__(self, world: World, operation: str) -> None:
        sample = samples()[operation]
        assert isinstance(sample.rows, Rows)
        self._world, self._rows = world, sample.rows
        self.path = world.path(sample.path)

    def add(self) -> int:
        return self._rows.add(self._world, self.path)

    def remove(self, row: int) -> None:
        db, rows = self._world.db, self._rows
        db.execute(sa.text(f"DELETE FROM {rows.table} WHERE {rows.column} = :row"), {"row": row})
        db.commit()


@pytest.fixture
def listed(world: World, operation: str) -> Listed:
    return Listed(world, operation)


def test_cursors_lead_to_the_end_while_rows_come_and_go(world: World, listed: Listed, operation: str) -> None:
    there = [listed.add() for _ in range(9)]
    seen: list[int] = []
    path, pages = f"{listed.path}?limit=2", 0
    while path:
        page = world.admin.get(path)
        assert page.status == 200
        seen += [row["id"] for row in page.json()]
        path = page.headers.get("link", "").partition(">")[0].lstrip("<")
        pages += 1
        listed.add()  # newer than all that is still to come
        if pages == 2:
            listed.remove(there[8])  # shown already
            listed.remove(there[0])  # still to come
    kept = [row for row in seen if row in there]
    assert len(set(seen)) == len(seen)
    assert kept == [row for row in reversed(there) if row != there[0]]


def test_cursors_are_bound_to_their_list_and_whole(world: World, listed: Listed, operation: str) -> None:
    for _ in range(3):
        listed.add()
    link = world.admin.get(f"{listed.path}?limit=1").headers["link"]
    cursor = link.partition("cursor=")[2].partition(">")[0]
    assert world.admin.get(f"{listed.path}?cursor={cursor}").status == 200
    elsewhere = "/api/v1/gadgets"
    for path in (
        f"{elsewhere}?cursor={cursor}",
        f"{listed.path}?cursor={'A' if cursor[0] != 'A' else 'B'}{cursor[1:]}",
        f"{listed.path}?cursor={cursor}A",
        f"{listed.path}?cursor=%F0%9F%98%80",
    ):
        answer = world.admin.get(path)
        assert (answer.status, answer.error) == (400, "invalid_cursor"), path


def test_a_cursor_can_hold_its_key(
    world: World, listed: Listed, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it raises the sentence that names the column."""
    keys: list[Any] = []
    seek = Page.seek
    monkeypatch.setattr(Page, "seek", lambda page, of, key: keys.extend(key) or seek(page, of, key))
    world.admin.get(listed.path)
    assert keys
    for column in keys:
        position_type(column)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "offset=-1", "offset=10001", "cursor=a&offset=1", "colour=red"]
)
def test_bounds_hold(world: World, listed: Listed, operation: str, query: str) -> None:
    answer = world.admin.get(f"{listed.path}?{query}")
    assert (answer.status, answer.error) == (422, "validation_error")
