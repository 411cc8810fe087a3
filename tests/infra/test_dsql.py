"""The list of what a port to Aurora DSQL changes is true of the migrated schema and of the code."""

import re

import pytest
import sqlalchemy as sa

from infra.tools.scale import dsql
from tests.support.client import ROOT

COLUMNS = "information_schema.columns WHERE table_schema = 'public'"
OURS = "'public'::regnamespace"
USED = {
    "foreign keys": "pg_constraint WHERE contype = 'f'",
    "cascades over many rows": "pg_constraint WHERE contype = 'f' AND confdeltype = 'c'",
    "CHECK constraints": f"pg_constraint WHERE contype = 'c' AND connamespace = {OURS}",
    "identity columns": f"{COLUMNS} AND is_identity = 'YES'",
    "array columns": f"{COLUMNS} AND data_type = 'ARRAY'",
    "JSONB columns": f"{COLUMNS} AND data_type = 'jsonb'",
    "partial indexes": "pg_index WHERE indpred IS NOT NULL",
    "an index over an expression": "pg_index WHERE indexprs IS NOT NULL",
}
ABSENT = {
    "triggers": "pg_trigger WHERE NOT tgisinternal",
    "functions": f"pg_proc WHERE pronamespace = {OURS}",
    "extensions": "pg_extension WHERE extname <> 'plpgsql'",
    "views": "pg_views WHERE schemaname = 'public'",
    "types": f"pg_type WHERE typtype IN ('e', 'd') AND typnamespace = {OURS}",
    "identity columns other than bigint": f"{COLUMNS} AND is_identity = 'YES' AND data_type <> 'bigint'",
    "collations": f"{COLUMNS} AND collation_name IS NOT NULL",
    "indexes of more than 8 columns": "pg_index JOIN pg_class ON indrelid = pg_class.oid"
    f" WHERE relnamespace = {OURS} AND indnkeyatts > 8",
}


def exists(owner: sa.Engine, what: str) -> bool:
    with owner.connect() as db:
        return bool(db.scalar(sa.text(f"SELECT EXISTS (SELECT FROM {what})")))


@pytest.mark.parametrize("what", USED)
def test_what_the_schema_has_is_in_the_list(what: str, owner: sa.Engine) -> None:
    [item] = [each for each in dsql.items() if each["what"] == what]
    has = exists(owner, USED[what])
    assert has == any(dsql.where(item))


@pytest.mark.parametrize("what", ABSENT)
def test_what_the_list_leaves_out_the_schema_has_not(what: str, owner: sa.Engine) -> None:
    assert not exists(owner, ABSENT[what])


@pytest.mark.parametrize(
    ("what", "statement"),
    [
        ("views", "CREATE VIEW seen AS SELECT 1"),
        ("types", "CREATE TYPE mood AS ENUM ('calm')"),
        ("functions", "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'"),
        ("collations", 'CREATE TABLE sorted (name text COLLATE "C")'),
        ("identity columns other than bigint", "CREATE TABLE small (id int GENERATED ALWAYS AS IDENTITY)"),
    ],
)
def test_what_is_added_is_noticed(what: str, statement: str, owner: sa.Engine) -> None:
    with owner.connect() as db:  # and taken back
        db.execute(sa.text(statement))
        assert db.scalar(sa.text(f"SELECT EXISTS (SELECT FROM {ABSENT[what]})"))


def test_every_lock_of_the_code_is_in_one_of_its_lines() -> None:
    strengths = ("FOR UPDATE", "FOR KEY SHARE", "FOR NO KEY UPDATE", "SKIP LOCKED")
    lines = [each for each in dsql.items() if any(strength in each["what"] for strength in strengths)]
    assert len(lines) == len(strengths)
    patterns = [re.compile(each["pattern"]) for each in lines]
    for file in [*(ROOT / "functions").rglob("*.py"), *(ROOT / "shared").rglob("*.py")]:
        for lock in re.findall(r"with_for_update\([^)]*\)", file.read_text()):
            assert any(pattern.search(lock) for pattern in patterns), f"{file}: {lock}"


def test_each_item_has_its_source() -> None:
    assert [each["what"] for each in dsql.items() if not each["source"].startswith("https://")] == []
