"""A migration that keeps callers waiting, or breaks code that runs, is refused with what to say instead."""

from pathlib import Path

import pytest

import infra.deployed.migrations
from infra.deployed.migrations import HERE
from infra.tools.development import migration_lint as rules
from infra.tools.development.migration_lint import migration_faults
from infra.tools.development.new_migration import report
from tests.infra.changes import put_after_ours

NEW_TABLE = (
    'op.create_table("wombats", sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),'
    ' sa.Column("n", sa.Text()), sa.PrimaryKeyConstraint("id"))'
)
UPDATE = "UPDATE papers SET author = title WHERE author IS NULL"


def said(folder: Path, body: str, extra: str = "") -> list[str]:
    """What is said of one revision, without its file's name."""
    (folder / "versions").mkdir()
    (folder / "versions/0001_one.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\nfrom infra.deployed.migrations.online import *\n"
        f"revision, down_revision = '0001', None\n{extra}\ndef upgrade():\n    {body}\n"
    )
    for name in ("env.py", "script.py.mako"):
        (folder / name).write_text((HERE / name).read_text())
    return [sentence.removeprefix("0001_one.py: ") for sentence in migration_faults(folder)]


def test_ours_are_safe() -> None:
    assert migration_faults(HERE) == []


def test_the_models_of_a_change_are_safe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_after_ours(tmp_path / "migrations", monkeypatch)
    assert migration_faults(infra.deployed.migrations.HERE) == []


def test_not_null_is_safe_where_a_check_has_proved_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_after_ours(tmp_path / "migrations", monkeypatch)
    validated = infra.deployed.migrations.HERE / "versions/a4_validate.py"
    validated.write_text(validated.read_text().replace("VALIDATE", "ENABLE TRIGGER ALL; --"))
    [sentence] = migration_faults(infra.deployed.migrations.HERE)
    assert sentence.startswith("a5_not_null.py: adding-not-nullable-field: ")


@pytest.mark.parametrize(
    ("rule", "body"),
    [
        ("require-concurrent-index-creation", 'op.create_index("ix", "papers", ["title"])'),
        ("require-concurrent-index-deletion", 'op.drop_index("ix", "papers")'),
        (
            "ban-concurrent-index-creation-in-transaction",
            'op.create_index("ix", "papers", ["title"], postgresql_concurrently=True)',
        ),
        ("changing-column-type", 'op.alter_column("papers", "title", type_=sa.Text())'),
        ("adding-not-nullable-field", 'op.alter_column("papers", "title", nullable=False)'),
        ("adding-required-field", 'op.add_column("papers", sa.Column("x", sa.Text(), nullable=False))'),
        (
            "adding-field-with-default",
            'op.add_column("papers", sa.Column("x", sa.Uuid(), server_default=sa.text("gen_random_uuid()")))',
        ),
        ("constraint-missing-not-valid", 'op.create_check_constraint("c", "papers", "rating > 0")'),
        ("adding-foreign-key-constraint", 'op.create_foreign_key("f", "papers", "users", ["a"], ["id"])'),
        ("disallowed-unique-constraint", 'op.create_unique_constraint("u", "papers", ["title"])'),
        ("adding-serial-primary-key-field", 'op.create_primary_key("p", "papers", ["id"])'),
        ("ban-drop-column", 'op.drop_column("papers", "title")'),
        ("ban-drop-table", 'op.drop_table("papers")'),
        ("renaming-column", 'op.alter_column("papers", "title", new_column_name="name")'),
        ("renaming-table", 'op.rename_table("papers", "tomes")'),
        ("whole-table-change", f'op.execute("{UPDATE}")'),
        ("whole-table-change", "op.execute('DELETE FROM \"papers\"')"),
        ("whole-table-change", 'op.execute("TRUNCATE papers")'),
        ("table-lock", 'op.execute("LOCK TABLE papers")'),
        ("asks-the-database", 'op.get_bind().execute(sa.text("SELECT 1")).scalar()'),
    ],
)
def test_what_is_unsafe_is_refused_with_what_to_say_instead(tmp_path: Path, rule: str, body: str) -> None:
    sentences = said(tmp_path, body)
    [sentence] = [each for each in sentences if each.startswith(f"{rule}: ")]
    instead = rules.RULES["instead"] | {name: each["instead"] for name, each in rules.RULES["ours"].items()}
    assert sentence.endswith(f" Instead: {instead.get(rule, 'SQL alone')}")


def test_a_check_is_not_validated_under_the_lock_that_made_it(tmp_path: Path) -> None:
    body = (
        'op.execute("ALTER TABLE papers ADD CONSTRAINT c CHECK (x > 0) NOT VALID");'
        ' op.execute("ALTER TABLE papers VALIDATE CONSTRAINT c")'
    )
    [sentence] = said(tmp_path, body)
    assert sentence.startswith(
        "constraint-missing-not-valid: Using `NOT VALID` and `VALIDATE CONSTRAINT` in the same"
    )


@pytest.mark.parametrize("exists", ["", "IF NOT EXISTS "])
def test_a_half_made_index_is_reckoned_with(tmp_path: Path, exists: str) -> None:
    body = (
        "with op.get_context().autocommit_block():\n"
        f'        op.execute("CREATE INDEX CONCURRENTLY {exists}ix ON papers (title)")'
    )
    [sentence] = said(tmp_path, body)
    assert sentence.startswith("half-made-index: If it fails, an invalid index stays")


def test_what_commits_by_itself_stands_alone(tmp_path: Path) -> None:
    body = 'op.add_column("papers", sa.Column("x", sa.Text())); create_index("ix", "papers", ["x"])'
    [sentence] = said(tmp_path, body)
    assert sentence.startswith("more-beside-concurrently: The part that commits by itself would run again")


@pytest.mark.parametrize(
    "body",
    [
        f'{NEW_TABLE}; op.create_index("ix", "wombats", ["n"]); op.execute("UPDATE wombats SET n = 1")',
        'create_index("ix", "papers", ["title"], unique=True)',
        f'in_batches("{UPDATE}", "papers")',
        'op.add_column("papers", sa.Column("x", sa.Text(), server_default="", nullable=False))',
    ],
    ids=["a-new-table", "an-index-concurrently", "rows-in-batches", "a-constant-default"],
)
def test_what_is_safe_is_let_through(tmp_path: Path, body: str) -> None:
    assert said(tmp_path, body) == []


def test_make_revision_says_what_to_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    [sentence] = said(tmp_path, 'op.create_index("ix", "papers", ["title"])')
    assert report(tmp_path / "versions/0001_one.py").splitlines() == [
        "wrote versions/0001_one.py: read it, then make migrate",
        f"mend 0001_one.py: {sentence}",
    ]


def test_a_table_of_an_earlier_revision_is_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_after_ours(tmp_path / "migrations", monkeypatch)
    last = infra.deployed.migrations.HERE / "versions/c2_unique.py"
    last.write_text(
        last.read_text().replace(
            "def upgrade() -> None:",
            """def upgrade() -> None:
    op.create_index("ix_sheets_name", "sheets", ["name"])
    op.create_foreign_key("fk", "sheets", "languages", ["name"], ["code"])
    op.execute("UPDATE languages SET code = 'x'")
""",
        )
    )
    rules = [sentence.split(": ")[1] for sentence in migration_faults(infra.deployed.migrations.HERE)]
    assert sorted(rules) == [
        "adding-foreign-key-constraint",
        "constraint-missing-not-valid",
        "require-concurrent-index-creation",
        "whole-table-change",
    ]


def test_what_is_meant_says_why_and_no_more_than_that(tmp_path: Path) -> None:
    excuse = 'UNSAFE = {"ban-drop-column": "no release since May reads it", "ban-drop-table": "?"}'
    assert said(tmp_path, 'op.drop_column("papers", "x")', excuse) == [
        "UNSAFE names ban-drop-table, which it does not break"
    ]
