"""Rules for the schema and for changes of rows, and the messages of broken rules."""

from collections.abc import Iterator

from shared.models import map_all

import pytest
import sqlalchemy as sa

from tests.conftest import NewUser
from tests.contract.broken_handlers import without
from tests.contract.row_rules import (
    changes_lock_their_row,
    checks_say_how_they_are_answered,
    foreign_keys_have_an_index,
    lists_follow_an_index,
    models_have_their_migration,
    rows_go_with_their_user,
    tables_of_users_say_what_is_exported,
    unique_values_have_their_code,
)
from tests.sample.models import SampleBase
from tests.support.sample_calls import World, merged_from, of_kind


def test_every_foreign_key_has_an_index(db: sa.Connection) -> None:
    assert list(foreign_keys_have_an_index(db)) == []


def test_a_foreign_key_without_an_index_is_said(db: sa.Connection) -> None:
    db.execute(sa.text("DROP INDEX ix_lockers_owner_id_id"))
    [said] = foreign_keys_have_an_index(db)
    assert said == (
        "lockers.owner_id points to users, and no index begins with it:"
        ' add Index(None, "owner_id") to its model, and a migration'
    )
    db.rollback()


def test_models_and_migrations_never_differ(db: sa.Connection) -> None:
    assert list(models_have_their_migration(db, map_all())) == []


def test_a_model_without_its_migration_is_said(db: sa.Connection) -> None:
    models = sa.MetaData()
    for table in map_all().sorted_tables:
        table.to_metadata(models)
    sa.Table("wombats", models, sa.Column("id", sa.BigInteger, primary_key=True))
    models.tables["users"].append_column(sa.Column("wombat", sa.Text))
    assert list(models_have_their_migration(db, models)) == [
        "no migration makes what the models say (add_table wombats): make revision MESSAGE=…",
        "no migration makes what the models say (add_column users wombat): make revision MESSAGE=…",
    ]


def test_tables_of_users_say_what_is_exported() -> None:
    assert list(tables_of_users_say_what_is_exported(map_all())) == []
    assert list(tables_of_users_say_what_is_exported(SampleBase.metadata)) == []


def test_rows_go_with_their_user() -> None:
    assert list(rows_go_with_their_user(map_all())) == []


def test_rows_that_no_export_shows_and_that_stay_are_said() -> None:
    models = sa.MetaData()
    sa.Table("users", models, sa.Column("id", sa.BigInteger, primary_key=True))
    sa.Table("drafts", models, sa.Column("author_id", sa.ForeignKey("users.id")))
    [exported] = tables_of_users_say_what_is_exported(models)
    assert exported == (
        "drafts: its rows name a user, and no export shows them: end its __table_args__ with"
        " exported(kind, columns…), or not_exported(reason), of shared.models.base"
    )
    [stays] = rows_go_with_their_user(models)
    assert stays == (
        'drafts: a deleted user\'s rows stay: give the foreign key of "author_id"'
        ' ondelete="CASCADE", or "SET NULL" for what others share'
    )


def test_every_check_says_how_it_is_answered() -> None:
    assert list(checks_say_how_they_are_answered(map_all())) == []


def test_a_check_without_its_answer_is_said() -> None:
    models = sa.MetaData()
    sa.Table("drafts", models, sa.Column("size", sa.Integer), sa.CheckConstraint("size > 0", "size"))
    assert list(checks_say_how_they_are_answered(models)) == [
        (
            "drafts: a value that the check size refuses has no answer:"
            " give it info=invalid(field, message) of shared.models.base"
        )
    ]


def test_every_unique_value_has_its_code() -> None:
    assert list(unique_values_have_their_code(map_all())) == []


def test_a_unique_value_without_its_code_is_said() -> None:
    models = sa.MetaData()
    sa.Table("drafts", models, sa.Column("slug", sa.Text), sa.UniqueConstraint("slug"))
    assert list(unique_values_have_their_code(models)) == [
        'drafts: a value that is taken has no code: UniqueConstraint("slug", info=taken(…))'
    ]


@pytest.mark.parametrize("operation", of_kind("update") + of_kind("delete"))
def test_a_change_compares_a_locked_row(world: World, operation: str) -> None:
    assert list(changes_lock_their_row(world, operation)) == []


@pytest.mark.parametrize("operation", ["update_gadget", "delete_gadget"])
def test_a_row_that_is_not_locked_is_said(db: sa.Connection, new_user: NewUser, operation: str) -> None:
    row = "select(Gadget).where(Gadget.id == gadget_id)"
    world = World(db, new_user, without(operation, f"{row}.with_for_update()", row))
    assert list(changes_lock_their_row(world, operation)) == [
        f"{operation} compares a row that it has not locked: read it .with_for_update()"
    ]


# The way to a merged page depends on its owners: tests/infra/test_indexes.py looks at it with many rows.
@pytest.mark.parametrize("operation", [each for each in of_kind("list") if not merged_from(each)])
def test_a_list_follows_an_index(world: World, operation: str) -> None:
    assert list(lists_follow_an_index(world, operation)) == []


NO_INDEX = "finds its page without an index: add one that begins with what the list is filtered by"
NO_INDEX += " and ends with its key"


def test_an_order_without_an_index_is_said(db: sa.Connection, new_user: NewUser) -> None:
    world = World(db, new_user, without("list_gadgets", "[Gadget.id]", "[Gadget.id % 7, Gadget.id]"))
    assert list(lists_follow_an_index(world, "list_gadgets")) == [f"list_gadgets {NO_INDEX}"]


@pytest.fixture
def no_index_of_lockers(db: sa.Connection) -> Iterator[None]:
    definition = db.scalar(
        sa.text("SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_lockers_owner_id_id'")
    )
    db.execute(sa.text("DROP INDEX ix_lockers_owner_id_id"))
    db.commit()
    yield
    db.rollback()
    db.execute(sa.text(definition))
    db.commit()


@pytest.mark.usefixtures("no_index_of_lockers")
def test_a_filter_without_an_index_is_said(world: World) -> None:
    assert list(lists_follow_an_index(world, "list_lockers")) == [f"list_lockers {NO_INDEX}"]
