"""What a session lets through, and what is kept of it."""

from collections.abc import Callable, Iterator
from typing import Any

from shared.database import ReadSession, WriteSession, execute_deferred, get_or_404
from shared.database.engines import engine
from shared.database.read_only import read_only
from shared.http import lambda_handler, one_route_app
from shared.http.errors import Forbidden

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from infra.local.postgres import Cluster
from tests.integration.conftest import database_settings
from tests.sample.models import Gadget
from tests.support.client import Answer, as_answer, make_event


@pytest.fixture(params=["true", "false"], ids=["one flush", "the driver as it comes"], autouse=True)
def pipelines(
    request: pytest.FixtureRequest, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    with database_settings(monkeypatch, DATABASE_URL=cluster.app_url, DATABASE_ONE_FLUSH=request.param):
        yield


@pytest.fixture
def item(db: sa.Connection) -> None:
    db.execute(sa.insert(Gadget).values(name="pen", description="of steel"))
    db.commit()


def names(db: sa.Connection) -> list[str]:
    found = list(db.scalars(sa.select(Gadget.name).order_by(Gadget.id)))
    db.rollback()
    return found


def answer_of(endpoint: Callable[..., Any]) -> Answer:
    app = one_route_app()
    app.post("/sample", response_model=None)(endpoint)
    return as_answer(lambda_handler(app)(make_event("POST", "/sample", "/sample"), None))


class TestReadSession:
    @pytest.mark.parametrize(
        "statement",
        [
            "INSERT INTO gadgets (name, description) VALUES ('x', '')",
            "UPDATE gadgets SET name = 'x'",
            "DELETE FROM gadgets",
            "SELECT id FROM gadgets\nFOR UPDATE",
            "SELECT id FROM gadgets FOR NO KEY UPDATE",
            "SELECT id FROM gadgets FOR SHARE OF gadgets",
            "WITH gone AS (DELETE FROM gadgets RETURNING id) SELECT id FROM gone",
            "SET lock_timeout = 1",
            "SELECTED",
            "",
        ],
    )
    def test_refuses_all_but_plain_selects(self, db: sa.Connection, item: None, statement: str) -> None:
        refused = pytest.raises(RuntimeError, match="a ReadSession sends plain SELECTs alone")
        with Session(read_only(engine())) as session, refused:
            session.execute(sa.text(statement))
        with Session(read_only(engine())) as session:
            assert session.scalars(sa.text("  select name\nFROM gadgets")).all() == ["pen"]
            with_items = "WITH deleted AS (SELECT name FROM gadgets) SELECT name FROM deleted"
            assert session.scalars(sa.text(with_items)).all() == ["pen"]
        assert names(db) == ["pen"]

    def test_refuses_to_flush_a_change(self, db: sa.Connection, item: None) -> None:
        async def change(db: ReadSession) -> None:
            get_or_404(db, sa.select(Gadget)).name = "pencil"
            db.flush()

        assert answer_of(change).status == 500
        assert names(db) == ["pen"]


class TestWriteSession:
    def test_keeps_what_the_route_has_done(self, db: sa.Connection, item: None) -> None:
        async def change(db: WriteSession) -> None:
            get_or_404(db, sa.select(Gadget)).name = "pencil"
            execute_deferred(db, sa.insert(Gadget).values(name="ink", description=""))

        assert answer_of(change).status == 200
        assert names(db) == ["pencil", "ink"]

    def test_of_a_route_that_fails_after_its_flush_keeps_nothing(self, db: sa.Connection, item: None) -> None:
        async def fail(db: WriteSession) -> None:
            get_or_404(db, sa.select(Gadget)).name = "pencil"
            db.flush()
            execute_deferred(db, sa.delete(Gadget))
            raise Forbidden

        assert answer_of(fail).status == 403
        assert names(db) == ["pen"]

    def test_tells_what_the_database_refuses_last(self, db: sa.Connection, item: None) -> None:
        async def too_long(db: WriteSession) -> None:
            db.add(Gadget(name="ink", description=""))
            db.flush()
            get_or_404(db, sa.select(Gadget).where(Gadget.id == 1)).name = "x" * 256

        async def no_name(db: WriteSession) -> None:
            get_or_404(db, sa.select(Gadget)).description = "changed"
            db.flush()
            execute_deferred(db, sa.update(Gadget).values(name=None))

        assert answer_of(too_long).error == answer_of(no_name).error == "database_error"
        assert names(db) == ["pen"]

    def test_tells_that_a_row_went_while_it_was_changed(self, db: sa.Connection, item: None) -> None:
        other = db

        async def change(db: WriteSession) -> None:
            item = get_or_404(db, sa.select(Gadget))
            other.execute(sa.delete(Gadget))
            other.commit()
            item.name = "pencil"

        assert answer_of(change).error == "database_error"
        assert names(db) == []
